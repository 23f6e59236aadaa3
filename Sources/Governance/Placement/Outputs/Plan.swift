public import Model

/// Where a project goes, or what stands in its way: a decision without the verdicts of the clusters.
public struct Plan: Codable, Sendable, Hashable {
  /// How the reasons against the project as a whole go together, and whether that is proven: the search for them has a
  /// budget, and a question that it left open is never passed over in silence.
  public enum Conflict: String, Codable, Sendable, CaseIterable {
    /// Each of them, lifted alone, would make a full assignment exist; nothing else does.
    case alone
    /// Each of them does; whether others do as well was not found out.
    case aloneUnproven
    /// None does alone. With everything else lifted these still can not hold together, and without any one of them they
    /// could: the set is irreducible, with the places that are eligible for spreads as they are. Lifting one of them ends
    /// this conflict; others may stand behind it.
    case together
    /// With everything else lifted these can not hold together; whether one does alone, or could be left out of the set,
    /// was not found out.
    case togetherUnproven
    /// Each of them has to be lifted, and lifting all of them is enough.
    case all
    /// Nothing was found before the budget ended: the reasons say no more than they say by themselves.
    case unproven

    /// Whether every question was answered.
    public var isProven: Bool { self == .alone || self == .together || self == .all }
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
  public var outcome: Decision.Outcome
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
  /// What stands in the way of the project as a whole, in the order of the codes. `NoCandidate` heads the others for an
  /// environment that no cluster accepts, and `PinRefused` for a replica whose pinned cluster refuses it. `MoveNeeded`
  /// stands alone, for each replica that has to move before the rest has a place. A plan made without explanation says no
  /// more than that, or nothing.
  public var reasons: [Reason]
  /// How the reasons other than `NoCandidate` and `PinRefused` go together; absent where the project is placed, where
  /// lifting would not help (it pins what there is not, or exceeds its contract and has no place besides), and in a plan
  /// made without explanation.
  public var conflict: Conflict?
  /// The nodes that the search visited.
  public var nodes: Int

  /// Whether there is a place once something has moved that stands.
  var needsMoves: Bool { reasons.contains { $0.code == .moveNeeded } }
}
