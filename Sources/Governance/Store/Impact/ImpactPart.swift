import Foundation
import Model
import Policy
import Postgres

/// Some items of one section of a result, as they are stored.
struct ImpactPart: Sendable {
  /// So many are stored together: a page reads a few parts, and decodes little that it does not show.
  static let size = 250

  var section: Impact.Section
  /// The place of the first in the section, from 0.
  var first: Int
  var items: Int
  var bytes: [UInt8]

  /// All parts of a result.
  static func all(of impact: Impact, together size: Int = size) throws -> [ImpactPart] {
    try Impact.Section.allCases.flatMap { section in
      switch section {
      case .nonCompliances: try parts(section, impact.nonCompliances, size)
      case .regionChanges: try parts(section, impact.regionChanges, size)
      case .unplaceable: try parts(section, impact.unplaceable, size)
      case .capacity: try parts(section, impact.capacity, size)
      case .migrations: try parts(section, impact.migrations, size)
      }
    }
  }

  private static func parts(_ section: Impact.Section, _ items: [some Encodable], _ size: Int) throws -> [ImpactPart] {
    try stride(from: 0, to: items.count, by: size).map { first in
      let part = Array(items[first..<min(first + size, items.count)])
      return ImpactPart(
        section: section, first: first, items: part.count, bytes: [UInt8](try ModelJSON.encoder.encode(part)))
    }
  }

  /// The statement that stores parts of a result; those of the same result are the same.
  static func insert(_ parts: [ImpactPart], of digest: [UInt8]) -> PostgresQuery {
    """
    INSERT INTO impact_parts (digest, section, first, items, bytes)
    SELECT \(digest), p.section, p.first, p.items, p.bytes FROM unnest(\(parts.map(\.section.rawValue)),
      \(parts.map { Int32(clamping: $0.first) }), \(parts.map { Int32(clamping: $0.items) }), \(parts.map(\.bytes)))
      AS p (section, first, items, bytes)
    ON CONFLICT DO NOTHING
    """
  }
}
