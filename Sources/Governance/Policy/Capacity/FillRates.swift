public import Model

/// How full something is, in thousandths, rounded down; above 1000 where more is promised than there is. A resource of
/// which there is nothing has no rate.
public struct FillRates: Codable, Sendable, Hashable {
  /// Of processors.
  public var cpu: Int64?
  /// Of memory.
  public var memory: Int64?
  /// Of GPUs.
  public var gpu: Int64?
  /// Of storage.
  public var storage: Int64?
  /// Of pods.
  public var pods: Int64?

  /// How much of `base` is `promised`.
  public init(of promised: ResourceAmounts, in base: ResourceAmounts) {
    func rate(_ resource: CountedResource) -> Int64? {
      guard base[resource] > 0 else { return nil }
      return Int64(clamping: Int128(max(0, promised[resource])) * 1000 / Int128(base[resource]))
    }
    cpu = rate(.cpu)
    memory = rate(.memory)
    gpu = rate(.gpu)
    storage = rate(.storage)
    pods = rate(.pods)
  }

  /// The rate of one resource.
  public subscript(resource: CountedResource) -> Int64? {
    switch resource {
    case .cpu: cpu
    case .memory: memory
    case .gpu: gpu
    case .storage: storage
    case .pods: pods
    }
  }
}
