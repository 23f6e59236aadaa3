import Events
import Foundation
import GitOps
import Model
import Reconciler

/// What lies between the workers of clusters in mode `gitops` and the writer of the zone's repository: of each placement the
/// latest, and no more.
struct GitOpsMail: Sendable {
  /// A removal that is not at its end, and whether it was let through when it was handed over.
  private struct Removal: Sendable {
    var order: CommitOrder
    var isLetThrough: Bool
  }

  /// An order as it is handed over.
  struct Delivery: Sendable {
    var order: CommitOrder
    /// Whether it may go on to its end as it stands.
    var isLetThrough: Bool
  }

  /// What the writer is handed at once: first whom to forget.
  struct Outgoing: Sendable {
    var forgotten: Set<UUID>
    var deliveries: [Delivery]

    var isEmpty: Bool { forgotten.isEmpty && deliveries.isEmpty }
  }

  /// What the workers are told.
  struct Incoming: Sendable {
    var news: [UUID: PlacementNews]
    var health: RepositoryHealth?
    /// By placement: news name no cluster.
    var clusters: [UUID: String]
  }

  private var orders: [UUID: CommitOrder] = [:]
  private var forgotten: Set<UUID> = []
  private var removals: [UUID: Removal] = [:]
  private var news: [UUID: PlacementNews] = [:]
  private var health: RepositoryHealth?
  private var clusters: [UUID: String] = [:]

  /// Takes what is to be written, in place of what waits.
  mutating func post(_ order: CommitOrder) {
    orders[order.placement] = order
    clusters[order.placement] = order.state.cluster
  }

  /// Takes what the writer tells.
  mutating func post(_ told: [UUID: PlacementNews]) { news.merge(told) { $1 } }

  /// Takes what the writer tells of the repository as a whole.
  mutating func post(_ told: RepositoryHealth) { health = told }

  /// A placement has left the repository, and its machine is no more.
  mutating func forget(_ placement: UUID) {
    orders[placement] = nil
    news[placement] = nil
    removals[placement] = nil
    clusters[placement] = nil
    forgotten.insert(placement)
  }

  /// Takes out all that is to be handed over, in the order of placements.
  ///
  /// The removals among them are noted in the same step, and those that were called off are not any more: an order that was
  /// taken out, and not yet handed over, must not be overtaken by the one that it replaces.
  mutating func takeOrders(isLetThrough: (CommitOrder) -> Bool) -> Outgoing {
    let deliveries = orders.values.sorted { $0.placement.uuidString < $1.placement.uuidString }.map { order in
      Delivery(order: order, isLetThrough: isLetThrough(order))
    }
    for delivery in deliveries {
      let isRemoval = delivery.order.state.phase == .removed
      removals[delivery.order.placement] =
        isRemoval ? Removal(order: delivery.order, isLetThrough: delivery.isLetThrough) : nil
    }
    defer { (orders, forgotten) = ([:], []) }
    return Outgoing(forgotten: forgotten, deliveries: deliveries)
  }

  /// Posts again the removals that may go on now and could not before, or the other way round; a newer order that waits stays.
  ///
  /// - Returns: Whether there were any.
  mutating func reviewRemovals(isLetThrough: (CommitOrder) -> Bool) -> Bool {
    let changed = removals.values.filter { isLetThrough($0.order) != $0.isLetThrough }.map(\.order)
    for order in changed where orders[order.placement] == nil { orders[order.placement] = order }
    return !changed.isEmpty
  }

  /// A removal that was taken out was handed over held: leave for it has been taken back since, and may come again.
  mutating func hold(_ placement: UUID) { removals[placement]?.isLetThrough = false }

  /// A removal is at its end.
  mutating func finish(_ placement: UUID) { removals[placement] = nil }

  /// Takes out all that is to be told.
  mutating func takeNews() -> Incoming {
    defer { (news, health) = ([:], nil) }
    return Incoming(news: news, health: health, clusters: clusters)
  }
}
