import Model

/// What turns what is left of each resource into a part of its limit: one divided by the limit, and 0 where the resource is
/// not offered.
struct LimitShares: Sendable {
  let cpu: Double
  let memory: Double
  let gpu: Double
  let storage: Double
  let pods: Double

  init(_ limit: ResourceAmounts) {
    func share(_ amount: Int64) -> Double { amount > 0 ? 1 / Double(amount) : 0 }
    cpu = share(limit.cpu)
    memory = share(limit.memory)
    gpu = share(limit.gpu)
    storage = share(limit.storage)
    pods = share(limit.pods)
  }
}

extension Room {
  /// As ``balance(after:)`` where the growth fits, and nil where it does not; without a division, for amounts that are small
  /// and not negative.
  @inline(__always)
  func balance(after growth: ResourceAmounts, by shares: LimitShares) -> Int64? {
    var least = Double.infinity
    guard Self.lower(&least, limit.cpu - committed.cpu - growth.cpu, growth.cpu, shares.cpu),
      Self.lower(&least, limit.memory - committed.memory - growth.memory, growth.memory, shares.memory),
      Self.lower(&least, limit.gpu - committed.gpu - growth.gpu, growth.gpu, shares.gpu),
      Self.lower(&least, limit.storage - committed.storage - growth.storage, growth.storage, shares.storage),
      Self.lower(&least, limit.pods - committed.pods - growth.pods, growth.pods, shares.pods)
    else { return nil }
    if least <= 0 || least == .infinity { return 0 }
    // The share is off by a billionth of a thousandth at most: only next to a whole thousandth it must be looked at closely.
    let whole = Int64(least * 1000)
    let part = least * 1000 - Double(whole)
    guard whole < 1000, part > 1e-6, part < 1 - 1e-6 else { return exactBalance(after: growth) }
    return whole
  }

  /// Lowers the share to what is left of one resource, where it is offered; false where it grows by more than there is.
  @inline(__always)
  private static func lower(_ least: inout Double, _ rest: Int64, _ growth: Int64, _ share: Double) -> Bool {
    if growth > 0, rest < 0 { return false }
    if share > 0 { least = min(least, Double(rest) * share) }
    return true
  }
}

extension ResourceAmounts {
  /// Whether no amount is negative, nor so large that sums of some of them are not exact in a Double.
  var areSmall: Bool {
    let most: Int64 = 1 << 50
    return (0..<most).contains(cpu) && (0..<most).contains(memory) && (0..<most).contains(gpu)
      && (0..<most).contains(storage) && (0..<most).contains(pods)
  }
}
