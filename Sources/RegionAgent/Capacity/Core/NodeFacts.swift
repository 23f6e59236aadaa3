public import Model

/// What counts of a node.
public struct NodeFacts: Sendable, Hashable {
  /// What pods may be given there.
  public var allocatable: ResourceAmounts
  /// Whether new pods may come to it: it is ready, and not cordoned.
  public var isOpen: Bool

  /// A node.
  public init(allocatable: ResourceAmounts, isOpen: Bool) {
    self.allocatable = allocatable
    self.isOpen = isOpen
  }
}

/// What counts of a pod.
public struct PodFacts: Sendable, Hashable {
  /// Its namespace.
  public var namespace: String
  /// The node it was given to; nil while it has none.
  public var node: String?
  /// What it asks for, itself included.
  public var requests: ResourceAmounts
  /// Whether it has ended, and holds nothing any more.
  public var isOver: Bool

  /// A pod.
  public init(namespace: String, node: String?, requests: ResourceAmounts, isOver: Bool) {
    self.namespace = namespace
    self.node = node
    self.requests = requests
    self.isOver = isOver
  }
}

extension ResourceAmounts {
  /// Resource by resource.
  func combined(with other: ResourceAmounts, _ combine: (Int64, Int64) -> Int64) -> ResourceAmounts {
    var result = self
    for resource in CountedResource.allCases { result[resource] = combine(self[resource], other[resource]) }
    return result
  }

  /// The sum, held at the largest, or the smallest, number there is: it may be of what anybody has asked for.
  func plus(_ other: ResourceAmounts) -> ResourceAmounts {
    combined(with: other) { left, right in
      let (sum, overflow) = left.addingReportingOverflow(right)
      return overflow ? (right < 0 ? .min : .max) : sum
    }
  }
}
