import Events
import Foundation
import Model
import Postgres

extension PlacementRecord {
  /// Columns that ``init(row:)`` reads, of `placements p` joined with `reservations r`.
  static let columns: PostgresQuery = """
    p.id, p.project, p.project_id, p.organisation, p.environment, p.environment_id, p.stage, p.replica, p.zone,
    p.cluster, p.namespace, p.sensitivity, p.mode, p.phase, p.quota, p.revision, p.epoch, p.decision, p.decided_at,
    p.created_at, p.not_before, p.remove_persistent_volumes, p.removed_at, p.traceparent, p.leaving, p.observed,
    p.observed_stored_at, p.chain, p.chain_decision, r.cpu, r.memory, r.gpu, r.storage, r.pods, r.hold,
    r.released_because,
    (SELECT min(o.published_at) FROM outbox o
     WHERE o.placement = p.id AND o.epoch = p.epoch AND o.revision = p.revision) AS published_at
    """

  /// Where ``columns`` come from.
  static let tables: PostgresQuery = "placements p JOIN reservations r ON r.placement = p.id"

  init(row: PostgresRow) throws {
    func moment(_ column: String) throws -> Timestamp? { try row.decode(Date?.self, column).map(Timestamp.init) }
    self.init(
      spec: try PlacementSpec(row: row), sensitivity: try row.known("sensitivity"), mode: try row.known("mode"),
      notBefore: try moment("not_before"),
      removePersistentVolumes: try row.decode("remove_persistent_volumes"),
      createdAt: Timestamp(try row.decode(Date.self, "created_at")),
      decidedAt: Timestamp(try row.decode(Date.self, "decided_at")), publishedAt: try moment("published_at"),
      removedAt: try moment("removed_at"), reserved: try ResourceAmounts(row: row),
      reservation: try row.decode("hold"), observed: nil,
      traceparent: try row.decode("traceparent"))
    if try row.decode(Bool.self, "leaving") { isLeaving = true }
    if try row.decode(String?.self, "released_because") == ReleaseCause.lossDeclared.rawValue { isLossDeclared = true }
    chainDecision = try row.decode("chain_decision")
    if let text = try row.decode(PostgresJSON?.self, "observed"), let storedAt = try moment("observed_stored_at") {
      observed = ObservedPlacement(state: try text.decode(ObservedState.self), storedAt: storedAt)
    }
  }
}

extension PlacementSpec {
  fileprivate init(row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), project: try row.decode("project"), projectID: try row.decode("project_id"),
      organisation: try row.decode("organisation"), environment: try row.decode("environment"),
      environmentID: try row.decode("environment_id"), stage: try row.decode("stage"),
      replica: Int(try row.decode(Int32.self, "replica")), zone: try row.decode("zone"),
      cluster: try row.decode("cluster"), namespace: try row.decode("namespace"), phase: try row.known("phase"),
      quota: try row.decode(PostgresJSON.self, "quota").model(ResourceList.self), revision: try row.decode("revision"),
      epoch: try row.decode("epoch"), decision: try row.decode("decision"), chain: try row.decode("chain"))
  }
}

extension ResourceAmounts {
  /// Reads `cpu`, `memory`, `gpu`, `storage` and `pods`, each with `prefix`.
  init(row: PostgresRow, prefix: String = "") throws {
    self.init(
      cpu: try row.decode("\(prefix)cpu"), memory: try row.decode("\(prefix)memory"),
      gpu: try row.decode("\(prefix)gpu"), storage: try row.decode("\(prefix)storage"),
      pods: try row.decode("\(prefix)pods"))
  }

  /// Resource by resource.
  func combined(with other: ResourceAmounts, _ combine: (Int64, Int64) -> Int64) -> ResourceAmounts {
    ResourceAmounts(
      cpu: combine(cpu, other.cpu), memory: combine(memory, other.memory), gpu: combine(gpu, other.gpu),
      storage: combine(storage, other.storage), pods: combine(pods, other.pods))
  }

  /// What this is more than `other`, negative where it is less.
  func difference(from other: ResourceAmounts) -> ResourceAmounts { combined(with: other, -) }

  /// The larger of each.
  func maximum(_ other: ResourceAmounts) -> ResourceAmounts { combined(with: other, max) }
}

extension PostgresRow {
  /// A text column that holds one of the cases of an enumeration.
  func known<Value: RawRepresentable>(_ column: String) throws -> Value where Value.RawValue == String {
    let text = try decode(String.self, column)
    guard let value = Value(rawValue: text) else {
      throw StoreError(
        .conflict, path: column, "the database holds “\(text)”, which this program does not know",
        fr: "la base contient « \(text) », que ce programme ne connaît pas")
    }
    return value
  }
}
