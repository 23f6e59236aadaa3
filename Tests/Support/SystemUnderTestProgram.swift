@preconcurrency internal import Foundation
internal import NIOConcurrencyHelpers

/// One of Régie's own programs, run by a test: its output is kept, and it ends with the test process at the latest.
public final class SystemUnderTestProgram: Sendable {
  /// What the test calls it.
  public let name: String
  /// Its process.
  public let pid: Int32
  private let path: String
  private let ended = NIOLockedValueBox<Int32?>(nil)

  /// The variables that programs inherit; everything else they are told.
  private static let inherited: Set<String> = ["PATH", "HOME", "LANG", "TZ", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"]

  /// Starts the program of this name that lies beside the test bundle.
  public static func start(
    _ program: String, _ arguments: [String] = [], as name: String? = nil, environment: [String: String] = [:]
  ) throws -> SystemUnderTestProgram {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let executable = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(program).path
    guard FileManager.default.isExecutableFile(atPath: executable) else {
      throw TestSupportError("\(executable) is missing: swift build")
    }
    return try SystemUnderTestProgram(executable, arguments, name ?? program, environment)
  }

  /// Starts any other program, by its path.
  public static func start(
    executable: String, _ arguments: [String], as name: String, environment: [String: String] = [:]
  ) throws -> SystemUnderTestProgram {
    try SystemUnderTestProgram(executable, arguments, name, environment)
  }

  private init(
    _ executable: String, _ arguments: [String], _ name: String, _ environment: [String: String]
  ) throws {
    var template = Array("/tmp/regie-output-XXXXXX".utf8CString)
    let output = mkstemp(&template)
    guard output >= 0 else { throw TestSupportError("no temporary file can be made") }
    defer { close(output) }
    self.name = name
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let own = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
    pid = try ChildProcess.spawn(
      executable, arguments, environment: own.merging(environment) { $1 }, input: nil, output: output)
    try SystemUnderTestWatchdog.shared.get().add(pid)
  }

  deinit { unlink(path) }

  /// Everything it has printed.
  public var output: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  /// Sends a signal, unless it has ended.
  public func signal(_ number: Int32) {
    if exitStatus == nil { kill(pid, number) }
  }

  /// Ends it at once, as a crash of the machine would, and returns when it is gone.
  public func killNow() async throws {
    signal(SIGKILL)
    _ = try await waitForEnd(within: .seconds(120))
  }

  /// Asks it to end, and ends it when it does not within `limit`.
  ///
  /// - Returns: As ``waitForEnd(within:)``.
  @discardableResult
  public func stop(within limit: Duration = .seconds(60)) async throws -> Int32 {
    signal(SIGCONT)
    signal(SIGTERM)
    do {
      return try await waitForEnd(within: limit)
    } catch let error as TestSupportError {
      try await killNow()
      throw error
    }
  }

  /// How it ended: its exit code, or minus the signal that ended it; nil while it runs.
  public var exitStatus: Int32? {
    ended.withLockedValue { ended in
      guard ended == nil else { return ended }
      var status: Int32 = 0
      guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
      let signal = status & 0x7f
      ended = signal == 0 ? (status >> 8) & 0xff : -signal
      try? SystemUnderTestWatchdog.shared.get().remove(pid)
      return ended
    }
  }

  /// Waits for its end.
  ///
  /// - Returns: Its exit code, or minus the signal that ended it.
  public func waitForEnd(within limit: Duration) async throws -> Int32 {
    let end = ContinuousClock.now + limit
    while true {
      if let exitStatus { return exitStatus }
      guard ContinuousClock.now < end else {
        throw TestSupportError("\(name) (\(pid)) did not end within \(limit):\n\(tail())")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Waits until it has printed `text`, `times` times over.
  public func waitForOutput(_ text: String, times: Int = 1, within limit: Duration = .seconds(120)) async throws {
    let end = ContinuousClock.now + limit
    while true {
      // Looked at first: what has ended by then says nothing after what is read.
      let status = exitStatus
      guard output.components(separatedBy: text).count <= times else { return }
      if let status { throw TestSupportError("\(name) ended with \(status) before it said “\(text)”:\n\(tail())") }
      guard ContinuousClock.now < end else {
        throw TestSupportError("\(name) did not say “\(text)” within \(limit):\n\(tail())")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Its last lines, for people.
  public func tail(_ lines: Int = 40) -> String {
    let all = output.split(separator: "\n")
    let state = exitStatus.map { "ended with \($0)" } ?? "running"
    return "── \(name) (\(pid), \(state)) ──\n" + all.suffix(lines).map { $0.prefix(400) }.joined(separator: "\n")
  }
}

/// Ends the programs that are still there when the test process ends, however it ends.
final class SystemUnderTestWatchdog: Sendable {
  static let shared = Result { try SystemUnderTestWatchdog() }

  private let path: String
  private let running = NIOLockedValueBox<Set<Int32>>([])

  private init() throws {
    path = "/tmp/regie-programs-\(ProcessInfo.processInfo.processIdentifier)"
    try ChildProcess.atEnd(run: "while read pid; do kill -KILL $pid; done < '\(path)'; rm -f '\(path)'")
  }

  func add(_ pid: Int32) throws { try change { $0.insert(pid) } }

  func remove(_ pid: Int32) throws { try change { $0.remove(pid) } }

  private func change(_ body: (inout Set<Int32>) -> Void) throws {
    try running.withLockedValue { running in
      body(&running)
      let lines = running.map { "\($0)\n" }.joined()
      try Data(lines.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }
}
