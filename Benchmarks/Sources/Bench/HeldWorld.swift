import Foundation
import Postgres
import Store
import Subjects
import TestSupport

/// How many bytes an instance holds for a country: measured in a process of its own, that has never done anything else.
/// A heap that was used before has room to spare, which would count as nothing.
enum HeldWorld {
  private static let variable = "BENCH_HELD_WORLD"
  private static let label = "held "

  /// Starts the process and asks it.
  static func bytes(of country: StoredCountry) async throws -> Int {
    let program = try SystemUnderTestProgram.start("Bench", environment: [variable: country.url])
    let end = ContinuousClock.now + .seconds(60)
    while program.exitStatus == nil, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
    guard let line = program.output.split(separator: "\n").first(where: { $0.hasPrefix(label) }),
      let bytes = Int(line.dropFirst(label.count))
    else { throw BenchError("the process that holds a country does not say how much:\n\(program.tail())") }
    return bytes
  }

  /// In that process: says how much more is resident with the country in memory than before; false anywhere else.
  static func measure() async throws -> Bool {
    guard let url = ProcessInfo.processInfo.environment[variable] else { return false }
    var configuration = try PostgresConfiguration(url: url)
    configuration.maximumConnections = 2
    let database = configuration
    try await PostgresPool.withPool(database, logger: Surroundings.quiet) { pool in
      let store = GovernanceStore(pool: pool, logger: Surroundings.quiet)
      _ = try await store.epoch()
      let before = try residentBytes()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await store.keepWorld(database) }
        while !store.isWorldLive { try await Task.sleep(for: .milliseconds(20)) }
        print("\(label)\(try residentBytes() - before)")
        group.cancelAll()
      }
    }
    return true
  }

  /// What of this process is in memory.
  private static func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
    else { throw BenchError("/proc/self/status does not say VmRSS") }
    return kilobytes * 1024
  }
}
