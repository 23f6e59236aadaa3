import Foundation
import Glibc

/// The processes of a running `regie dev`, so that the next one can end what a killed one left behind.
final class PidFile: Sendable {
  private let path: String
  private let lock = NSLock()

  init(directory: String) {
    path = "\(directory)/pids"
  }

  /// Notes a process with the moment it started, which tells it from a later one of the same number.
  func add(_ pid: Int32, name: String) {
    guard let started = Self.startTime(of: pid) else { return }
    lock.withLock {
      let line = Data("\(pid) \(started) \(name)\n".utf8)
      if let handle = FileHandle(forWritingAtPath: path) {
        defer { try? handle.close() }
        _ = try? handle.seekToEnd()
        try? handle.write(contentsOf: line)
      } else {
        // Without it, only the clean-up after a kill is lost.
        _ = FileManager.default.createFile(atPath: path, contents: line)
      }
    }
  }

  /// Ends whatever is still running of an earlier life, and forgets it.
  func endLeftovers() -> [String] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    var ended: [String] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard fields.count == 3, let pid = Int32(fields[0]), Self.startTime(of: pid) == fields[1] else { continue }
      // SIGINT is what makes PostgreSQL stop at once and in order; the others take it as SIGTERM.
      if kill(pid, SIGINT) == 0 { ended.append(fields[2]) }
    }
    try? FileManager.default.removeItem(atPath: path)
    return ended
  }

  func clear() {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Field 22 of /proc/PID/stat, counted after the command's closing parenthesis.
  private static func startTime(of pid: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? String(fields[19]) : nil
  }
}
