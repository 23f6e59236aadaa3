/// A mark on a region or a cluster that keeps placements away, as on Kubernetes nodes.
public struct Taint: Codable, Sendable, Hashable {
  /// How strongly a taint repels.
  public enum Effect: String, Codable, Sendable, CaseIterable {
    /// No placement without a toleration, present ones included.
    case noPlacement = "NoPlacement"
    /// No new placement without a toleration; present ones stay.
    case noNewPlacement = "NoNewPlacement"
    /// A placement without a toleration costs preference.
    case preferNoPlacement = "PreferNoPlacement"
  }

  /// A label key.
  public var key: String
  /// A label value; absent is the empty one.
  public var value: String?
  /// How strongly it repels.
  public var effect: Effect

  /// A taint.
  public init(key: String, value: String? = nil, effect: Effect) {
    self.key = key
    self.value = value
    self.effect = effect
  }
}

/// What a project accepts of taints, as on Kubernetes pods.
public struct Toleration: Codable, Sendable, Hashable {
  /// How the taint's value is compared.
  public enum Operator: String, Codable, Sendable, CaseIterable {
    case equal = "Equal"
    case exists = "Exists"
  }

  /// The taint's key; absent with `Exists` tolerates every key.
  public var key: String?
  /// `Equal` unless said otherwise.
  public var `operator`: Operator?
  /// The value for `Equal`.
  public var value: String?
  /// The effect tolerated; absent means all of them.
  public var effect: Taint.Effect?

  /// A toleration.
  public init(key: String? = nil, operator: Operator? = nil, value: String? = nil, effect: Taint.Effect? = nil) {
    self.key = key
    self.operator = `operator`
    self.value = value
    self.effect = effect
  }

  /// Whether this accepts `taint`.
  public func tolerates(_ taint: Taint) -> Bool {
    if let effect, effect != taint.effect { return false }
    if let key, key != taint.key { return false }
    switch `operator` ?? .equal {
    case .exists: return true
    case .equal: return key != nil && (value ?? "") == (taint.value ?? "")
    }
  }
}
