import Foundation
import Subprocess

/// The children of `regie dev`: started on demand, stopped together.
actor ProcessTree {
  private let logs: String
  private let pids: PidFile
  private let requests: (stream: AsyncStream<Request>, continuation: AsyncStream<Request>.Continuation)

  /// What children inherit; everything else they are told.
  private static let inherited: Set<String> = ["PATH", "HOME", "LANG", "TZ", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"]

  private struct Request: Sendable {
    var process: ChildProcess
    var isReady: @Sendable (String) -> Bool
    var announcement: Announcement
  }

  init(logs: String, pids: PidFile) {
    self.logs = logs
    self.pids = pids
    self.requests = AsyncStream.makeStream(of: Request.self)
  }

  /// Starts a process and waits for the line that says it is ready.
  ///
  /// - Parameters:
  ///   - folder: Where it runs; nil for this process's own folder.
  ///   - stop: The signal that asks it to end.
  ///   - patience: How long it may take for that before it is killed.
  ///   - limit: How long it may take to be ready: two dozen begin at once, on a machine that may be busy.
  /// - Returns: That line.
  /// - Throws: ``PortTaken`` when it ended before because its port was taken; the tree goes on then.
  func start(
    _ name: String, _ executable: String, _ arguments: [String], environment: [String: String] = [:],
    folder: String? = nil, stop: Signal = .terminate, patience: Duration = .seconds(5),
    limit: Duration = .seconds(180), isReady: @escaping @Sendable (String) -> Bool
  ) async throws -> String {
    let announcement = Announcement()
    let inherited = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
    let log = "\(logs)/\(name).log"
    let process = ChildProcess(
      name: name, executable: executable, arguments: arguments, environment: inherited.merging(environment) { $1 },
      folder: folder, log: log, stop: stop, patience: patience)
    requests.continuation.yield(Request(process: process, isReady: isReady, announcement: announcement))
    return try await announcement.wait(limit: limit) {
      DevError("\(name) n'est pas prêt après \(limit.components.seconds) s ; voir \(log) / is not ready: see its log")
    }
  }

  /// Runs what is started, until the task is cancelled or a process ends by itself.
  nonisolated func supervise() async throws {
    // A failure cancels its siblings at once, but not the loop: that ends with the requests.
    try await withThrowingDiscardingTaskGroup { children in
      for await request in requests.stream {
        children.addTask { try await self.run(request) }
      }
    }
  }

  private nonisolated func run(_ request: Request) async throws {
    do {
      try await request.process.run(pids: pids) { line in
        if request.isReady(line) { request.announcement.announce(line) }
      }
    } catch {
      let wasReady = request.announcement.fail(error)
      // A port that somebody else took first ends nothing: whoever asked tries another one.
      if error is PortTaken, !wasReady { return }
      requests.continuation.finish()
      throw error
    }
  }
}
