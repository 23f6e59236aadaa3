import Foundation
import Model
import Placement
import Policy
import Postgres

/// What the database's books say of capacity, all read in one snapshot.
struct CapacityBooks: Sendable {
  /// What is promised on a cluster to the placements of a stage.
  struct Promise: Sendable {
    var cluster: String
    var stage: String
    var isReserved: Bool
    var amounts: ResourceAmounts
  }

  /// What the ledger says, by cluster.
  var ledger: [String: ResourceAmounts]
  /// What reservations hold.
  var promises: [Promise]
  /// What is in use, by cluster, as agents have read it in quotas; empty where that was not asked for.
  var used: [String: ResourceAmounts]
  /// How many placements there are by cluster, of how many an agent has said what is in use, and of how many the quota is
  /// compared with the ledger; nil where that was not asked for.
  var reports: [String: (placements: Int64, reporting: Int64, compared: Int64)]?

  /// All that is promised on each cluster, as reservations have it.
  var held: [String: ResourceAmounts] {
    promises.reduce(into: [:]) { $0[$1.cluster, default: ResourceAmounts()].add($1.amounts) }
  }

  /// Where the ledger and reservations are not the same.
  var differences: [LedgerDifference] { LedgerDifference.between(ledger: ledger, held: held) }

  // The sums are held at the largest number there is: what was tampered with must still be readable.
  static let selectPromises: PostgresQuery = """
    SELECT r.cluster, coalesce(p.stage, '') AS stage, r.state = 'pending' AS reserved,
      least(sum(r.cpu), 9223372036854775807)::bigint AS cpu,
      least(sum(r.memory), 9223372036854775807)::bigint AS memory,
      least(sum(r.gpu), 9223372036854775807)::bigint AS gpu,
      least(sum(r.storage), 9223372036854775807)::bigint AS storage,
      least(sum(r.pods), 9223372036854775807)::bigint AS pods
    FROM reservations r LEFT JOIN placements p ON p.id = r.placement
    WHERE r.state <> 'released' GROUP BY 1, 2, 3
    """

  /// Amounts as agents write them: alike ones are sent once, with how many there are.
  static let selectUse: PostgresQuery = """
    SELECT p.cluster, u.key AS resource, u.value AS amount, count(*) AS times
    FROM placements p, jsonb_each_text(CASE jsonb_typeof(p.observed -> 'used')
      WHEN 'object' THEN p.observed -> 'used' ELSE '{}' END) AS u
    WHERE p.removed_at IS NULL AND p.revision >= 1 GROUP BY 1, 2, 3
    """

  static let selectReports: PostgresQuery = """
    WITH \(QuotaDoubt.seenClusters)
    SELECT p.cluster, count(*) AS placements,
      count(*) FILTER (WHERE jsonb_typeof(p.observed -> 'used') = 'object') AS reporting,
      count(*) FILTER (WHERE \(QuotaDoubt.isCompared)) AS compared
    FROM placements p WHERE p.removed_at IS NULL AND p.revision >= 1 GROUP BY 1
    """

  /// Reads them.
  ///
  /// - Parameters:
  ///   - withUse: whether what is in use is read too, which takes a look at every placement.
  ///   - connection: in a repeatable transaction.
  init(withUse: Bool, in connection: PostgresConnection) async throws {
    let answers = try await connection.pipeline(
      [DecisionBasis.selectLedger, Self.selectPromises] + (withUse ? [Self.selectUse, Self.selectReports] : []))
    ledger = try DecisionBasis.ledger(answers[0]).clusters.mapValues(\.committed)
    promises = try answers[1].map { row in
      Promise(
        cluster: try row.decode("cluster"), stage: try row.decode("stage"), isReserved: try row.decode("reserved"),
        amounts: try ResourceAmounts(row: row))
    }
    used = [:]
    guard withUse else { return }
    for row in answers[2] {
      // An agent may say what this program does not know, or can not read.
      guard let resource = CountedResource(rawValue: try row.decode("resource")),
        let quantity = Quantity(try row.decode(String.self, "amount"))
      else { continue }
      let amount = resource == .cpu ? quantity.milliValue : quantity.value
      let times: Int64 = try row.decode("times")
      var amounts = ResourceAmounts()
      amounts[resource] = Int64(clamping: Int128(max(0, amount)) * Int128(times))
      used[try row.decode("cluster"), default: ResourceAmounts()].add(amounts)
    }
    var counts: [String: (placements: Int64, reporting: Int64, compared: Int64)] = [:]
    for row in answers[3] {
      counts[try row.decode("cluster")] = (
        try row.decode("placements"), try row.decode("reporting"), try row.decode("compared")
      )
    }
    reports = counts
  }
}

extension ResourceAmounts {
  /// Adds amounts; sums are held at the largest number there is.
  mutating func add(_ other: ResourceAmounts) {
    self = combined(with: other) { left, right in
      let (sum, overflow) = left.addingReportingOverflow(right)
      return overflow ? .max : sum
    }
  }
}
