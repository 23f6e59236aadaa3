public import Events
public import Model

/// What of a measurement is told: rounded down, and only where it has changed by enough, since pods come and go all the time
/// and every change is a new version of the offer at the centre.
public struct CapacityReporter: Sendable {
  /// A change by more than one in so many of what was told is told at once.
  static let share: Int64 = 20
  /// Smaller ones wait for so long, in microseconds: an hour.
  static let patience: Int64 = 3_600_000_000

  private var told: (amounts: ResourceAmounts, nodes: Int, at: Timestamp)?
  private var asOf: Timestamp?

  /// Nothing was measured yet.
  public init() {}

  /// What is to be told; nil before the first measurement.
  public var report: MeasuredCapacity? {
    guard let told, let asOf else { return nil }
    return MeasuredCapacity(asOf: asOf, nodes: told.nodes, amounts: told.amounts)
  }

  /// Takes a measurement.
  ///
  /// - Returns: Whether there is something new to tell.
  public mutating func take(_ amounts: ResourceAmounts, nodes: Int, at now: Timestamp) -> Bool {
    let rounded = Self.rounded(amounts)
    asOf = now
    if let told {
      let isSame = told.amounts == rounded && told.nodes == nodes
      let waited = now.microseconds(since: told.at)
      guard !isSame, Self.isLarge(rounded, told.amounts) || waited >= Self.patience || waited < 0 else { return false }
    }
    told = (rounded, nodes, now)
    return true
  }

  private static func isLarge(_ new: ResourceAmounts, _ old: ResourceAmounts) -> Bool {
    CountedResource.allCases.contains { resource in
      let (left, right) = (new[resource], old[resource])
      if (left == 0) != (right == 0) { return true }
      return abs(left - right) > max(1, old[resource] / share)
    }
  }

  /// Tenths of a core, and 64 MiB.
  private static func rounded(_ amounts: ResourceAmounts) -> ResourceAmounts {
    var rounded = amounts
    rounded.cpu -= rounded.cpu % 100
    rounded.memory -= rounded.memory % (64 << 20)
    return rounded
  }
}
