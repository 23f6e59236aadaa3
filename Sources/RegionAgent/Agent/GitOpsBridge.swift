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
  private let configuration: GitOpsConfiguration
  private let logger: Logger
  private let mayRemove: @Sendable (UUID, Timestamp) -> Bool
  private let mail = NIOLockedValueBox(GitOpsMail())
  private let orderBell = Bell()
  private let newsBell = Bell()

  /// - Parameter mayRemove: asked whether what was to stay of a placement until this moment may go now; must not block.
  init(
    _ configuration: GitOpsConfiguration, logger: Logger, mayRemove: @escaping @Sendable (UUID, Timestamp) -> Bool
  ) {
    self.configuration = configuration
    self.logger = logger
    self.mayRemove = mayRemove
  }

  /// Takes what is to be written; never blocks.
  func take(_ order: CommitOrder) {
    mail.withLockedValue { $0.post(order) }
    orderBell.ring()
  }

  /// Forgets a placement that has left the repository.
  func forget(_ placement: UUID) {
    mail.withLockedValue { $0.forget(placement) }
    orderBell.ring()
  }

  /// Writes until the task is cancelled.
  func run(_ workers: [ClusterWorker]) async {
    let workers = Dictionary(uniqueKeysWithValues: workers.filter { $0.rules.mode == .gitops }.map { ($0.name, $0) })
    let writer = GitOpsWriter(
      configuration, now: { Date() }, logger: logger,
      submit: { [self] news in
        mail.withLockedValue { $0.post(news) }
        newsBell.ring()
      },
      healthChanged: { [self] health in
        mail.withLockedValue { $0.post(health) }
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
      if mail.withLockedValue({ $0.reviewRemovals(isLetThrough: isLetThrough) }) { orderBell.ring() }
    }
  }

  /// Whether the order may go on to its end as it stands.
  private func isLetThrough(_ order: CommitOrder) -> Bool {
    guard order.state.phase == .removed, let notBefore = order.state.notBefore else { return true }
    return mayRemove(order.placement, notBefore)
  }

  private func handOver(to writer: GitOpsWriter, _ workers: [String: ClusterWorker]) async {
    while !Task.isCancelled {
      let outgoing = mail.withLockedValue { $0.takeOrders(isLetThrough: isLetThrough) }
      if outgoing.isEmpty { await orderBell.wait() }
      for placement in outgoing.forgotten { await writer.forget(placement) }
      for delivery in outgoing.deliveries {
        let order = delivery.order
        // The writer may keep one waiting for what was taken out before it: what has come to forbid it meanwhile counts.
        let isHeld = !delivery.isLetThrough || !isLetThrough(order)
        if isHeld { mail.withLockedValue { $0.hold(order.placement) } }
        do {
          await writer.take(try DesiredPlacement(order, isHeld: isHeld))
        } catch {
          let standing = CommitStanding.failed(reason: "Unrenderable", message: "\(error)")
          await workers[order.state.cluster]?.take(standing, of: order.placement, attempt: order.attempt)
        }
      }
    }
  }

  private func tell(_ workers: [String: ClusterWorker]) async {
    while !Task.isCancelled {
      let told = mail.withLockedValue { $0.takeNews() }
      if told.news.isEmpty, told.health == nil { await newsBell.wait() }
      if let health = told.health {
        let fault = health.fault.map { RepositoryFault(reason: $0.kind.rawValue, message: $0.description) }
        for worker in workers.values { await worker.take(fault) }
      }
      for (placement, entry) in told.news {
        if entry.standing == .removed { mail.withLockedValue { $0.finish(placement) } }
        guard let cluster = told.clusters[placement], let worker = workers[cluster] else { continue }
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
