import Foundation
import NIOConcurrencyHelpers

/// The store behind a lock, and those who wait for its changes. Nothing is awaited under the lock.
final class ClusterState: Sendable {
  private struct Box {
    var store: ClusterStore
    var faults = FaultQueue()
    /// What was asked since a test began to listen; nil while none does.
    var record: [RecordedRequest]?
    var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
    var nextWatcher = 0
    var isClosed = false
  }

  private let box: NIOLockedValueBox<Box>
  private let jobsChanged: AsyncStream<Void>.Continuation
  /// Rings when something may be due earlier than before.
  let jobs: AsyncStream<Void>

  init(store: ClusterStore) {
    box = NIOLockedValueBox(Box(store: store))
    (jobs, jobsChanged) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Reads or changes the store, then wakes whoever the change concerns.
  func withStore<Result: Sendable>(_ body: (inout ClusterStore) throws -> Result) rethrows -> Result {
    let (result, woken, rings) = try box.withLockedValue { box in
      let revision = box.store.revision
      let forgotten = box.store.forgotten
      let due = box.store.nextJob
      let result = try body(&box.store)
      let changed = box.store.revision != revision || box.store.forgotten != forgotten
      return (result, changed ? Array(box.watchers.values) : [], box.store.nextJob != due)
    }
    for watcher in woken { watcher.yield() }
    if rings { jobsChanged.yield() }
    return result
  }

  /// Has the next date looked at again.
  func ringJobs() { jobsChanged.yield() }

  func withFaults<Result: Sendable>(_ body: (inout FaultQueue) throws -> Result) rethrows -> Result {
    try box.withLockedValue { try body(&$0.faults) }
  }

  /// Begins to note what is asked, anew, or ends it.
  func record(_ isOn: Bool) -> [RecordedRequest] {
    box.withLockedValue { box in
      defer { box.record = isOn ? [] : nil }
      return box.record ?? []
    }
  }

  var recorded: [RecordedRequest] { box.withLockedValue { $0.record ?? [] } }

  func note(method: String, path: String) {
    box.withLockedValue { $0.record?.append(RecordedRequest(method: method, path: path)) }
  }

  /// A stream that rings on every change and ends when watches are dropped. One ring is kept for a slow listener:
  /// what it missed is in the store's history.
  func listen() -> (id: Int, rings: AsyncStream<Void>, wake: AsyncStream<Void>.Continuation) {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let (id, isClosed) = box.withLockedValue { box in
      box.nextWatcher += 1
      box.watchers[box.nextWatcher] = continuation
      return (box.nextWatcher, box.isClosed)
    }
    if isClosed { continuation.finish() }
    return (id, stream, continuation)
  }

  func stopListening(_ id: Int) {
    box.withLockedValue { $0.watchers[id] = nil }
  }

  var watcherCount: Int { box.withLockedValue { $0.watchers.count } }

  func dropWatches() {
    let watchers = box.withLockedValue { Array($0.watchers.values) }
    for watcher in watchers { watcher.finish() }
  }

  /// Ends the watches, those to come too.
  func close() {
    box.withLockedValue { $0.isClosed = true }
    dropWatches()
    jobsChanged.finish()
  }
}
