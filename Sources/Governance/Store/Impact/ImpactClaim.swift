import Events
public import Foundation
public import Model

/// The right to work on an impact, until somebody else has taken it over.
public struct ImpactClaim: Sendable, Hashable {
  /// The question.
  public var id: UUID
  /// The policy.
  public var document: PolicySpec
  /// When the policy is to take effect; nil for now.
  var effectiveAt: Timestamp?
  /// Which claim it is: a later one has the right instead.
  var number: Int64
}
