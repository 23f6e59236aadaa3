public import Foundation
import Model
public import Policy
import Postgres

extension GovernanceStore {
  /// A page of one section of a question's latest result, `limit` items (1 to 1000) at a time; nil where there is no
  /// result yet. A cursor goes on with the result that it began with, even where another has taken its place since, for
  /// as long as that is kept (``replacedResultRetention``); with no result of another question, whatever it says.
  ///
  /// - Parameter type: what the section holds.
  /// - Throws: ``StoreError``: `notFound`; `badCursor`, where the cursor's result is another question's, or kept no more too.
  public func impactPage<Item: Codable & Sendable>(
    of id: UUID, _ section: Impact.Section, as type: Item.Type, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<Item>? {
    try Cursor.check(limit: limit)
    let place = try Cursor.decode(cursor, as: ImpactPlace.self)
    let first = try Self.first(of: place?.first, place?.section, in: section, limit: limit)
    // Nothing keeps a cursor from being made up: what it names has to be what was found for this question.
    let meant: PostgresQuery
    if let place {
      meant = "r.digest = \([UInt8](place.digest)) AND (r.digest = i.result OR i.id = ANY (r.questions))"
    } else {
      meant = "r.digest = i.result"
    }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT r.digest, r.in_parts, CASE WHEN r.in_parts THEN NULL ELSE r.bytes END AS whole, p.first, p.bytes
        FROM impacts i LEFT JOIN impact_results r ON \(meant)
          LEFT JOIN impact_parts p ON p.digest = r.digest AND p.section = \(section.rawValue)
            AND p.first <= \(Int32(first + limit)) AND p.first + p.items > \(Int32(first))
        WHERE i.id = \(id) ORDER BY p.first
        """)
    }
    guard let head = rows.first else { throw Self.noImpact(id) }
    guard let digest = try head.decode([UInt8]?.self, "digest") else {
      guard place == nil else { throw Self.badImpactCursor }
      return nil
    }
    let items = try await LongWork.run { try Self.items(in: rows, section, from: first, as: type) }
    let next = ImpactPlace(digest: Data(digest), section: section, first: first + limit)
    return Page(
      items: Array(items.prefix(limit)), next: items.count > limit ? try Cursor.encode(next) : nil)
  }

  /// Where a page begins that a cursor asks for; at the beginning where there is none.
  static func first(
    of first: Int?, _ named: Impact.Section?, in section: Impact.Section, limit: Int
  ) throws(StoreError) -> Int {
    guard let first else { return 0 }
    guard first >= 0, first < Int(Int32.max) - limit, named == section else { throw badImpactCursor }
    return first
  }

  /// The items from one on, and at least one more than are shown where there is one.
  private static func items<Item: Codable & Sendable>(
    in rows: PostgresRows, _ section: Impact.Section, from first: Int, as type: Item.Type
  ) throws -> [Item] {
    if let whole = try rows.only.decode([UInt8]?.self, "whole") {
      return Array(try items(of: whole, section, as: type).dropFirst(first))
    }
    var items: [Item] = []
    var start: Int?
    for row in rows {
      guard let bytes = try row.decode([UInt8]?.self, "bytes") else { continue }
      if start == nil { start = Int(try row.decode(Int32.self, "first")) }
      items += try ModelJSON.decoder.decode([Item].self, from: Data(bytes))
    }
    return Array(items.dropFirst(first - (start ?? first)))
  }

  /// The items of a section of a result that an earlier version of the program has stored, as a whole.
  static func items<Item>(of whole: [UInt8], _ section: Impact.Section, as type: Item.Type) throws -> [Item] {
    let impact = try ModelJSON.decoder.decode(Impact.self, from: Data(whole))
    return impact.items(section) as? [Item] ?? []
  }

  static var badImpactCursor: StoreError {
    StoreError(
      .badCursor, path: "cursor", "the cursor is not one of this list, or its result has been replaced long ago",
      fr: "le curseur n’est pas de cette liste, ou son résultat est remplacé depuis longtemps",
      accepted: "the `next` of the page before, unchanged; or none, to begin with the latest result")
  }
}

/// Where a page of a result begins.
private struct ImpactPlace: Codable, Sendable {
  /// The result's digest.
  var digest: Data
  var section: Impact.Section
  var first: Int
}

extension Impact {
  fileprivate func items(_ section: Section) -> [any Codable] {
    switch section {
    case .nonCompliances: nonCompliances
    case .regionChanges: regionChanges
    case .unplaceable: unplaceable
    case .capacity: capacity
    case .migrations: migrations
    }
  }
}
