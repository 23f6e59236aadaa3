import Logging
import Postgres
import Reactor
import Store

extension RelayDriver {
  /// How long it may take to ask for what an earlier version has left, where nobody waits for it.
  private static let askingPatience: Duration = .seconds(300)
  /// How long it may take at the beginning of a term, for which all zones wait.
  private static let openingPatience: Duration = .seconds(30)

  /// What the bus holds by the database's word; what an earlier version of the program did not note is published again.
  ///
  /// - Parameter group: where that is asked for again which could not be at once. No zone waits for it: the next term would
  ///   be held up by it as this one is.
  func openBooks(beside group: inout ThrowingDiscardingTaskGroup<any Error>) async throws -> ZoneBooks {
    do {
      try await askForUnnoted(until: .now + Self.openingPatience)
    } catch let error as PostgresError where error.isRetriable {
      service.logger.warning("What is not noted is asked for later", metadata: ["error": "\(error)"])
      group.addTask { await keepAskingForUnnoted() }
    }
    return ZoneBooks(
      try await service.store.publishedStates(), recorded: try await service.store.recordedZones())
  }

  private func askForUnnoted(until deadline: ContinuousClock.Instant) async throws {
    let unnoted = try await service.store.requestRepublicationOfUnnoted(deadline: deadline)
    if unnoted > 0 {
      service.logger.notice("States of an earlier version are published again", metadata: ["states": "\(unnoted)"])
    }
    _ = try await service.store.requestTombstonesOfNoted(deadline: deadline)
  }

  private func keepAskingForUnnoted() async {
    var pause = Pause()
    while !Task.isCancelled {
      do {
        try await askForUnnoted(until: .now + Self.askingPatience)
        bell.ring()
        return
      } catch {
        guard !Task.isCancelled else { return }
        service.logger.warning("What is not noted is asked for later", metadata: ["error": "\(error)"])
        await pause.wait()
      }
    }
  }
}
