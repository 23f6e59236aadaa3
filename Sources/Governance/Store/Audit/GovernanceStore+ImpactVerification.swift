import Foundation
import Model
import Policy
import Postgres
import Trail

extension GovernanceStore {
  /// What of the results that the trail names, since somebody voted on them, is not as it was found.
  static func impactFindings(
    _ told: inout ToldPolicy, in connection: PostgresConnection
  ) async throws -> [AuditFinding] {
    var findings: [AuditFinding] = []
    // One at a time: it may be long.
    let named = try await connection.query(
      "SELECT digest FROM impact_results WHERE named_at IS NOT NULL ORDER BY digest")
    for digest in try named.map({ try $0.decode([UInt8].self, "digest") }) {
      let rows = try await connection.query(
        """
        SELECT r.bytes, r.summary, r.in_parts, p.section, p.first, p.items, p.bytes AS part FROM impact_results r
        LEFT JOIN impact_parts p USING (digest) WHERE digest = \(digest) ORDER BY p.section, p.first
        """)
      let isSame = try await LongWork.run { try Self.isAsFound(rows, digest) }
      findings += told.check(impact: Digest.hexadecimal(digest), isSame: isSame)
    }
    return findings
  }

  /// Whether the whole, its counts and its parts are those of the digest. What can not be read any more and has the digest shows
  /// nobody anything else.
  private static func isAsFound(_ rows: PostgresRows, _ digest: [UInt8]) throws -> Bool {
    guard let head = rows.first else { return false }
    let bytes: [UInt8] = try head.decode("bytes")
    guard Digest.sha256(bytes) == digest else { return false }
    guard let impact = try? ModelJSON.decoder.decode(Impact.self, from: Data(bytes)) else { return true }
    guard let summary = try? head.decode(PostgresJSON.self, "summary").model(Impact.Summary.self),
      summary == impact.summary
    else { return false }
    // One that a program of before has stored is read whole.
    guard try head.decode(Bool.self, "in_parts") else { return true }
    var parts: [Impact.Section: [ImpactPart]] = [:]
    for row in rows {
      guard let name = try row.decode(String?.self, "section") else { continue }
      guard let section = Impact.Section(rawValue: name) else { return false }
      parts[section, default: []].append(
        ImpactPart(
          section: section, first: Int(try row.decode(Int32.self, "first")),
          items: Int(try row.decode(Int32.self, "items")), bytes: try row.decode("part")))
    }
    return Impact.Section.allCases.allSatisfy { section in
      let stored = parts[section] ?? []
      return switch section {
      case .nonCompliances: ImpactPart.hold(stored, impact.nonCompliances)
      case .regionChanges: ImpactPart.hold(stored, impact.regionChanges)
      case .unplaceable: ImpactPart.hold(stored, impact.unplaceable)
      case .capacity: ImpactPart.hold(stored, impact.capacity)
      case .migrations: ImpactPart.hold(stored, impact.migrations)
      }
    }
  }
}

extension ImpactPart {
  /// Whether parts, in their order, hold these items and no others.
  fileprivate static func hold<Item: Decodable & Equatable>(_ parts: [ImpactPart], _ items: [Item]) -> Bool {
    var next = 0
    for part in parts {
      guard part.first == next, let held = try? ModelJSON.decoder.decode([Item].self, from: Data(part.bytes)),
        held.count == part.items, next + held.count <= items.count, held == Array(items[next..<next + held.count])
      else { return false }
      next += held.count
    }
    return next == items.count
  }
}
