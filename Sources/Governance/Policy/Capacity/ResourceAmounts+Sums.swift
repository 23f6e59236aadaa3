import Model

extension ResourceAmounts {
  /// The sum, held at the largest number there is.
  func plus(_ other: Self) -> Self {
    each(other) { left, right in
      let (sum, overflow) = left.addingReportingOverflow(right)
      return overflow ? (right < 0 ? .min : .max) : sum
    }
  }

  /// What this is more than `other`, never below 0.
  func over(_ other: Self) -> Self {
    each(other) { left, right in
      let (rest, overflow) = left.subtractingReportingOverflow(right)
      return max(0, overflow ? (left < 0 ? .min : .max) : rest)
    }
  }

  /// The larger of each.
  func highest(_ other: Self) -> Self { each(other, max) }

  private func each(_ other: Self, _ operation: (Int64, Int64) -> Int64) -> Self {
    var result = Self()
    for resource in CountedResource.allCases { result[resource] = operation(self[resource], other[resource]) }
    return result
  }
}
