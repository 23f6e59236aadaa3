/// Why a cluster, or an assignment, is refused or preferred: a code and what it applies to. The sentences are made from the two.
public struct Reason: Codable, Sendable, Hashable, Comparable {
  /// The code.
  public var code: ReasonCode
  /// What the sentences need to know, by name.
  public var parameters: [String: String]

  /// A reason.
  public init(_ code: ReasonCode, _ parameters: [String: String] = [:]) {
    self.code = code
    self.parameters = parameters
  }

  /// The order of the codes, then of the parameters by name.
  public static func < (left: Self, right: Self) -> Bool {
    guard left.code == right.code else { return left.code < right.code }
    return left.flattened.lexicographicallyPrecedes(right.flattened)
  }

  private var flattened: [String] {
    parameters.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
  }
}
