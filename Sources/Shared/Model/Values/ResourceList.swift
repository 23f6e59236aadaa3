/// Amounts of the five resources that are counted, as Kubernetes quantities. An absent one is not limited in a quota,
/// and not offered in a capacity.
public struct ResourceList: Codable, Sendable, Hashable {
  /// Processor cores.
  public var cpu: Quantity?
  /// Bytes of memory.
  public var memory: Quantity?
  /// Whole GPUs.
  public var gpu: Quantity?
  /// Bytes of storage requested by volumes.
  public var storage: Quantity?
  /// Number of pods.
  public var pods: Quantity?

  /// A list of amounts.
  public init(
    cpu: Quantity? = nil, memory: Quantity? = nil, gpu: Quantity? = nil, storage: Quantity? = nil, pods: Quantity? = nil
  ) {
    self.cpu = cpu
    self.memory = memory
    self.gpu = gpu
    self.storage = storage
    self.pods = pods
  }

  /// The amount of one resource.
  public subscript(resource: CountedResource) -> Quantity? {
    get {
      switch resource {
      case .cpu: cpu
      case .memory: memory
      case .gpu: gpu
      case .storage: storage
      case .pods: pods
      }
    }
    set {
      switch resource {
      case .cpu: cpu = newValue
      case .memory: memory = newValue
      case .gpu: gpu = newValue
      case .storage: storage = newValue
      case .pods: pods = newValue
      }
    }
  }
}

/// The resources that capacity and quotas are counted in, in the order in which they are shown.
public enum CountedResource: String, Codable, Sendable, CaseIterable, Hashable {
  case cpu
  case memory
  case gpu
  case storage
  case pods
}

/// Whole amounts for the ledger: thousandths of a core, bytes, GPUs, bytes and pods. Absent amounts count as 0.
public struct ResourceAmounts: Codable, Sendable, Hashable {
  /// Thousandths of a core.
  public var cpu: Int64
  /// Bytes.
  public var memory: Int64
  /// GPUs.
  public var gpu: Int64
  /// Bytes.
  public var storage: Int64
  /// Pods.
  public var pods: Int64

  /// Amounts, 0 where not given.
  public init(cpu: Int64 = 0, memory: Int64 = 0, gpu: Int64 = 0, storage: Int64 = 0, pods: Int64 = 0) {
    self.cpu = cpu
    self.memory = memory
    self.gpu = gpu
    self.storage = storage
    self.pods = pods
  }

  /// The amounts of a list, each rounded up to the ledger's unit.
  public init(_ list: ResourceList) {
    self.init(
      cpu: list.cpu?.milliValue ?? 0, memory: list.memory?.value ?? 0, gpu: list.gpu?.value ?? 0,
      storage: list.storage?.value ?? 0, pods: list.pods?.value ?? 0)
  }

  /// The amount of one resource, in the ledger's unit.
  public subscript(resource: CountedResource) -> Int64 {
    get {
      switch resource {
      case .cpu: cpu
      case .memory: memory
      case .gpu: gpu
      case .storage: storage
      case .pods: pods
      }
    }
    set {
      switch resource {
      case .cpu: cpu = newValue
      case .memory: memory = newValue
      case .gpu: gpu = newValue
      case .storage: storage = newValue
      case .pods: pods = newValue
      }
    }
  }
}
