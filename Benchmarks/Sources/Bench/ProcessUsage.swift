import Foundation
import Subjects

/// What a process has used, as Linux counts it.
struct ProcessUsage: Sendable {
  /// User and system time.
  let cpu: Duration
  /// Resident memory, in bytes.
  let resident: Int64
  /// Open descriptors.
  let descriptors: Int
  /// Threads.
  let threads: Int

  init(pid: Int32) throws {
    let status = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    // The name stands in brackets and may hold anything.
    guard let end = status.lastIndex(of: ")") else { throw BenchError("/proc/\(pid)/stat is not understood") }
    let fields = status[status.index(after: end)...].split(separator: " ").map { Int64($0) ?? 0 }
    // Fields 14, 15, 20 and 24 of proc(5); the first two stand before the bracket's end.
    guard fields.count > 21 else { throw BenchError("/proc/\(pid)/stat is too short") }
    let ticks = sysconf(Int32(_SC_CLK_TCK))
    cpu = .milliseconds((fields[11] + fields[12]) * 1000 / Int64(ticks))
    threads = Int(fields[17])
    resident = fields[21] * Int64(sysconf(Int32(_SC_PAGESIZE)))
    descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
  }
}
