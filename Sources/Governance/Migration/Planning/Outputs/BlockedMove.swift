public import Foundation
public import Placement

/// A placement that can not be moved, and why.
public struct BlockedMove: Codable, Sendable, Hashable {
  /// What holds it, apart from what the engine says.
  public enum Cause: String, Codable, Sendable, CaseIterable {
    /// No cluster would take it, however much room there were.
    case refused
    /// Clusters would take it, but there is no room beside what is there and what else is moved.
    case crowded
    /// It has no place together with the rest of its project.
    case together
    /// There is room in the end, but never at a moment when it is needed: source and target count while both exist.
    case order
    /// What it waits for can not be moved.
    case dependency
    /// The days of the plan are over before.
    case days
    /// The project does not ask for it any more: it is to be removed, not moved.
    case notAsked
    /// The project has no document that could ask for it elsewhere: it has outlived it, or a recovery has found it.
    case noDocument
    /// It has a part in a move that is under way, or a move has left it behind.
    case moving
    /// It is only reserved: there is nothing to be moved yet.
    case reserved

    /// Whether no plan was made of it at all.
    var isWithheld: Bool { self == .noDocument || self == .moving || self == .reserved }
  }

  /// The placement that stays.
  public var source: UUID
  /// The project's name.
  public var project: String
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// The cluster that it is on.
  public var cluster: String
  /// Whether it may stay there, by all that holds today.
  public var mayStay: Bool
  /// What holds it.
  public var cause: Cause
  /// What the engine says stands in its way after all that the plan moves, in the order of the codes; the remedies of
  /// these say what would have to change. Empty where nothing of that kind does.
  public var reasons: [Reason]
  /// The clusters that do not take it, counted by their first reason, in the order of the codes.
  public var lost: [EnvironmentExplanation.LostCount]
}
