public import Model
public import Placement

/// What a proposed policy would change on the offer, the ledger and the placements of one moment. The same inputs give the
/// same bytes.
public struct Impact: Codable, Sendable, Hashable {
  /// A replica that would not comply.
  public struct NonCompliance: Codable, Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// Where it is.
    public var cluster: String
    /// The region's name; empty where the cluster is not on offer any more.
    public var region: String
    /// The operator's name; likewise.
    public var `operator`: String
    /// Whether it does not comply with the policy in force either.
    public var already: Bool
    /// The rules that it breaks, sorted; classes, state and references are among the reasons only.
    public var rules: [String]
    /// What drives it out, or keeps its chain from delivering to it, in the order of the codes.
    public var reasons: [Reason]
    /// True where only its chain is in the way: it may stay, and a new decision chooses another one.
    public var mayStay: Bool?
  }

  /// A project that would be best elsewhere.
  public struct RegionChange: Codable, Sendable, Hashable {
    /// A replica whose best region is another one.
    public struct Replica: Codable, Sendable, Hashable {
      /// The environment's name.
      public var environment: String
      /// Which replica, from 0.
      public var replica: Int
      /// The best region under the policy in force.
      public var from: String
      /// The best region under the proposed one.
      public var to: String
    }

    /// The project's name.
    public var project: String
    /// Sorted by environment and replica.
    public var replicas: [Replica]
  }

  /// A project that there would be no place for.
  public struct Unplaceable: Codable, Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// What stands in the way; of the first projects only, see ``ImpactComputation/mostExplained``.
    public var reasons: [Reason]
  }

  /// What a region may promise.
  public struct RegionCapacity: Codable, Sendable, Hashable {
    /// One stage of it.
    public struct Stage: Codable, Sendable, Hashable {
      /// The stage's name.
      public var stage: String
      /// The most that may be promised on the clusters that admit the stage, under the policy in force.
      public var before: ResourceAmounts
      /// The same under the proposed one.
      public var after: ResourceAmounts
    }

    /// The region's name.
    public var region: String
    /// The operator's name.
    public var `operator`: String
    /// What all its clusters have promised.
    public var committed: ResourceAmounts
    /// Sorted by stage.
    public var stages: [Stage]
  }

  /// A move that compliance would require.
  public struct Migration: Codable, Sendable, Hashable {
    /// The project's name.
    public var project: String
    /// The environment's name.
    public var environment: String
    /// Which replica, from 0.
    public var replica: Int
    /// Where it is.
    public var from: String
    /// Where it would go; absent where there is no room for all that the project needs, or no place.
    public var to: String?
    /// The region where it would go.
    public var toRegion: String?
  }

  /// How many there are of what.
  public struct Summary: Codable, Sendable, Hashable {
    /// The projects that were looked at.
    public var projects = 0
    /// The replicas that were judged.
    public var placements = 0
    /// The replicas that would not comply any more.
    public var nonCompliant = 0
    /// The replicas that do not comply now and would not either.
    public var alreadyNonCompliant = 0
    /// The replicas that do not comply now, and would.
    public var compliantAgain = 0
    /// The projects whose best region would be another one.
    public var regionChanges = 0
    /// The projects that could no longer be placed.
    public var noLongerPlaceable = 0
    /// The projects that can not be placed now, and could.
    public var placeableAgain = 0
    /// The moves that compliance would require.
    public var migrations = 0
    /// Those of them that there is no room for.
    public var migrationsThatDoNotFit = 0
  }

  /// The engine that it was computed by.
  public var engineVersion: String
  /// The day that it was computed for.
  public var day: CalendarDay
  /// The counts.
  public var summary: Summary
  /// By project, environment and replica.
  public var nonCompliances: [NonCompliance]
  /// By project.
  public var regionChanges: [RegionChange]
  /// By project.
  public var unplaceable: [Unplaceable]
  /// By region.
  public var capacity: [RegionCapacity]
  /// By project, environment and replica.
  public var migrations: [Migration]
}
