import Foundation

/// The children of `regie dev`: started on demand, stopped together, in the reverse order of their start.
actor ProcessTree {
  private let folder: DevFolder
  private let requests: (stream: AsyncStream<Request>, continuation: AsyncStream<Request>.Continuation)

  private struct Request: Sendable {
    var process: ChildProcess
    var isReady: @Sendable (String) -> Bool
    var announcement: Announcement
  }

  init(folder: DevFolder) {
    self.folder = folder
    self.requests = AsyncStream.makeStream(of: Request.self)
  }

  /// Starts a process and waits for the line that says it is ready.
  ///
  /// - Returns: That line.
  func start(
    _ name: String, _ executable: String, _ arguments: [String], environment: [String: String] = [:],
    limit: Duration = .seconds(60), isReady: @escaping @Sendable (String) -> Bool
  ) async throws -> String {
    let announcement = Announcement()
    request(name, executable, arguments, environment, isReady, announcement)
    return try await announcement.wait(for: name, limit: limit)
  }

  /// Starts a process without waiting.
  func launch(_ name: String, _ executable: String, _ arguments: [String], environment: [String: String]) throws {
    request(name, executable, arguments, environment, { _ in false }, Announcement())
  }

  private func request(
    _ name: String, _ executable: String, _ arguments: [String], _ environment: [String: String],
    _ isReady: @escaping @Sendable (String) -> Bool, _ announcement: Announcement
  ) {
    let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "LANG", "TZ", "LD_LIBRARY_PATH"].contains($0.key) }
    let process = ChildProcess(
      name: name, executable: executable, arguments: arguments,
      environment: inherited.merging(environment) { $1 }, log: "\(folder.logs)/\(name).log")
    requests.continuation.yield(Request(process: process, isReady: isReady, announcement: announcement))
  }

  /// Runs what is started, until the task is cancelled or a process ends by itself.
  nonisolated func supervise() async throws {
    let pids = folder.pids
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // Nested, so that each failure cancels its siblings at once.
        try await withThrowingDiscardingTaskGroup { children in
          for await request in self.requests.stream {
            children.addTask {
              do {
                try await request.process.run(pids: pids) { line in
                  if request.isReady(line) { Task { await request.announcement.announce(line) } }
                }
              } catch {
                await request.announcement.fail(error)
                throw error
              }
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
