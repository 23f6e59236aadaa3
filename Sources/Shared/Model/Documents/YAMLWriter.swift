import Foundation
import Yams

/// Writes values as YAML, through their JSON, so that both say the same.
public enum YAMLWriter {
  /// The value as one YAML document, which every reader of YAML takes for the same value.
  public static func text(_ value: some Encodable) throws -> String {
    let tree = try JSONText.tree(Array(ModelJSON.encoder.encode(value)))
    let text = try Yams.serialize(node: node(tree), width: -1, allowUnicode: true)
    return text.utf8.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") } > manyBrackets
      ? escapingBrackets(text) : text
  }

  /// ``YAMLGuard`` counts brackets in texts too, so that there are never many.
  private static let manyBrackets = 64

  /// Quotation marks stand around texts only: no plain text holds one.
  private static func escapingBrackets(_ text: String) -> String {
    var (result, isQuoted, isEscaped) = ("", false, false)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "[" where isQuoted: result += #"\x5B"#
      case "{" where isQuoted: result += #"\x7B"#
      default: result.unicodeScalars.append(scalar)
      }
      if scalar == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = scalar == "\\" && !isEscaped
    }
    return result
  }

  private static func node(_ tree: Tree) -> Node {
    switch tree.content {
    case .null: Node("null")
    case .bool(let flag): Node("\(flag)")
    case .number(let text): Node(text)
    case .text(let text): .scalar(Node.Scalar(text, Tag(.str), isPlain(text) ? .plain : .doubleQuoted))
    case .list(let elements): .sequence(Node.Sequence(elements.map(node), .implicit, elements.isEmpty ? .flow : .block))
    case .fields(let fields):
      .mapping(
        Node.Mapping(
          fields.map {
            (.scalar(Node.Scalar($0.name, Tag(.str), isPlain($0.name) ? .plain : .doubleQuoted)), node($0.value))
          },
          .implicit, fields.isEmpty ? .flow : .block))
    }
  }

  /// Whether every reader of YAML, 1.1 included, takes the plain text for a text.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last, first.isPlainStart, last != " ",
      case .text = CoreSchema.content(text), !words.contains(text.lowercased()), !text.contains(": ")
    else { return false }
    return text.unicodeScalars.allSatisfy { $0.isPlainStart || "0123456789 -.,':()’".unicodeScalars.contains($0) }
      && !text.hasSuffix(":")
  }

  /// Texts that YAML 1.1 takes for booleans.
  private static let words: Set<String> = ["y", "n", "yes", "no", "on", "off"]
}

extension Unicode.Scalar {
  fileprivate var isPlainStart: Bool { properties.isAlphabetic || self == "_" || self == "/" }
}
