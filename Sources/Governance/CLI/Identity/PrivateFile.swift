import Foundation
import SystemPackage

/// Files that hold secrets.
enum PrivateFile {
  /// Writes a file of mode 0600: beside its place first, then into it, so that nobody reads half of it or more than they may.
  static func write(_ data: Data, to path: String) throws {
    let temporary = "\(path).\(UUID().uuidString.lowercased())"
    let descriptor = try FileDescriptor.open(
      FilePath(temporary), .writeOnly, options: [.create, .exclusiveCreate], permissions: [.ownerRead, .ownerWrite])
    do {
      try descriptor.closeAfter { _ = try descriptor.writeAll(data) }
      guard rename(temporary, path) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      unlink(temporary)
      throw error
    }
  }
}
