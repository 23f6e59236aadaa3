import Events
import Foundation
import GitOps
import Logging
import Model
import NIOConcurrencyHelpers
import Reactor
import Reconciler

/// Carries what clusters in mode `gitops` are to show to the writer of the zone's repository, and back what became of
/// it.
///
/// Neither side waits for the other: of each placement the latest lies here, and no more. So a repository that is away
/// holds up no cluster, and one that is slow gets the newest state only.
final class GitOpsBridge: Sendable {
  private struct Mail: Sendable {
    var orders: [UUID: CommitOrder] = [:]
    var news: [UUID: PlacementNews] = [:]
    var health: RepositoryHealth?
    /// Removals that are not at their end, with whether they were let through.
    var removals: [UUID: (order: CommitOrder, isLetThrough: Bool)] = [:]
    /// By placement: news name no cluster.
    var clusters: [UUID: String] = [:]
  }

  private let configuration: GitOpsConfiguration
  private let logger: Logger
  private let mayRemove: @Sendable (Timestamp) -> Bool
  private let mail = NIOLockedValueBox(Mail())
  private let orderBell = Bell()
  private let newsBell = Bell()

  /// - Parameter mayRemove: asked whether what was to stay until this moment may go now; must not block.
  init(
    _ configuration: GitOpsConfiguration, logger: Logger, mayRemove: @escaping @Sendable (Timestamp) -> Bool
  ) {
    self.configuration = configuration
    self.logger = logger
    self.mayRemove = mayRemove
  }

  /// Takes what is to be written; never blocks.
  func take(_ order: CommitOrder) {
    mail.withLockedValue { mail in
      mail.orders[order.placement] = order
      mail.clusters[order.placement] = order.state.cluster
    }
    orderBell.ring()
  }

  /// Forgets a placement that has left the repository.
  func forget(_ placement: UUID) {
    mail.withLockedValue { mail in
      mail.orders[placement] = nil
      mail.news[placement] = nil
      mail.removals[placement] = nil
      mail.clusters[placement] = nil
    }
  }

  /// Writes until the task is cancelled.
  func run(_ workers: [ClusterWorker]) async {
    let workers = Dictionary(uniqueKeysWithValues: workers.filter { $0.rules.mode == .gitops }.map { ($0.name, $0) })
    let writer = GitOpsWriter(
      configuration, now: { Date() }, logger: logger,
      submit: { [self] news in
        mail.withLockedValue { $0.news.merge(news) { $1 } }
        newsBell.ring()
      },
      healthChanged: { [self] health in
        mail.withLockedValue { $0.health = health }
        newsBell.ring()
      })
    await withDiscardingTaskGroup { group in
      group.addTask { await writer.run() }
      group.addTask { await self.handOver(to: writer, workers) }
      group.addTask { await self.tell(workers) }
      group.addTask { await self.followRemovals() }
    }
  }

