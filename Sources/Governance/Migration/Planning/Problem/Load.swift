import Model

/// Amounts of the counted resources in their order, as one vector: the search adds and compares them millions of times.
typealias Load = SIMD8<Int64>

extension SIMD8<Int64> {
  /// Amounts; what is below 0 counts as 0, and what is beyond all reason is held where sums still have room.
  init(_ amounts: ResourceAmounts) {
    self.init()
    for (index, resource) in CountedResource.allCases.enumerated() {
      self[index] = Swift.min(Swift.max(0, amounts[resource]), Int64(1) << 61)
    }
  }

  /// The same as amounts.
  var amounts: ResourceAmounts {
    var amounts = ResourceAmounts()
    for (index, resource) in CountedResource.allCases.enumerated() { amounts[resource] = self[index] }
    return amounts
  }

  /// The larger of two, resource by resource.
  func maximum(_ other: Self) -> Self { replacing(with: other, where: other .> self) }

  /// Whether a sum stays within a limit in all that something adds to it.
  static func isWithin(_ limit: Self, _ sum: Self, grownBy growth: Self) -> Bool {
    !any((growth .> 0) .& (sum .> limit))
  }
}
