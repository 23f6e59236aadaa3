public import Foundation
import Model
public import Policy
import Postgres

extension GovernanceStore {
  /// So many parts of a result are read at a time.
  private static let partsTogether = 20

  /// A page of those items of one section of a question's result that `isTold` takes, `limit` (1 to 1000) at a time; nil
  /// where there is no result yet. It is for whoever is to learn nothing of the others, not even whether there are any: the
  /// cursor counts what is told, and does not name the result, which is the same where two questions have found the same.
  ///
  /// It is for questions without a subject, which have one result: where another took its place, a cursor would go on in that.
  ///
  /// - Parameter type: what the section holds.
  /// - Throws: ``StoreError``: `notFound`; `badCursor`.
  public func impactPage<Item: Codable & Sendable>(
    of id: UUID, _ section: Impact.Section, as type: Item.Type, limit: Int = 100, cursor: String? = nil,
    telling isTold: @escaping @Sendable (Item) -> Bool
  ) async throws -> Page<Item>? {
    try Cursor.check(limit: limit)
    let place = try Cursor.decode(cursor, as: OwnPlace.self)
    let first = try Self.first(of: place?.first, place?.section, in: section, limit: limit)
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT r.digest, CASE WHEN r.in_parts THEN NULL ELSE r.bytes END AS whole
        FROM impacts i LEFT JOIN impact_results r ON r.digest = i.result WHERE i.id = \(id)
        """)
    }
    guard let head = rows.first else { throw Self.noImpact(id) }
    guard let digest = try head.decode([UInt8]?.self, "digest") else { return nil }
    var told = ToldItems<Item>(first: first, limit: limit)
    if let whole = try head.decode([UInt8]?.self, "whole") {
      let found = try await LongWork.run { try Self.items(of: whole, section, as: type).filter(isTold) }
      told.take(found)
    } else {
      var next: Int32? = 0
      while !told.isFull, let start = next {
        let parts = try await parts(of: digest, section, from: start)
        let found = try await LongWork.run { try Self.items(in: parts, telling: isTold) }
        told.take(found)
        next = nil
        if parts.count == Self.partsTogether, let last = parts.last {
          next = try last.decode(Int32.self, "first") + last.decode(Int32.self, "items")
        }
      }
    }
    let following = OwnPlace(section: section, first: first + limit)
    return Page(
      items: Array(told.items.prefix(limit)), next: told.isFull ? try Cursor.encode(following) : nil)
  }

  private func parts(of digest: [UInt8], _ section: Impact.Section, from first: Int32) async throws -> PostgresRows {
    try await pool.withConnection {
      try await $0.query(
        """
        SELECT first, items, bytes FROM impact_parts
        WHERE digest = \(digest) AND section = \(section.rawValue) AND first >= \(first)
        ORDER BY first LIMIT \(Self.partsTogether)
        """)
    }
  }

  private static func items<Item: Codable & Sendable>(
    in parts: PostgresRows, telling isTold: (Item) -> Bool
  ) throws -> [Item] {
    try parts.flatMap { part in
      try ModelJSON.decoder.decode([Item].self, from: Data(try part.decode([UInt8].self, "bytes"))).filter(isTold)
    }
  }
}

/// What is told of a section, from one place on, and one item more than a page shows where there is one.
private struct ToldItems<Item> {
  let first: Int
  let limit: Int
  private(set) var items: [Item] = []
  private var passed = 0

  init(first: Int, limit: Int) {
    self.first = first
    self.limit = limit
  }

  var isFull: Bool { items.count > limit }

  mutating func take(_ found: [Item]) {
    let skipped = min(first - passed, found.count)
    passed += skipped
    items += found.dropFirst(skipped).prefix(limit + 1 - items.count)
  }
}

/// Where a page of what is told begins.
private struct OwnPlace: Codable, Sendable {
  var section: Impact.Section
  /// Counts what is told, from 0.
  var first: Int
}
