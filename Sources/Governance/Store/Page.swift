import Foundation

/// Part of a list, and how to ask for the next part.
public struct Page<Item: Sendable>: Sendable {
  /// The items, in the list's order.
  public let items: [Item]
  /// An opaque cursor for the next page; nil at the end.
  public let next: String?

  /// A page.
  public init(items: [Item], next: String?) {
    self.items = items
    self.next = next
  }

  /// Makes a page of rows that were asked for with one more than `limit`, so that the end is known without counting.
  init<Key: Encodable>(_ rows: [Item], limit: Int, key: (Item) -> Key) throws {
    guard rows.count > limit, let last = rows.prefix(limit).last else {
      self.init(items: rows, next: nil)
      return
    }
    self.init(items: Array(rows.prefix(limit)), next: try Cursor.encode(key(last)))
  }
}

/// Keyset cursors: the key of the last item, opaque to clients.
enum Cursor {
  /// Most items of a page.
  static let maximumLimit = 1000

  static func encode(_ key: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(key).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  static func decode<Key: Decodable>(_ text: String?, as type: Key.Type) throws(StoreError) -> Key? {
    guard let text else { return nil }
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    let padded = plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: padded), let key = try? JSONDecoder().decode(type, from: data) else {
      throw StoreError(
        .badCursor, path: "cursor", "the cursor is not one of this list", fr: "le curseur n’est pas de cette liste",
        accepted: "the `next` of the page before, unchanged")
    }
    return key
  }

  static func check(limit: Int) throws(StoreError) {
    guard (1...maximumLimit).contains(limit) else {
      throw StoreError(
        .badCursor, path: "limit", "a page of \(limit) can not be had", fr: "une page de \(limit) n’est pas possible",
        accepted: "1 to \(maximumLimit)")
    }
  }
}
