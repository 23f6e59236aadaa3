import ArgumentParser
import Foundation
import Trail

/// The file of an export: a new one, or one that goes on where it ends.
enum AuditExportFile {
  /// Opens a file for writing after its last whole entry or anchor.
  ///
  /// - Throws: `ValidationError` where it holds something else, or can not be written.
  static func open(_ path: String) throws -> (writer: AuditFileWriter, handle: FileHandle) {
    let isNew = !FileManager.default.fileExists(atPath: path)
    // The trail names people: nobody else reads it unless its owner wants it so.
    if isNew {
      guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
        throw ValidationError("\(path) ne peut être écrit / can not be written")
      }
    }
    guard let handle = FileHandle(forUpdatingAtPath: path) else {
      throw ValidationError("\(path) ne peut être lu et écrit / can not be read and written")
    }
    // Nothing is cut off before there is something to write: a file of another trail is left as it is.
    var length: UInt64?
    var writer = AuditFileWriter(after: .origin) { data in
      if let end = length {
        try handle.truncate(atOffset: end)
        try handle.seek(toOffset: end)
        length = nil
      }
      try handle.write(contentsOf: data)
    }
    length = try takeOver(path, &writer)
    return (writer, handle)
  }

  /// Reads the entries and anchors of a file. What follows them may only be the last line, or one that was broken off.
  ///
  /// - Returns: how many bytes they are.
  private static func takeOver(_ path: String, _ writer: inout AuditFileWriter) throws -> UInt64 {
    var reader = try LineReader(path: path)
    var (length, number) = (UInt64(0), 0)
    while let line = try reader.next() {
      number += 1
      let read = line.isWhole ? AuditFileLine(line.bytes) : nil
      switch read {
      case .entry?, .anchor?:
        if let read { try writer.takeOver(read) }
        length += UInt64(line.bytes.count + 1)
      case .end?, nil:
        guard try reader.next() == nil, read != nil || !line.isWhole else {
          throw ValidationError(
            "\(path), ligne \(number) : n'est pas de « regie audit export » / is not by regie audit export")
        }
        return length
      }
    }
    return length
  }
}
