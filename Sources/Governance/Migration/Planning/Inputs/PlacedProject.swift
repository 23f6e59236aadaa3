public import Foundation
public import Model
public import Placement

/// A project, and where it is.
public struct PlacedProject: Codable, Sendable, Hashable {
  /// One replica that holds capacity.
  public struct Replica: Codable, Sendable, Hashable {
    /// The placement's identifier.
    public var id: UUID
    /// Where it is, and what it holds there. The ledger counts it.
    public var existing: ExistingPlacement

    /// A replica.
    public init(id: UUID, existing: ExistingPlacement) {
      self.id = id
      self.existing = existing
    }
  }

  /// The project.
  public var project: Resource<ProjectSpec>
  /// Everything of it that is placed.
  public var replicas: [Replica]
  /// Its derogations; what is not in effect has none.
  public var derogations: [Resource<DerogationSpec>]
  /// Names that environments of it had once, and that no new one gets.
  public var formerNames: [String]

  /// A project that is placed.
  public init(
    project: Resource<ProjectSpec>, replicas: [Replica], derogations: [Resource<DerogationSpec>] = [],
    formerNames: [String] = []
  ) {
    self.project = project
    self.replicas = replicas
    self.derogations = derogations
    self.formerNames = formerNames
  }
}
