public import Model

/// The policy in force, and its version.
public struct EffectivePolicy: Codable, Sendable, Hashable {
  /// The version, from 1.
  public var version: Int64
  /// The document.
  public var spec: PolicySpec

  /// A policy in force.
  public init(version: Int64, spec: PolicySpec) {
    self.version = version
    self.spec = spec
  }
}
