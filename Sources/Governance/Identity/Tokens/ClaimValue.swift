import Foundation
import Model

/// What a claim holds.
public enum ClaimValue: Sendable, Hashable {
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

  /// Reads any JSON that keeps within the bounds of documents and gives no name twice: what a token says of its key is
  /// read before anybody knows who has written it.
  init?(json: Data) {
    guard let text = String(validating: json, as: UTF8.self), let document = try? DocumentText(json: text) else {
      return nil
    }
    self.init(document.content)
  }

  private init(_ content: DocumentText.Content) {
    switch content {
    case .null: self = .null
    case .flag(let flag): self = .flag(flag)
    // What is beyond all measure is no moment either.
    case .number(let text): self = .number(Double(text) ?? .infinity)
    case .text(let text): self = .text(text)
    case .list(let values): self = .list(values.map { Self($0) })
    case .object(let members): self = .object(members.mapValues { Self($0) })
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
