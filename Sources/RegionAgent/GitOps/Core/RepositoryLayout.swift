internal import Foundation

/// Where things lie: `<path>/<cluster>/<placement>/<file>`, and nothing outside of `<path>`.
struct RepositoryLayout: Sendable, Hashable {
  /// Régie's own path, without slashes at its ends.
  let path: String

  func folder(_ desired: DesiredPlacement) -> String { "\(path)/\(desired.cluster)/\(desired.id)" }

  /// The folders above ``path``, from the root down.
  var ancestors: [String] {
    let parts = path.split(separator: "/")
    return (1..<max(parts.count, 1)).map { parts[..<$0].joined(separator: "/") }
  }

  /// A path below ``path`` taken apart; nil when it is not that of a file in a placement's folder.
  func parts(of entry: String) -> (folder: String, placement: UUID, file: String)? {
    guard entry.hasPrefix(path + "/") else { return nil }
    let parts = entry.dropFirst(path.count + 1).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, let placement = UUID(uuidString: String(parts[1])),
      parts[1] == placement.uuidString.lowercased()
    else { return nil }
    return ("\(path)/\(parts[0])/\(parts[1])", placement, String(parts[2]))
  }

  func isRecord(_ entry: String) -> Bool { parts(of: entry)?.file == PlacementRecord.file }
}
