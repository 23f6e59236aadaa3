public import Foundation
public import Logging
internal import Metrics

/// Keeps one branch of a zone's repository as decided: feeds the machine, runs `git` for it, tells what came of it.
///
/// The machine decides; all state is this actor's. One writer serves all clusters of a zone in mode `gitops` that have the
/// same repository.
public actor GitOpsWriter {
  private let now: @Sendable () -> Date
  private let submit: @Sendable ([UUID: PlacementNews]) -> Void
  private let healthChanged: @Sendable (RepositoryHealth) -> Void
  private let logger: Logger

  private var machine: RepositoryMachine
  private var repository: GitRepository
  private var pendingAlarms: Set<Date> = []
  private let steps: (stream: AsyncStream<Step>, continuation: AsyncStream<Step>.Continuation)
  private let alarms: (stream: AsyncStream<Date>, continuation: AsyncStream<Date>.Continuation)

  private enum Step: Sendable {
    case synchronize
    case discard
    case commit([FolderChange], onto: String?)
    case push(String, onto: String?)
  }

  /// A writer.
  ///
  /// - Parameters:
  ///   - now: The clock.
  ///   - submit: Takes what changed; must not block.
  ///   - healthChanged: Takes news of the repository as a whole; must not block.
  public init(
    _ configuration: GitOpsConfiguration, now: @escaping @Sendable () -> Date, logger: Logger,
    submit: @escaping @Sendable ([UUID: PlacementNews]) -> Void,
    healthChanged: @escaping @Sendable (RepositoryHealth) -> Void = { _ in }
  ) {
    self.now = now
    self.submit = submit
    self.healthChanged = healthChanged
    self.logger = logger
    machine = RepositoryMachine(
      path: configuration.path, pollInterval: configuration.pollInterval, namespaceDelay: configuration.namespaceDelay)
    repository = GitRepository(configuration)
    // The machine has one step under way at a time.
    steps = AsyncStream.makeStream(of: Step.self, bufferingPolicy: .bufferingOldest(1))
    // Each is earlier than all that are pending, so that the newest is the one that matters.
    alarms = AsyncStream.makeStream(of: Date.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Takes a newer desired state. Nothing is written before ``run()``.
  public func take(_ placement: DesiredPlacement) {
    feed(.desired(placement))
  }

  /// Forgets a placement that has left the repository: whoever asks for it next counts its attempts anew.
  public func forget(_ placement: UUID) {
    feed(.forgotten(placement))
  }

  /// Looks at the branch now: somebody, such as the server's webhook, says that it changed.
  public func refresh() {
    feed(.refresh)
  }

  /// Writes until the task is cancelled; then `git` is ended in the middle of what it does.
  public func run() async {
    feed(.begin)
    await withDiscardingTaskGroup { group in
      group.addTask { await self.perform() }
      group.addTask { await self.ringAlarms() }
    }
  }

  private func feed(_ event: RepositoryMachine.Event) {
    for action in machine.handle(event, at: now()) {
      switch action {
      case .synchronize: steps.continuation.yield(.synchronize)
      case .discard: steps.continuation.yield(.discard)
      case .commit(let changes, let head): steps.continuation.yield(.commit(changes, onto: head))
      case .push(let commit, let head): steps.continuation.yield(.push(commit, onto: head))
      case .report(let news): submit(news)
      case .health(let health): tell(health)
      case .wake(let moment):
        // An earlier one makes the machine ask again.
        if pendingAlarms.allSatisfy({ $0 > moment }) {
          pendingAlarms.insert(moment)
          if case .dropped(let late) = alarms.continuation.yield(moment) { pendingAlarms.remove(late) }
        }
      }
    }
  }

  private func tell(_ health: RepositoryHealth) {
    if let fault = health.fault {
      logger.warning("The repository can not be written", metadata: ["error": "\(fault)"])
    } else {
      logger.debug("The repository is as wanted", metadata: ["head": "\(health.head ?? "none")"])
    }
    healthChanged(health)
  }

  private func perform() async {
    for await step in steps.stream {
      do {
        feed(try await answer(to: step))
      } catch let failure as GitFailure {
        Counter(label: "regie.agent.git_failures", dimensions: [("reason", failure.kind.rawValue)]).increment()
        feed(.failed(failure))
      } catch {
        // Ended with the task: nobody waits for an answer any more.
        if Task.isCancelled { return }
        feed(.failed(GitFailure(kind: .other, operation: "\(step)", message: "\(error)")))
      }
    }
  }

  private func answer(to step: Step) async throws -> RepositoryMachine.Event {
    switch step {
    case .synchronize: return .synchronized(try await synchronize())
    case .discard:
      logger.warning("The clone is made anew")
      var repository = repository
      defer { self.repository = repository }
      try await repository.discard()
      return .discarded
    case .commit(let changes, let head):
      var repository = repository
      defer { self.repository = repository }
      return .committed(try await repository.commit(changes, onto: head, at: now()))
    case .push(let commit, let head):
      try await repository.push(commit, onto: head)
      Counter(label: "regie.agent.git_pushes").increment()
      return .pushed
    }
  }

  private func synchronize() async throws -> RepositoryTree {
    // Only one step is under way at a time: nobody else changes it meanwhile.
    var repository = repository
    defer { self.repository = repository }
    return try await repository.synchronize()
  }

  private nonisolated func ringAlarms() async {
    await withDiscardingTaskGroup { group in
      for await moment in alarms.stream {
        group.addTask {
          let left = max(0, moment.timeIntervalSince(self.now()))
          try? await Task.sleep(for: .seconds(left + Double.random(in: 0...max(0.001, left / 5))))
          if !Task.isCancelled { await self.ring(moment) }
        }
      }
    }
  }

  private func ring(_ moment: Date) {
    pendingAlarms.remove(moment)
    feed(.alarm)
  }
}