  /// What may be removed changes with the bus and with two clocks, also between the two commits of one removal. While there is
  /// one it is looked at each second.
  private func followRemovals() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(1))
      let changed = mail.withLockedValue { mail in
        let changed = mail.removals.values.filter { isLetThrough($0.order) != $0.isLetThrough }.map(\.order)
        mail.orders.merge(changed.map { ($0.placement, $0) }) { waiting, _ in waiting }
        return !changed.isEmpty
      }
      if changed { orderBell.ring() }
    }
  }

  private func isLetThrough(_ order: CommitOrder) -> Bool {
    order.state.notBefore.map(mayRemove) ?? true
  }

  /// Whether the order may go on to its end as it stands; a removal is noted with it.
  private func note(_ order: CommitOrder) -> Bool {
    let isLetThrough = order.state.phase != .removed || isLetThrough(order)
    mail.withLockedValue { mail in
      mail.removals[order.placement] = order.state.phase == .removed ? (order, isLetThrough) : nil
    }
    return isLetThrough
  }

  private func handOver(to writer: GitOpsWriter, _ workers: [String: ClusterWorker]) async {
    while !Task.isCancelled {
      let orders = mail.withLockedValue { mail in
        defer { mail.orders = [:] }
        return mail.orders
      }
      if orders.isEmpty { await orderBell.wait() }
      for order in orders.values.sorted(by: { $0.placement.uuidString < $1.placement.uuidString }) {
        do {
          await writer.take(try DesiredPlacement(order, isHeld: !note(order)))
        } catch {
          let standing = CommitStanding.failed(reason: "Unrenderable", message: "\(error)")
          await workers[order.state.cluster]?.take(standing, of: order.placement, attempt: order.attempt)
        }
      }
    }
  }

  private func tell(_ workers: [String: ClusterWorker]) async {
    while !Task.isCancelled {
      let (news, health, clusters) = mail.withLockedValue { mail in
        defer { (mail.news, mail.health) = ([:], nil) }
        return (mail.news, mail.health, mail.clusters)
      }
      if news.isEmpty, health == nil { await newsBell.wait() }
      if let health {
        let fault = health.fault.map { RepositoryFault(reason: $0.kind.rawValue, message: $0.description) }
        for worker in workers.values { await worker.take(fault) }
      }
      for (placement, entry) in news {
        if entry.standing == .removed { mail.withLockedValue { _ = $0.removals.removeValue(forKey: placement) } }
        guard let cluster = clusters[placement], let worker = workers[cluster] else { continue }
        await worker.take(CommitStanding(entry), of: placement, attempt: entry.attempt)
      }
    }
  }
}

extension DesiredPlacement {
  /// So far away that a removal which is held waits for another word.
  private static let never: TimeInterval = 100 * 365 * 86_400

  /// The objects are the ones that the reconciler renders: nothing is rendered twice.
  ///
  /// - Parameter isHeld: whether nothing may be removed now, though its moment may have come.
  init(_ order: CommitOrder, isHeld: Bool) throws {
    let state = order.state
    try self.init(
      placement: state.placement, cluster: state.cluster, namespace: state.namespace,
      namespaceLabels: order.objects.first { $0.ref.kind == .namespace }?.labels ?? [:],
      objects: order.objects.filter { $0.ref.kind != .namespace }.map { object in
        try Manifest(
          apiVersion: object.ref.kind.apiVersion, kind: object.ref.kind.rawValue, namespace: object.ref.namespace,
          name: object.ref.name, labels: object.labels, spec: object.spec)
      },
      title: "\(state.project.name)/\(state.environment.name)", phase: state.phase,
      version: PlacementVersion(epoch: state.epoch, revision: state.revision), decision: state.decision,
      notBefore: isHeld ? Date(timeIntervalSinceNow: Self.never) : state.notBefore?.date,
      mayRemoveNamespace: order.mayRemoveNamespace && !isHeld, mayFinish: order.mayFinish && !isHeld,
      podsInUse: order.podsInUse,
      attempt: order.attempt)
  }
}

extension CommitStanding {
  /// What the writer tells, in the machine's words.
  init(_ news: PlacementNews) {
    switch news.standing {
    case .pending: self = .pending
    case .written: self = .written(commit: news.head ?? "")
    case .waiting: self = .waiting
    case .undated:
      self = .failed(reason: "RemovalUndated", message: "a removal without “notBefore” touches nothing")
    case .emptied(let moment): self = .emptied(until: Timestamp(moment))
    case .namespaceHeld: self = .held
    case .removed: self = .removed
    case .superseded(let version):
      self = .failed(reason: "Superseded", message: "the repository shows version \(version), which is newer")
    case .obstructed(let path):
      self = .failed(reason: "PathObstructed", message: "\(path) is not Régie's and stands in the way")
    case .unrenderable(let problem): self = .failed(reason: "Unrenderable", message: problem)
    }
  }
}
