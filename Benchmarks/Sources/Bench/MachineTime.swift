import Foundation
import Subjects

/// What the machine's processors have done since its start, by `/proc/stat` (proc(5)), in its own ticks.
struct MachineTime {
  /// What was wanted of them: what they did, and what others had meanwhile.
  private let wanted: Int64
  private let taken: Int64

  static func now() throws -> MachineTime {
    let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
    // cpu user nice system idle iowait irq softirq steal …; what guests have is in `user` already.
    let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().prefix(8).compactMap { Int64($0) }
    guard fields.count == 8 else { throw BenchError("/proc/stat says: \(text.prefix(80))") }
    return MachineTime(wanted: fields.reduce(0, +) - fields[3] - fields[4], taken: fields[7])
  }

  /// The share of what was wanted that other machines on the same host had, from 0 to 1.
  func stolen(since before: MachineTime) -> Double {
    let wanted = wanted - before.wanted
    return wanted > 0 ? Double(taken - before.taken) / Double(wanted) : 0
  }
}
