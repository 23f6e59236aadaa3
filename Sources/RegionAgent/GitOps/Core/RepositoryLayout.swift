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

  /// Whether an entry is a record by its place, its kind and its size. A submodule or a link has no content that could be
  /// one, and a file of many megabytes is not read to find out: what is put into one folder must not hold up the others.
  func isRecord(_ line: TreeListing.Line) -> Bool {
    line.entry.isFile && (line.size ?? 0) <= PlacementRecord.longest
      && parts(of: line.path)?.file == PlacementRecord.file
  }
}
