import Events
import Foundation
import Logging
import Model
public import Policy
import Postgres

/// What a look at the quotas on clusters has found.
public struct QuotaCheck: Sendable, Hashable {
  /// All that differs now.
  public var differences: [LedgerDifference]
  /// What of it was not known.
  public var opened: [LedgerDifference]
  /// How many have ended.
  public var ended: Int
  /// In how long a difference that is young now will have lasted; nil where there is none.
  public var next: Duration?
}

extension GovernanceStore {
  /// Notified when what a placement's quota enforces begins or ceases to differ from the ledger.
  public static let quotasChannel = "regie_quotas"
  /// How long a placement's quota differs before that counts: what is decided takes its time to reach the cluster.
  public static let quotaSettling: Duration = .seconds(300)

  /// Compares what Régie's quotas on clusters enforce with what the ledger holds for the same placements, and writes down what
  /// has changed of their differences; what is new or has ended goes into the audit trail with it, and what is new into the
  /// log. Nothing is mended. Only placements that were found to differ are read, whatever number there is.
  ///
  /// A difference of a cluster on which one of them can not be compared any more does not end: nobody has seen it end.
  ///
  /// - Parameter settling: how long a placement has differed, by the database's clock, before it counts.
  public func checkQuotas(settling: Duration = GovernanceStore.quotaSettling) async throws -> QuotaCheck {
    let check = try await pool.withTransaction { connection in
      // One at a time, and each reads after those before it have written.
      try await connection.execute(StoreLocks.takeQuotas())
      let rows = try await connection.query(QuotaDoubt.select)
      let doubts = try rows.map { try QuotaDoubt(row: $0) }
      let (lasting, young) = (doubts.filter { $0.age >= settling }, doubts.filter { $0.age < settling })
      let clusters = Set(lasting.filter { $0.holding.standing == .differs }.map(\.holding.cluster)).sorted()
      let sums = try await Self.comparedSums(on: clusters, without: young, in: connection)
      let found = LedgerDifference.between(quotas: lasting.map(\.holding), ledger: sums)
      let unsure = Set(lasting.filter { $0.holding.standing == .notCompared }.map(\.holding.cluster)).sorted()
      let (opened, ended) = try await Self.write(found, keeping: unsure, in: connection)
      try await connection.execute(QuotaDoubt.settle(doubts))
      let next = young.filter { $0.holding.standing == .differs }.map { settling - $0.age }.min()
      return QuotaCheck(differences: found, opened: opened, ended: ended, next: next)
    }
    for difference in check.opened {
      logger.error(
        "Quotas on a cluster enforce something else than the ledger holds; nothing is mended by itself",
        metadata: [
          "cluster": "\(difference.cluster)", "resource": "\(difference.resource.rawValue)",
          "ledger": "\(difference.ledger)", "held": "\(difference.held)",
          "placements": "\(difference.placements.count + Int(difference.omitted))",
        ])
    }
    return check
  }

  /// What the ledger holds on clusters for the placements that can be compared, but for those that differ since lately.
  private static func comparedSums(
    on clusters: [String], without young: [QuotaDoubt], in connection: PostgresConnection
  ) async throws -> [String: ResourceAmounts] {
    guard !clusters.isEmpty else { return [:] }
    let rows = try await connection.query(
      """
      WITH \(QuotaDoubt.seenClusters)
      SELECT p.cluster, \(QuotaDoubt.sums)
      FROM placements p JOIN reservations r ON r.placement = p.id
      WHERE p.cluster = ANY(\(clusters)) AND \(QuotaDoubt.isCompared) AND NOT p.id = ANY(\(young.map(\.holding.placement)))
      GROUP BY 1
      """)
    return try Dictionary(
      rows.map { (try $0.decode(String.self, "cluster"), try ResourceAmounts(row: $0)) },
      uniquingKeysWith: { first, _ in first })
  }

  /// - Parameter unsure: clusters whose differences do not end.
  private static func write(
    _ found: [LedgerDifference], keeping unsure: [String], in connection: PostgresConnection
  ) async throws -> (opened: [LedgerDifference], ended: Int) {
    let parts = try found.map { PostgresJSON(bytes: try BusCodec.encode($0.placements)) }
    let answers = try await connection.pipeline([
      // The numbers of a difference that lasts are those of now, and the moment is of when it began.
      """
      INSERT INTO quota_differences AS d (cluster, resource, ledger, held, placements, omitted)
      SELECT * FROM unnest(\(found.map(\.cluster)), \(found.map(\.resource.rawValue)), \(found.map(\.ledger)),
        \(found.map(\.held)), \(parts), \(found.map(\.omitted)))
      ON CONFLICT (cluster, resource) WHERE ended_at IS NULL DO UPDATE SET ledger = excluded.ledger,
        held = excluded.held, placements = excluded.placements, omitted = excluded.omitted
      RETURNING cluster, resource, (xmax = 0) AS fresh
      """,
      """
      UPDATE quota_differences SET ended_at = clock_timestamp()
      WHERE ended_at IS NULL AND NOT cluster = ANY(\(unsure)) AND NOT (cluster, resource) IN (
        SELECT * FROM unnest(\(found.map(\.cluster)), \(found.map(\.resource.rawValue))))
      RETURNING \(LedgerDifference.ofQuotas)
      """,
      "SELECT clock_timestamp() AS now",
    ])
    let fresh = Set(
      try answers[0].filter { try $0.decode(Bool.self, "fresh") }.map {
        "\(try $0.decode(String.self, "cluster"))/\(try $0.decode(String.self, "resource"))"
      })
    let opened = found.filter { fresh.contains("\($0.cluster)/\($0.resource.rawValue)") }
    let ended = try answers[1].map { try LedgerDifference(row: $0) }
    let now = Timestamp(try answers[2].only.decode(Date.self, "now"))
    try await audit(opened: opened, ended: ended, at: now, in: connection)
    return (opened, ended.count)
  }
}
