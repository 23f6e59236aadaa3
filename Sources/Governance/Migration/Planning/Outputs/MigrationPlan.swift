public import Foundation
public import Model
import Placement

/// What is moved where and in which order, and what is not.
public struct MigrationPlan: Codable, Sendable, Hashable {
  /// The engine that judged.
  public var engineVersion: String
  /// The policy that was in force.
  public var policyVersion: Int64
  /// The day that everything was judged for.
  public var day: CalendarDay
  /// Why.
  public var motive: MoveMotive
  /// What was to be moved.
  public var scope: MoveScope
  /// By wave, project, environment and replica.
  public var moves: [PlannedMove]
  /// In order.
  public var waves: [PlannedWave]
  /// By project, environment and replica.
  public var blocked: [BlockedMove]
  /// The clusters that something goes away from or to, by name.
  public var loads: [ClusterLoad]
  /// What the plan was judged on.
  public var checkIndex: CheckIndex
  /// The steps that the search took.
  public var steps: Int
  /// Whether the search ended before it was proven that no plan moves more: there may be one.
  public var isExhausted: Bool

  /// The largest share at the peak among the clusters that something goes to, in thousandths.
  public var peak: Int64 {
    let targets = Set(moves.map(\.to))
    return loads.filter { targets.contains($0.cluster) }.map(\.share).max() ?? 0
  }

  /// The bytes that are compared: JSON with sorted keys.
  public func canonicalBytes() throws -> Data { try ModelJSON.encoder.encode(self) }

  /// What has changed since the plan was made: nothing while it may be started. What was withheld from it does not
  /// count, but where something else of its project is moved or blocked: the project counts as a whole.
  public func differences(from present: PlanningInputs) -> [CheckIndex.Difference] {
    let unmoved = blocked.filter { !$0.cause.isWithheld }
    return checkIndex.differences(
      to: CheckIndex(
        of: present, clusters: Set(moves.flatMap { [$0.from, $0.to] }),
        projects: Set(moves.map(\.project) + unmoved.map(\.project))))
  }
}
