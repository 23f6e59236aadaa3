import Foundation
import Glibc

/// The processes of a running `regie dev`, so that what a killed one left behind can be ended.
final class PidFile: Sendable {
  /// How long a process may take to end in order before it is killed; ``DevPostgres/patience`` where it is that one.
  private static let patience: Duration = .seconds(3)

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

  /// Ends whatever is still running of an earlier life, waits until it is gone, and forgets it.
  ///
  /// - Returns: The names of what was running.
  func endLeftovers() async -> [String] {
    var left = running()
    let names = left.map(\.name)
    // SIGINT is what makes PostgreSQL stop at once and in order; the others take it as SIGTERM. One that was stopped
    // must go on to hear of it.
    for process in left {
      kill(process.pid, SIGINT)
      kill(process.pid, SIGCONT)
    }
    left = await Self.running(of: left, after: Self.patience)
    for process in left where process.name != DevPostgres.process { kill(process.pid, SIGKILL) }
    left = await Self.running(of: left, after: DevPostgres.patience)
    for process in left { kill(process.pid, SIGKILL) }
    clear()
    return names
  }

  /// Those that have not ended within `limit`; waits for no longer than there are any.
  private static func running(of processes: [Leftover], after limit: Duration) async -> [Leftover] {
    let deadline = ContinuousClock.now + limit
    var left = processes.filter(\.isRunning)
    while !left.isEmpty, ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(20))
      left = left.filter(\.isRunning)
    }
    return left
  }

  func clear() {
    try? FileManager.default.removeItem(atPath: path)
  }

  private struct Leftover {
    var pid: Int32
    var started: String
    var name: String

    var isRunning: Bool { PidFile.startTime(of: pid) == started }
  }

  private func running() -> [Leftover] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard fields.count == 3, let pid = Int32(fields[0]), pid > 1 else { return nil }
      let process = Leftover(pid: pid, started: fields[1], name: fields[2])
      return process.isRunning ? process : nil
    }
  }

  /// Field 22 of /proc/PID/stat, counted after the command's closing parenthesis; nil for one that has ended.
  static func startTime(of pid: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z" else { return nil }
    return String(fields[19])
  }
}
