import Foundation
import Subjects
import TestSupport

/// Processor time that a part of the work has taken: what else the machine does changes it little, where it changes rates
/// by half.
struct ProcessorTime {
  /// This process.
  var own: Duration
  /// The database server with all of its processes.
  var server: Duration
  /// Programs that this process has run to their end.
  var programs: Duration

  var whole: Duration { own + server + programs }

  static func now(of server: PostgresServer) throws -> ProcessorTime {
    ProcessorTime(
      own: used(__rusage_who_t(RUSAGE_SELF.rawValue)), server: try used(by: server),
      programs: used(__rusage_who_t(RUSAGE_CHILDREN.rawValue)))
  }

  static func - (later: ProcessorTime, earlier: ProcessorTime) -> ProcessorTime {
    ProcessorTime(
      own: later.own - earlier.own, server: later.server - earlier.server,
      programs: later.programs - earlier.programs)
  }

  static func += (sum: inout ProcessorTime, other: ProcessorTime) {
    sum = ProcessorTime(
      own: sum.own + other.own, server: sum.server + other.server, programs: sum.programs + other.programs)
  }

  static let none = ProcessorTime(own: .zero, server: .zero, programs: .zero)

  private static func used(_ who: __rusage_who_t) -> Duration {
    var usage = rusage()
    getrusage(who, &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(.zero) {
      $0 + .seconds(Int64($1.tv_sec)) + .microseconds(Int64($1.tv_usec))
    }
  }

  /// The first process's time holds that of its children which have ended.
  private static func used(by server: PostgresServer) throws -> Duration {
    guard let folder = server.folder,
      let first = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        .split(separator: "\n").first
    else { throw BenchError("the server's first process is not known") }
    var ticks = 0
    for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
      // One that has ended since is in its parent's time.
      guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let name = stat.lastIndex(of: ")")
      else { continue }
      // From the third field on: state, parent… the 14th to 17th are user and system time, own and of ended children.
      let fields = stat[stat.index(after: name)...].split(separator: " ")
      guard fields.count > 14, process == first || fields[1] == first else { continue }
      ticks += fields[11...12].compactMap { Int($0) }.reduce(0, +)
      if process == first { ticks += fields[13...14].compactMap { Int($0) }.reduce(0, +) }
    }
    return .microseconds(Int64(ticks) * 1_000_000 / Int64(sysconf(Int32(_SC_CLK_TCK))))
  }
}
