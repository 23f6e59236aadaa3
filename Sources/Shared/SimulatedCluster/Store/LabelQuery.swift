/// A label selector in its URL form: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`.
struct LabelQuery: Equatable, Sendable {
  enum Requirement: Equatable, Sendable {
    case isIn(String, Set<String>)
    case isNotIn(String, Set<String>)
    case exists(String)
    case absent(String)
    case above(String, Int64)
    case below(String, Int64)
  }

  var requirements: [Requirement] = []

  /// - Throws: `StatusError` 400 that shows the requirement that can not be read.
  init(_ text: String) throws(StatusError) {
    for part in Self.split(text) {
      let requirement = part.trimmed
      if requirement.isEmpty { continue }
      guard let parsed = Self.parse(requirement) else {
        throw StatusError.badRequest("unable to parse requirement: '\(requirement)' is not a label requirement")
      }
      requirements.append(parsed)
    }
  }

  func matches(_ labels: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .isIn(let key, let values): labels[key].map(values.contains) ?? false
      case .isNotIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
      case .exists(let key): labels[key] != nil
      case .absent(let key): labels[key] == nil
      case .above(let key, let bound): labels[key].flatMap(Int64.init).map { $0 > bound } ?? false
      case .below(let key, let bound): labels[key].flatMap(Int64.init).map { $0 < bound } ?? false
      }
    }
  }

  /// Splits at the commas outside parentheses.
  private static func split(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts
  }

  private static func parse(_ text: String) -> Requirement? {
    if text.hasPrefix("!") { return key(String(text.dropFirst())).map { .absent($0) } }
    if text.hasSuffix(")"), let open = text.firstIndex(of: "(") {
      let words = text[..<open].split(separator: " ").map(String.init)
      guard words.count == 2, let key = key(words[0]) else { return nil }
      let values = text[text.index(after: open)...].dropLast()
        .split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
      guard values.allSatisfy(Validation.isLabelValue) else { return nil }
      switch words[1] {
      case "in": return .isIn(key, Set(values))
      case "notin": return .isNotIn(key, Set(values))
      default: return nil
      }
    }
    for symbol in ["!=", "==", "=", ">", "<"] {
      guard let range = text.firstRange(of: symbol) else { continue }
      guard let key = key(String(text[..<range.lowerBound])) else { return nil }
      return comparison(key, symbol, String(text[range.upperBound...]).trimmed)
    }
    return key(text).map { .exists($0) }
  }

  private static func comparison(_ key: String, _ symbol: String, _ value: String) -> Requirement? {
    switch symbol {
    case ">": return Int64(value).map { .above(key, $0) }
    case "<": return Int64(value).map { .below(key, $0) }
    default:
      guard Validation.isLabelValue(value) else { return nil }
      return symbol == "!=" ? .isNotIn(key, [value]) : .isIn(key, [value])
    }
  }

  private static func key(_ text: String) -> String? {
    let key = text.trimmed
    return Validation.isQualifiedName(key) ? key : nil
  }
}

extension String {
  /// Without the spaces at both ends.
  var trimmed: String {
    let start = self.drop { $0 == " " }
    return String(start.reversed().drop { $0 == " " }.reversed())
  }
}
