public import Events
internal import Foundation
public import Kubernetes
public import Logging
public import Model
internal import NIOConcurrencyHelpers

/// Follows the nodes and pods of one cluster and says what there is for Régie. It needs a ClusterRole that operators give or
/// do not give (protocol rule 20).
public final class CapacityMeter: Sendable {
  private struct State {
    var book = CapacityBook()
    var reporter = CapacityReporter()
    var listed: Set<String> = []
    var interrupted: Set<String> = []

    /// Whether what is known is all there is, now.
    var isCurrent: Bool { listed.count == 2 && interrupted.isEmpty }
  }

  /// Between measurements, while a cluster changes all the time.
  private static let pace: Duration = .seconds(5)

  private let cluster: String
  private let client: KubernetesClient
  private let kept: @Sendable () async -> [String: ResourceAmounts]?
  private let now: @Sendable () -> Timestamp
  private let changed: @Sendable () -> Void
  private let logger: Logger
  private let state = NIOLockedValueBox(State())

  /// A meter.
  ///
  /// - Parameters:
  ///   - kept: The namespaces that are Régie's, with what is promised in each; nil while that is not known, and nothing
  ///     is measured.
  ///   - now: The clock.
  ///   - changed: Told when there is something new to report; must not block.
  public init(
    cluster: String, client: KubernetesClient, kept: @escaping @Sendable () async -> [String: ResourceAmounts]?,
    now: @escaping @Sendable () -> Timestamp, logger: Logger, changed: @escaping @Sendable () -> Void
  ) {
    self.cluster = cluster
    self.client = client
    self.kept = kept
    self.now = now
    self.logger = logger
    self.changed = changed
  }

  /// What was measured; nil before the first measurement. While the cluster can not be watched its moment stands still.
  public var report: MeasuredCapacity? { state.withLockedValue { $0.reporter.report } }

  /// Measures until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        await self.follow(self.client.informer(.nodes, ListQuery(), as: NodeProjection.self), "nodes") {
          book, item, isThere in
          book.note(node: item.identity.name, isThere ? item.value.facts : nil)
        }
      }
      group.addTask {
        await self.follow(self.client.informer(.pods, ListQuery(), as: PodProjection.self), "pods") {
          book, item, isThere in
          let facts = PodFacts(
            namespace: item.identity.namespace ?? "", node: item.value.node, requests: item.value.requests,
            isOver: item.value.isOver)
          book.note(pod: item.identity.uid, isThere ? facts : nil)
        }
      }
      group.addTask { await self.measure() }
    }
  }

  private func follow<Value: Decodable & Sendable>(
    _ informer: Informer<Value>, _ kind: String,
    _ note: @Sendable (inout CapacityBook, Observed<Value>, Bool) -> Void
  ) async {
    do {
      for try await event in informer {
        state.withLockedValue { state in
          switch event {
          case .synced(let items, _):
            for item in items { note(&state.book, item, true) }
            state.listed.insert(kind)
            state.interrupted.remove(kind)
          case .applied(let item): note(&state.book, item, true)
          case .deleted(let item): note(&state.book, item, false)
          case .interrupted: state.interrupted.insert(kind)
          case .resumed: state.interrupted.remove(kind)
          }
        }
        if case .interrupted(let error) = event {
          logger.warning(
            "Capacity can not be measured", metadata: ["cluster": "\(cluster)", "of": "\(kind)", "error": "\(error)"])
        }
      }
    } catch {
      logger.debug("A watch ended", metadata: ["cluster": "\(cluster)", "of": "\(kind)"])
    }
  }

  private func measure() async {
    while !Task.isCancelled {
      if state.withLockedValue(\.isCurrent), let kept = await kept() {
        let now = now()
        let isNews = state.withLockedValue { state in
          state.reporter.take(state.book.capacity(kept: kept), nodes: state.book.openNodes, at: now)
        }
        if isNews { changed() }
        try? await Task.sleep(for: Self.pace)
      } else {
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}
