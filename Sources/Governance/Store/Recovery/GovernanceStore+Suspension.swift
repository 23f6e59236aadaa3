public import Events
import Foundation
import Model
import Postgres

/// Why nothing is decided or published: the database is older than what it has said on the bus.
public struct Suspension: Sendable, Hashable {
  /// Since when, by the database's clock.
  public let at: Timestamp
  /// What shows it.
  public let because: String
}

extension GovernanceStore {
  /// What the database refuses with while it is suspended; see migration 0009.
  public static let suspendedState = "RG002"

  /// Stops all instances from deciding and publishing, of whatever version, until somebody recovers (protocol rule 13).
  ///
  /// - Parameter epoch: what was compared with the bus: where another one was minted since, the comparison is void.
  /// - Returns: Whether it is suspended now.
  @discardableResult
  public func suspend(because reason: String, comparedIn epoch: Int64) async throws -> Bool {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        UPDATE epoch SET suspended_at = coalesce(suspended_at, clock_timestamp()),
          suspended_because = coalesce(suspended_because, \(reason)) WHERE epoch = \(epoch) RETURNING epoch
        """)
    }
    return !rows.isEmpty
  }

  /// Why nothing is decided or published; nil while all is well.
  public func suspension() async throws -> Suspension? {
    let rows = try await pool.withConnection { try await $0.query(Self.selectSuspension) }
    return try rows.first.map { try Suspension(row: $0) }
  }

  static let selectSuspension: PostgresQuery =
    "SELECT suspended_at, suspended_because FROM epoch WHERE suspended_at IS NOT NULL"

  /// The database's own account of a zone (its slug), to be read after the topic.
  ///
  /// - Parameter evidence: what the topic holds: of nothing else versions are told, however much there ever was. What it says
  ///   under a version of the database's own is compared as well.
  public func account(of zone: String, beside evidence: BusEvidence? = nil) async throws -> RestoreSigns.Account {
    let told = evidence.map { Array($0.desired.keys) } ?? []
    let answers = try await pool.withConnection {
      try await $0.pipeline([
        "SELECT epoch FROM epoch", "SELECT sequence FROM zone_records WHERE zone = \(zone)",
        """
        SELECT p.id, p.epoch, p.revision, s.digest, p.forgotten_at IS NOT NULL AS forgotten FROM placements p
        LEFT JOIN published_states s ON s.placement = p.id AND (s.epoch, s.revision) = (p.epoch, p.revision)
        WHERE p.id = ANY(\(told)) AND p.zone = \(zone)
        """,
        "SELECT placement, epoch, revision FROM left_states WHERE zone = \(zone)",
      ])
    }
    var versions: [UUID: StateVersion] = [:]
    var candidates: [UUID] = []
    for row in answers[2] {
      let id = try row.decode(UUID.self, "id")
      let version = StateVersion(epoch: try row.decode("epoch"), revision: try row.decode("revision"))
      versions[id] = version
      // What is forgotten may still be there: how far it was known counts, and what the bus holds of it does not.
      guard let seen = evidence?.desired[id], seen.state.version == version, try !row.decode(Bool.self, "forgotten"),
        try row.decode([UInt8]?.self, "digest") != seen.content.bytes
      else { continue }
      candidates.append(id)
    }
    for row in answers[3] {
      let left = StateVersion(epoch: try row.decode("epoch"), revision: try row.decode("revision"))
      let id = try row.decode(UUID.self, "placement")
      versions[id] = max(versions[id] ?? left, left)
      if evidence?.desired[id]?.isLeft(left) ?? false { candidates.removeAll { $0 == id } }
    }
    return RestoreSigns.Account(
      epoch: try answers[0].only.decode("epoch"), sequence: try answers[1].first?.decode("sequence") ?? 0,
      versions: versions, others: try await others(among: candidates, evidence))
  }

  /// Those whose row says something else: what an acknowledgement was lost of is none of them, nor what another version of the
  /// program has written otherwise.
  private func others(among candidates: [UUID], _ evidence: BusEvidence?) async throws -> Set<UUID> {
    guard let evidence, !candidates.isEmpty else { return [] }
    let rows = try await pool.withConnection {
      try await $0.query(
        "SELECT \(PlacementRecord.columns) FROM \(PlacementRecord.tables) WHERE p.id = ANY(\(candidates))")
    }
    let records = try rows.map { try PlacementRecord(row: $0) }
    return Set(records.filter { evidence.desired[$0.spec.id]?.isAnother(than: $0) ?? false }.map(\.spec.id))
  }
}

extension Suspension {
  init(row: PostgresRow) throws {
    self.init(at: Timestamp(try row.decode(Date.self, "suspended_at")), because: try row.decode("suspended_because"))
  }
}
