public import Model

/// A size that people know environments by.
public struct EnvironmentSize: Codable, Sendable, Hashable {
  /// `S`, `M`, `L` or `XL`.
  public var name: String
  /// What is reserved for each replica.
  public var quota: ResourceList

  /// A size.
  public init(_ name: String, cpu: Int64, gibibytes: Int64) {
    self.name = name
    quota = ResourceList(cpu: Quantity(cpu), memory: Quantity(gibibytes << 30, format: .binarySI))
  }

  /// The console's own, from the smallest.
  public static let known = [
    EnvironmentSize("S", cpu: 2, gibibytes: 4), EnvironmentSize("M", cpu: 4, gibibytes: 8),
    EnvironmentSize("L", cpu: 6, gibibytes: 12), EnvironmentSize("XL", cpu: 8, gibibytes: 16),
  ]
}
