internal import Model

/// Sums of amounts, wider than any of them: whoever may make a pod says what it asks for, and what was held at the
/// largest number there is could not be taken apart again.
struct AmountSums: Equatable {
  /// In the order of ``Model/CountedResource``.
  private var sums: [Int128]

  /// Of these amounts alone.
  init(_ amounts: ResourceAmounts = ResourceAmounts()) {
    sums = CountedResource.allCases.map { Int128(amounts[$0]) }
  }

  /// Adds sums so many times.
  mutating func add(_ other: AmountSums, times count: Int128 = 1) {
    for index in sums.indices { sums[index] += count * other.sums[index] }
  }

  /// Without what lies below nothing.
  var withoutDebts: AmountSums {
    var result = self
    result.sums = sums.map { max(0, $0) }
    return result
  }

  /// What can be told of them: each held at the largest, or the smallest, number there is.
  var amounts: ResourceAmounts {
    var amounts = ResourceAmounts()
    for (resource, sum) in zip(CountedResource.allCases, sums) { amounts[resource] = Int64(clamping: sum) }
    return amounts
  }
}
