import Events
import Model
import Placement
import Postgres

/// What decisions are made on, and how it is read.
enum DecisionBasis {
  /// The versions and clocks of the moment.
  struct Head: Sendable, Hashable {
    var offerVersion: Int64
    var policyVersion: Int64?
    var epoch: Int64
    /// Tells apart what has the same numbers in a database that was restored: the number of the epoch's table, which a dump
    /// that is read in does not keep, and the server's timeline, which a standby that takes over does not.
    var life: String
    var now: Timestamp
    var day: CalendarDay
    var staleZones: [String]
    /// Whether a reservation has expired whose capacity was not released yet. None has while a restored database waits to be
    /// recovered.
    var hasDueReservations: Bool
    /// Whether the ledger's limits were worked out under this policy and for this day.
    var hasCurrentLimits: Bool

    /// The version of the policy in force.
    var policyInForce: Int64 {
      get throws(StoreError) {
        guard let policyVersion else {
          throw StoreError(
            .noPolicy, "no policy is in force, so nothing can be decided",
            fr: "aucune politique n’est en vigueur : rien ne peut être décidé", accepted: "a Policy, applied first")
        }
        return policyVersion
      }
    }
  }

  /// All that is promised, in the order in which rows are locked.
  static let selectLedger: PostgresQuery = """
    SELECT cluster, committed_cpu, committed_memory, committed_gpu, committed_storage, committed_pods, version
    FROM capacity_ledger ORDER BY cluster COLLATE "C"
    """

  /// Reads ``selectLedger``.
  static func ledger(_ rows: PostgresRows) throws -> Ledger {
    Ledger(
      Dictionary(
        try rows.map { row in
          let committed = try ResourceAmounts(row: row, prefix: "committed_")
          return (
            try row.decode(String.self, "cluster"),
            Ledger.Entry(committed: committed, version: try row.decode("version"))
          )
        }, uniquingKeysWith: { first, _ in first }))
  }
}
