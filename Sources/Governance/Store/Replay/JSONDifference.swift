import Foundation

/// Where two JSON documents differ.
enum JSONDifference {
  /// The path to the first difference, members in the order of their names; nil where the documents say the same.
  static func first(in one: [UInt8], and other: [UInt8]) throws -> String? {
    let decoder = JSONDecoder()
    return try difference(
      decoder.decode(Tree.self, from: Data(one)), decoder.decode(Tree.self, from: Data(other)), at: "")
  }

  private static func difference(_ one: Tree, _ other: Tree, at path: String) -> String? {
    switch (one, other) {
    case (.object(let one), .object(let other)):
      for name in Set(one.keys).union(other.keys).sorted() {
        let inner = path.isEmpty ? name : "\(path).\(name)"
        guard let first = one[name], let second = other[name] else { return inner }
        if let found = difference(first, second, at: inner) { return found }
      }
      return nil
    case (.array(let one), .array(let other)):
      for (index, (first, second)) in zip(one, other).enumerated() {
        if let found = difference(first, second, at: "\(path)[\(index)]") { return found }
      }
      return one.count == other.count ? nil : "\(path)[\(min(one.count, other.count))]"
    default: return one == other ? nil : path
    }
  }

  private enum Tree: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case array([Tree])
    case object([String: Tree])

    init(from decoder: any Decoder) throws {
      if let object = try? [String: Tree](from: decoder) {
        self = .object(object)
      } else if let array = try? [Tree](from: decoder) {
        self = .array(array)
      } else if let text = try? String(from: decoder) {
        self = .text(text)
      } else if let bool = try? Bool(from: decoder) {
        self = .bool(bool)
      } else if let number = try? Double(from: decoder) {
        self = .number(number)
      } else {
        self = .null
      }
    }
  }
}
