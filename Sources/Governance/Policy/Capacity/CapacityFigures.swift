public import Model

/// The capacity of a cluster, or of many: what there is, what may be promised of it, and what is.
public struct CapacityFigures: Codable, Sendable, Hashable {
  /// What operators declare.
  public var declared: ResourceAmounts
  /// What was measured, of clusters whose operator lets that count; absent where there are none.
  public var measured: ResourceAmounts?
  /// The most that may be promised in all, under the policy in force: of each cluster's stages the highest.
  public var limit: ResourceAmounts
  /// What is promised, what is only reserved included.
  public var committed: ResourceAmounts
  /// What of it is only reserved for a time.
  public var reserved: ResourceAmounts
  /// What is really in use, as agents read it in quotas; absent where none has said so.
  public var used: ResourceAmounts?
  /// What is promised beyond what is declared.
  public var overcommitted: ResourceAmounts
  /// What is promised beyond what may be: nothing is added until that is over.
  public var overPromised: ResourceAmounts
  /// What may still be promised.
  public var headroom: ResourceAmounts
  /// How full it is, in thousandths: a shared cluster against what the policy lets it promise, a dedicated one against what
  /// is declared.
  public var fill: FillRates

  /// The figures of one cluster.
  public init(
    declared: ResourceAmounts, measured: ResourceAmounts? = nil, limit: ResourceAmounts, committed: ResourceAmounts,
    reserved: ResourceAmounts, used: ResourceAmounts? = nil, isDedicated: Bool
  ) {
    self.declared = declared
    self.measured = measured
    self.limit = limit
    self.committed = committed
    self.reserved = reserved
    self.used = used
    overcommitted = committed.over(declared)
    overPromised = committed.over(limit)
    headroom = limit.over(committed)
    fill = FillRates(of: committed, in: isDedicated ? declared : limit)
  }

  /// What clusters have together. What one has promised too much of is no less room on another; each counts as full by what
  /// it is against by itself.
  public init(sumOf clusters: some Sequence<ClusterCapacity>) {
    let zero = ResourceAmounts()
    var sum = CapacityFigures(declared: zero, limit: zero, committed: zero, reserved: zero, isDedicated: false)
    var base = zero
    for cluster in clusters {
      let part = cluster.figures
      sum.declared = sum.declared.plus(part.declared)
      sum.measured = Self.sum(sum.measured, part.measured)
      sum.limit = sum.limit.plus(part.limit)
      sum.committed = sum.committed.plus(part.committed)
      sum.reserved = sum.reserved.plus(part.reserved)
      sum.used = Self.sum(sum.used, part.used)
      sum.overcommitted = sum.overcommitted.plus(part.overcommitted)
      sum.overPromised = sum.overPromised.plus(part.overPromised)
      sum.headroom = sum.headroom.plus(part.headroom)
      base = base.plus(cluster.privacy == .dedicated ? part.declared : part.limit)
    }
    sum.fill = FillRates(of: sum.committed, in: base)
    self = sum
  }

  /// Without what is the operator's own affair.
  public var published: CapacityFigures {
    var published = self
    published.measured = nil
    published.used = nil
    return published
  }

  private static func sum(_ left: ResourceAmounts?, _ right: ResourceAmounts?) -> ResourceAmounts? {
    guard let left, let right else { return left ?? right }
    return left.plus(right)
  }
}
