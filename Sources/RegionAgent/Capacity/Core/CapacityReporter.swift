public import Events
public import Model

/// What of a measurement is told: rounded down, and only where it has changed by enough, since pods come and go all the time
/// and every change is a new version of the offer at the centre. Nobody vouches for what is there no more while it waits.
public struct CapacityReporter: Sendable {
  /// A change by more than one in so many of what was told is told at once.
  static let share: Int64 = 20
  /// A smaller one is told once what was told last has stood for so long, in microseconds: half a minute where there is
  /// less of something, so that not each pod that comes makes a version.
  static let pace: Int64 = 30_000_000
  /// An hour where there is not.
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
    if let told {
      let isLess = CountedResource.allCases.contains { rounded[$0] < told.amounts[$0] }
      if !isLess { asOf = now }
      let isSame = told.amounts == rounded && told.nodes == nodes
      let waited = now.microseconds(since: told.at)
      let isDue = waited >= (isLess ? Self.pace : Self.patience) || waited < 0
      guard !isSame, Self.isLarge(rounded, told.amounts) || isDue else { return false }
    }
    told = (rounded, nodes, now)
    asOf = now
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
