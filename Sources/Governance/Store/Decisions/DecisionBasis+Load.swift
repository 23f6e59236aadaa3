import Events
import Foundation
import Model
import Placement
import Postgres

extension DecisionBasis {
  /// How firmly the basis is to stay as it was read, until the end of the transaction.
  enum Hold {
    /// Not at all: it is only looked at.
    case nothing
    /// The project and its placements; the ledger is only read.
    case project
    /// The ledger as well: whoever decides on this is sure to be able to commit.
    case ledger

    fileprivate var project: PostgresQuery { self == .nothing ? "" : "FOR SHARE" }
    fileprivate var placements: PostgresQuery { self == .nothing ? "" : "FOR UPDATE OF p, r" }
    fileprivate var ledger: PostgresQuery { self == .ledger ? "FOR UPDATE" : "" }
  }

  /// The statements that read the basis, in this order.
  static func statements(project: String, hold: Hold) -> [PostgresQuery] {
    [
      Head.select,
      "\(GovernanceStore.selectResource(.project, project)) \(hold.project)",
      """
      SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables)
      WHERE p.project = \(project) AND p.removed_at IS NULL
      ORDER BY p.environment, p.replica, p.id \(hold.placements)
      """,
      """
      SELECT cluster, committed_cpu, committed_memory, committed_gpu, committed_storage, committed_pods, version
      FROM capacity_ledger ORDER BY cluster \(hold.ledger)
      """,
    ]
  }

  /// Reads the answers to ``statements(project:hold:)``; `inline` takes the place of the stored project.
  init(_ answers: ArraySlice<PostgresRows>, project name: String, inline: Resource<ProjectSpec>?) throws {
    let answers = Array(answers)
    let stored = try answers[1].first.map { try AnyResource(row: $0) }
    if let inline {
      project = inline
    } else if case .project(let found)? = stored {
      project = found
    } else {
      throw StoreError.notFound(.project, name)
    }
    head = try Head(row: answers[0].only)
    held = try answers[2].map { try PlacementRecord(row: $0) }
    ledger = Ledger(
      Dictionary(
        try answers[3].map { row in
          let committed = try ResourceAmounts(row: row, prefix: "committed_")
          return (
            try row.decode(String.self, "cluster"),
            Ledger.Entry(committed: committed, version: try row.decode("version"))
          )
        }, uniquingKeysWith: { first, _ in first }))
  }
}

extension DecisionBasis.Head {
  /// Versions and clocks, and the zones whose agent was silent for longer than the policy allows.
  static let select: PostgresQuery = """
    WITH policy AS (
      SELECT version, coalesce((document ->> 'heartbeatLimitSeconds')::bigint, 300) AS limit_seconds
      FROM policy_versions WHERE version = (\(GovernanceStore.inForce)))
    SELECT o.version AS offer, (SELECT version FROM policy) AS policy, e.epoch, clock_timestamp() AS now,
      \(GovernanceStore.today) AS day,
      ARRAY(SELECT z.name FROM resources z JOIN agents a ON a.zone = z.spec ->> 'slug', policy
        WHERE z.kind = 'Zone' AND z.deleted_at IS NULL AND a.silent_milliseconds > policy.limit_seconds * 1000
        ORDER BY z.name) AS stale,
      EXISTS (SELECT FROM reservations r WHERE \(ReservationStatements.isDue)) AS due
    FROM offer_state o, epoch e
    """

  init(row: PostgresRow) throws {
    self.init(
      offerVersion: try row.decode("offer"), policyVersion: try row.decode("policy"), epoch: try row.decode("epoch"),
      now: Timestamp(try row.decode(Date.self, "now")), day: try GovernanceStore.day(row.decode("day")),
      staleZones: try row.decode("stale"), hasDueReservations: try row.decode("due"))
  }
}
