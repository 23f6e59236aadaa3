internal import Foundation
internal import Metrics
internal import NIOConcurrencyHelpers

/// Measures one queue of a cluster, under the names and with the meaning of client-go's work queues.
///
/// Counters and histograms are recorded here as things happen; the gauges are read when somebody asks.
public final class WorkQueueMeter: Sendable {
  /// The cluster whose queue it is.
  public let cluster: String
  /// Which of its queues.
  public let name: String

  private let book = NIOLockedValueBox(WorkQueueBook())
  private let adds: Counter
  private let retries: Counter
  private let queued: Timer
  private let worked: Timer

  init(cluster: String, name: String) {
    self.cluster = cluster
    self.name = name
    let labels = [("cluster", cluster), ("name", name)]
    adds = Counter(label: "workqueue_adds_total", dimensions: labels)
    retries = Counter(label: "workqueue_retries_total", dimensions: labels)
    queued = Timer(label: "workqueue_queue_duration_seconds", dimensions: labels)
    worked = Timer(label: "workqueue_work_duration_seconds", dimensions: labels)
  }

  /// What the gauges show now.
  public var standing: (depth: Int, unfinishedSeconds: Double, longestSeconds: Double) {
    let standing = book.withLockedValue { $0.standing(at: .now) }
    return (standing.depth, standing.unfinished / .seconds(1), standing.longest / .seconds(1))
  }

  func added(_ placement: UUID) {
    if book.withLockedValue({ $0.add(placement, at: .now) }) { adds.increment() }
  }

  /// Something of the other queue has taken its place.
  func dropped(_ placement: UUID) {
    book.withLockedValue { $0.drop(placement) }
  }

  func started(_ placement: UUID) {
    guard let waited = book.withLockedValue({ $0.start(placement, at: .now) }) else { return }
    queued.record(duration: waited)
  }

  /// - Parameter isRetried: Whether it failed, and is to be tried again.
  func finished(_ placement: UUID, isRetried: Bool) {
    if isRetried { retries.increment() }
    guard let took = book.withLockedValue({ $0.finish(placement, at: .now) }) else { return }
    worked.record(duration: took)
  }
}
