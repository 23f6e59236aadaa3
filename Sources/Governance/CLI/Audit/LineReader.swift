import ArgumentParser
import Foundation

/// Reads a file line by line, however long it is.
struct LineReader {
  /// A line without its newline.
  struct Line: Sendable {
    var bytes: [UInt8]
    /// False for the last one where its newline is missing.
    var isWhole: Bool
  }

  /// The longest line that is read.
  static let longest = 64 << 20

  private let handle: FileHandle
  private let path: String
  private var buffer: [UInt8] = []
  private var start = 0
  private var scanned = 0

  /// - Throws: `ExitCode` 2, having said why, for what can not be read.
  init(path: String) throws {
    guard let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path) else {
      throw Self.unreadable(path)
    }
    self.handle = handle
    self.path = path
  }

  /// The next line; nil at the end.
  mutating func next() throws -> Line? {
    while true {
      if let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Line(bytes: Array(buffer[start..<end]), isWhole: true)
        start = end + 1
        scanned = start
        return line
      }
      buffer.removeFirst(start)
      start = 0
      scanned = buffer.count
      guard scanned <= Self.longest else { throw Self.unreadable(path) }
      let more: Data?
      do { more = try handle.read(upToCount: 1 << 16) } catch { throw Self.unreadable(path) }
      guard let more, !more.isEmpty else {
        guard !buffer.isEmpty else { return nil }
        defer {
          buffer = []
          scanned = 0
        }
        return Line(bytes: buffer, isWhole: false)
      }
      buffer += more
    }
  }

  private static func unreadable(_ path: String) -> ExitCode {
    Console.note("regie: \(path) ne peut être lu, ou n'est pas fait de lignes / can not be read, or has no lines")
    return ExitCode(ExitStatus.unreadable)
  }
}
