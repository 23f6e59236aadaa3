public import Foundation
public import Model

/// Where a project goes, why, and why not elsewhere, with everything said. The same inputs give the same bytes.
public struct Decision: Codable, Sendable, Hashable {
  /// How it ended.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// Every replica of every environment has a place.
    case placed
    /// There is no place for all of them together.
    case unplaceable
    /// The search's budget ran out before the best assignment was proven.
    case undecided
  }

  /// The engine that decided.
  public var engineVersion: String
  /// The policy that was in force.
  public var policyVersion: Int64
  /// The project's name.
  public var project: String
  /// The day it was decided for.
  public var day: CalendarDay
  /// How it ended.
  public var outcome: Outcome
  /// The chain that delivers to all the places; absent unless placed.
  public var chain: String?
  /// Which of the project's preference terms held, from 0; absent where none did.
  public var preferenceTerm: Int?
  /// Where none held for all of it, which of them what does not stay where it is holds, from 0; absent where none does,
  /// or all stays.
  public var preferenceTermOfNew: Int?
  /// The names of the derogations in effect.
  public var derogations: [String]
  /// Sorted by environment and replica; empty unless placed.
  public var assignments: [Assignment]
  /// Sorted by name.
  public var environments: [EnvironmentExplanation]
  /// What every chain said, sorted by name.
  public var chains: [ChainVerdict]
  /// What stands in the way of the project as a whole, in the order of the codes.
  public var reasons: [Reason]
  /// How the reasons go together; absent where the project is placed, or stands in its own way.
  public var conflict: Plan.Conflict?
  /// The nodes that the search visited.
  public var nodes: Int

  /// A plan with the verdicts that it rests on.
  init(_ plan: Plan, environments: [EnvironmentExplanation], chains: [ChainVerdict]) {
    engineVersion = plan.engineVersion
    policyVersion = plan.policyVersion
    project = plan.project
    day = plan.day
    outcome = plan.outcome
    chain = plan.chain
    preferenceTerm = plan.preferenceTerm
    preferenceTermOfNew = plan.preferenceTermOfNew
    derogations = plan.derogations
    assignments = plan.assignments
    self.environments = environments
    self.chains = chains
    reasons = plan.reasons
    conflict = plan.conflict
    nodes = plan.nodes
  }

  /// The bytes that are compared: JSON with sorted keys.
  public func canonicalBytes() throws -> Data {
    try ModelJSON.encoder.encode(self)
  }
}
