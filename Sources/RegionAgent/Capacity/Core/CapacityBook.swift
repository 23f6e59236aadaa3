public import Model

/// What a cluster has for Régie: what its open nodes can give, without what pods ask for there that the centre's ledger does
/// not hold: all of it in namespaces that are not Régie's, and what is beyond the promise in those that are.
///
/// Sums are kept up to date, so that a change costs the same on a cluster of any size.
public struct CapacityBook: Sendable {
  private struct Place: Hashable {
    var node: String
    var namespace: String
  }

  private var nodes: [String: NodeFacts] = [:]
  private var pods: [String: PodFacts] = [:]
  private var requested: [Place: AmountSums] = [:]

  /// An empty book.
  public init() {}

  /// Notes a node as it is now; nil where it is gone.
  public mutating func note(node name: String, _ facts: NodeFacts?) { nodes[name] = facts }

  /// Notes a pod as it is now; nil where it is gone.
  public mutating func note(pod uid: String, _ facts: PodFacts?) {
    if let old = pods[uid] { add(old, -1) }
    let held = facts.flatMap { $0.isOver || $0.node == nil ? nil : $0 }
    pods[uid] = held
    if let held { add(held, 1) }
  }

  private mutating func add(_ pod: PodFacts, _ sign: Int128) {
    guard let node = pod.node else { return }
    let place = Place(node: node, namespace: pod.namespace)
    var asked = pod.requests
    asked.pods = 1
    var sums = requested[place] ?? AmountSums()
    sums.add(AmountSums(asked), times: sign)
    requested[place] = sums == AmountSums() ? nil : sums
  }

  /// How many nodes are open.
  public var openNodes: Int { nodes.values.count(where: \.isOpen) }

  /// What there is for Régie. Storage is not a node's to give, and stays 0.
  ///
  /// - Parameter kept: what is promised, and so held by the ledger, in each namespace that is Régie's.
  public func capacity(kept: [String: ResourceAmounts]) -> ResourceAmounts {
    var free = nodes.filter(\.value.isOpen).mapValues { AmountSums($0.allocatable) }
    var excess = kept.mapValues { promised -> AmountSums in
      var sums = AmountSums()
      sums.add(AmountSums(promised), times: -1)
      return sums
    }
    for (place, sums) in requested where free[place.node] != nil {
      if kept[place.namespace] == nil {
        free[place.node]?.add(sums, times: -1)
      } else {
        excess[place.namespace]?.add(sums)
      }
    }
    // A node that is promised more than it has takes nothing from the others.
    var total = free.values.reduce(into: AmountSums()) { sum, node in sum.add(node.withoutDebts) }
    for sums in excess.values { total.add(sums.withoutDebts, times: -1) }
    return total.withoutDebts.amounts
  }
}
