import Model

/// What a cluster has left under a limit.
struct Room: Sendable {
  var limit: ResourceAmounts
  var committed: ResourceAmounts

  /// What is left of each resource, never below 0.
  var free: ResourceAmounts { limit.beyond(committed) }

  /// Whether `growth` fits. What does not grow is never short, so that what was promised before a limit fell can stay.
  func holds(_ growth: ResourceAmounts) -> Bool {
    Self.holds(growth.cpu, limit.cpu, committed.cpu) && Self.holds(growth.memory, limit.memory, committed.memory)
      && Self.holds(growth.gpu, limit.gpu, committed.gpu)
      && Self.holds(growth.storage, limit.storage, committed.storage)
      && Self.holds(growth.pods, limit.pods, committed.pods)
  }

  /// What would be left of the scarcest resource, in thousandths of its limit, 0 to 1000; resources that the cluster
  /// does not offer do not count.
  func balance(after growth: ResourceAmounts) -> Int64 {
    var share = Double.infinity
    let isSmall =
      Self.lower(&share, limit.cpu, committed.cpu, growth.cpu)
      && Self.lower(&share, limit.memory, committed.memory, growth.memory)
      && Self.lower(&share, limit.gpu, committed.gpu, growth.gpu)
      && Self.lower(&share, limit.storage, committed.storage, growth.storage)
      && Self.lower(&share, limit.pods, committed.pods, growth.pods)
    guard isSmall else { return exactBalance(after: growth) }
    if share <= 0 || share == .infinity { return 0 }
    if share >= 1 { return 1000 }
    // The share is off by a billionth of a thousandth at most: only next to a whole thousandth it must be looked at closely.
    let (thousandths, whole) = (share * 1000, (share * 1000).rounded(.down))
    guard thousandths - whole > 1e-6, thousandths - whole < 1 - 1e-6 else { return exactBalance(after: growth) }
    return Int64(whole)
  }

  /// Lowers the share to what is left of one resource, as a part of its limit, where it is offered; false where the
  /// amounts are not all exact in a Double.
  @inline(__always)
  private static func lower(_ share: inout Double, _ limit: Int64, _ committed: Int64, _ growth: Int64) -> Bool {
    guard limit > 0 else { return true }
    guard limit < 1 << 52, committed.magnitude < 1 << 51, growth.magnitude < 1 << 50 else { return false }
    share = min(share, Double(limit - committed - growth) / Double(limit))
    return true
  }

  /// The same, each resource by itself and to the last digit.
  func exactBalance(after growth: ResourceAmounts) -> Int64 {
    let least = min(
      Self.left(limit.cpu, committed.cpu, growth.cpu), Self.left(limit.memory, committed.memory, growth.memory),
      Self.left(limit.gpu, committed.gpu, growth.gpu), Self.left(limit.storage, committed.storage, growth.storage),
      Self.left(limit.pods, committed.pods, growth.pods))
    return least == .max ? 0 : least
  }

  private static func holds(_ growth: Int64, _ limit: Int64, _ committed: Int64) -> Bool {
    growth <= 0 || growth <= limit - max(0, committed)
  }

  /// The thousandths of one resource that are left, or the largest number where it is not offered.
  private static func left(_ limit: Int64, _ committed: Int64, _ growth: Int64) -> Int64 {
    guard limit > 0 else { return .max }
    let (afterCommitted, first) = limit.subtractingReportingOverflow(committed)
    let (rest, second) = afterCommitted.subtractingReportingOverflow(growth)
    guard !first, !second else { return exactLeft(limit, committed, growth) }
    if rest <= 0 { return 0 }
    if rest >= limit { return 1000 }
    // Up to here every number of the estimate is exact in a Double, and a thousand times it fits into 64 bits.
    guard limit < 1 << 53 else { return exactLeft(limit, committed, growth) }
    let estimate = Int64(Double(rest) / Double(limit) * 1000)
    // The estimate is off by one at most; two products tell.
    if estimate * limit > rest * 1000 { return estimate - 1 }
    return (estimate + 1) * limit <= rest * 1000 ? estimate + 1 : estimate
  }

  private static func exactLeft(_ limit: Int64, _ committed: Int64, _ growth: Int64) -> Int64 {
    let rest = Int128(limit) - Int128(committed) - Int128(growth)
    return Int64(max(0, min(1000, rest * 1000 / Int128(limit))))
  }
}
