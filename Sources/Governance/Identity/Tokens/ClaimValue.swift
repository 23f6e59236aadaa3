/// What a claim holds.
public enum ClaimValue: Sendable, Hashable, Decodable {
  /// A text.
  case text(String)
  /// A number.
  case number(Double)
  /// Yes or no.
  case flag(Bool)
  /// Several.
  case list([ClaimValue])
  /// Named ones.
  case object([String: ClaimValue])
  /// Nothing.
  case null

  /// Reads any JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([ClaimValue].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: ClaimValue].self))
    }
  }

  /// The text, if it is one.
  public var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  /// The texts of a list, or the one text; what is neither says nothing.
  public var texts: [String] {
    switch self {
    case .text(let text): [text]
    case .list(let values): values.compactMap(\.text)
    case .number, .flag, .object, .null: []
    }
  }

  /// What stands at the end of a path of names.
  public subscript(path path: some Sequence<String>) -> ClaimValue? {
    var value = self
    for name in path {
      guard case .object(let members) = value, let member = members[name] else { return nil }
      value = member
    }
    return value
  }
}
