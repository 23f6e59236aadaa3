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

  /// Whether a sum stays within a limit, in all that something adds to it.
  func holds(_ growth: Self, within limit: Self) -> Bool {
    (growth.cpu == 0 || cpu <= limit.cpu) && (growth.memory == 0 || memory <= limit.memory)
      && (growth.gpu == 0 || gpu <= limit.gpu) && (growth.storage == 0 || storage <= limit.storage)
      && (growth.pods == 0 || pods <= limit.pods)
  }

  @inline(__always)
  private func combined(_ other: Self, _ operation: (Int64, Int64) -> Int64) -> Self {
    Self(
      cpu: operation(cpu, other.cpu), memory: operation(memory, other.memory), gpu: operation(gpu, other.gpu),
      storage: operation(storage, other.storage), pods: operation(pods, other.pods))
  }
}
