import Foundation

/// One open watch: writes what the store's history brings, at the pace at which the client reads.
///
/// Its buffer is the history itself, which is bounded: a client so slow that it needs a forgotten part is told 410 and
/// must list again.
struct WatchSession: Sendable {
  let plan: WatchPlan
  let state: ClusterState
  let bookmarkInterval: Duration

  /// Runs until the time is over, the client hangs up, the watches are dropped or the past is forgotten.
  @concurrent func run(
    _ listener: WatchListener, write: @concurrent ([UInt8]) async throws -> Void
  ) async throws {
    for event in plan.first { try await write(line(event)) }
    if plan.first.last?.kind == .error { return }
    if plan.first.isEmpty {
      // The head of the response goes out with the first bytes; a client must not wait for an event to see it.
      try await write([])
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let seconds = plan.timeoutSeconds, seconds > 0 {
        group.addTask {
          try? await Task.sleep(for: .seconds(seconds))
          listener.wake.finish()
        }
      }
      if plan.wantsBookmarks {
        group.addTask { [bookmarkInterval] in
          while (try? await Task.sleep(for: bookmarkInterval)) != nil { listener.wake.yield() }
        }
      }
      try await follow(listener.rings, write)
      group.cancelAll()
    }
  }

  @concurrent private func follow(
    _ rings: AsyncStream<Void>, _ write: @concurrent ([UInt8]) async throws -> Void
  ) async throws {
    var cursor = plan.cursor
    let clock = ContinuousClock()
    var nextBookmark = clock.now.advanced(by: bookmarkInterval)
    var iterator = rings.makeAsyncIterator()
    repeat {
      let bookmark: ClusterStore.WatchEvent?
      do {
        let (missed, latest) = try state.withStore { store in
          (
            try store.events(after: cursor, plan.selection),
            store.bookmark(plan.selection.kind, after: plan.cursor)
          )
        }
        cursor = missed.cursor
        bookmark = latest
        for event in missed.events { try await write(line(event)) }
      } catch let error as StatusError {
        return try await write(line(.init(kind: .error, object: error.json)))
      }
      if plan.wantsBookmarks, clock.now >= nextBookmark {
        nextBookmark = clock.now.advanced(by: bookmarkInterval)
        if let bookmark { try await write(line(bookmark)) }
      }
    } while await iterator.next() != nil
  }

  private func line(_ event: ClusterStore.WatchEvent) -> [UInt8] {
    APIHandler(now: Date()).line(event, plan: plan)
  }
}

/// Whom changes wake, from the moment a watch is granted until its response is given up, whether its body ran or not.
final class WatchListener: Sendable {
  /// Rings on every change and ends when watches are dropped.
  let rings: AsyncStream<Void>
  let wake: AsyncStream<Void>.Continuation
  private let id: Int
  private let state: ClusterState

  init(_ state: ClusterState) {
    self.state = state
    (id, rings, wake) = state.listen()
  }

  deinit { state.stopListening(id) }
}
