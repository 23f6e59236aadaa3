public import Model

extension ResourceAmounts {
  /// The larger of two amounts, resource by resource.
  func elementwiseMaximum(_ other: Self) -> Self {
    combined(other) { max($0, $1) }
  }

  /// The amounts, 0 where they are below: what was never validated may say so.
  var fromZero: Self { elementwiseMaximum(ResourceAmounts()) }

  /// The sum, held at the largest number there is.
  func adding(_ other: Self) -> Self {
    combined(other) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
  }

  /// What is wanted on top of `other`, never below 0.
  func beyond(_ other: Self) -> Self {
    combined(other) { max(0, max(0, $0) - max(0, $1)) }
  }

  /// The amount of a resource as people write it.
  public static func text(_ amount: Int64, of resource: CountedResource) -> String {
    switch resource {
    case .cpu: Quantity(milli: amount).description
    case .memory, .storage: Quantity(amount, format: .binarySI).description
    case .gpu, .pods: String(amount)
    }
  }

  private func combined(_ other: Self, _ operation: (Int64, Int64) -> Int64) -> Self {
    var result = self
    for resource in CountedResource.allCases { result[resource] = operation(self[resource], other[resource]) }
    return result
  }
}
