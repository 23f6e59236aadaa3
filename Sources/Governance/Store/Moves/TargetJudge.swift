import Events
import Foundation
import Model
import Placement
import Policy
import Postgres

/// Judges whether a move's target may stay where it is, by what is in force at this moment.
struct TargetJudge: Sendable {
  private let prepared: PreparedOffer
  private let project: Resource<ProjectSpec>
  private let existing: [ExistingPlacement]
  private let target: PlacementSpec
  private let now: Timestamp

  /// - Returns: nil where the project is not known any more.
  init?(of target: PlacementRecord, in store: GovernanceStore, _ connection: PostgresConnection) async throws {
    let name = target.spec.project
    let found = try await WorldReader.projects(named: [name], in: connection).projects
    var table = ProjectTable()
    for (name, one) in found { table.set(name, document: one.document, held: one.held) }
    guard let known = try table.find(name)?.project(), let document = known.document else { return nil }
    prepared = try await store.prepareHere(in: connection)
    project = document
    existing = known.held.existing
    self.target = target.spec
    now = Timestamp(try await connection.query("SELECT clock_timestamp() AS now").only.decode(Date.self, "now"))
  }

  /// Whether it may stay, were there not this derogation.
  func mayStay(without name: String?) -> Bool {
    let request = DecisionRequest(
      project: project, existing: existing,
      derogations: prepared.derogations.filter { $0.spec.project == project.name && $0.name != name }, now: now.date)
    let state = PlacementState(ledger: Ledger(), staleZones: [], for: prepared.engine)
    // As findings have it: what may only not grow may stay.
    return !Compliance(of: request, under: prepared.engine, on: state).breaches.contains { breach in
      !breach.mayStay && breach.environment == target.environment && breach.replica == target.replica
        && breach.cluster == target.cluster
    }
  }
}
