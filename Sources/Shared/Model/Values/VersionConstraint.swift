/// A version of a service: dotted numbers.
public struct ServiceVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The numbers, at least one.
  public let numbers: [Int]

  /// Reads `16` or `1.29.3`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...6).contains(parts.count) else { return nil }
    var numbers: [Int] = []
    for part in parts {
      guard (1...9).contains(part.utf8.count), part.utf8.allSatisfy(TextForm.digits.contains), let number = Int(part)
      else { return nil }
      numbers.append(number)
    }
    self.numbers = numbers
  }

  /// The dotted form.
  public var description: String { numbers.map(String.init).joined(separator: ".") }

  /// Order by number; missing ones count as 0.
  public static func < (left: Self, right: Self) -> Bool {
    left.padded(right).lexicographicallyPrecedes(right.padded(left))
  }

  /// Equal but for zeros at the end.
  public static func == (left: Self, right: Self) -> Bool { left.padded(right) == right.padded(left) }

  /// Hashes the numbers without zeros at the end.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(Array(numbers.reversed().drop { $0 == 0 }))
  }

  private func padded(_ other: Self) -> [Int] {
    numbers + Array(repeating: 0, count: max(0, other.numbers.count - numbers.count))
  }
}

/// What a project accepts of a service's version: `16` (16 and every 16.x), `>=14`, `>=1.27 <1.30`. All terms must hold.
public struct VersionConstraint: Sendable, Hashable {
  private enum Comparison: String, CaseIterable {
    case atLeast = ">="
    case atMost = "<="
    case above = ">"
    case below = "<"
    case within = "="
  }

  private struct Term: Hashable {
    let comparison: Comparison
    let version: ServiceVersion
  }

  private let terms: [Term]

  /// Reads terms separated by spaces; nil for anything else.
  public init?(_ text: String) {
    var terms: [Term] = []
    for part in text.split(separator: " ") {
      let comparison = Comparison.allCases.first { part.hasPrefix($0.rawValue) }
      guard let version = ServiceVersion(String(part.dropFirst(comparison?.rawValue.count ?? 0))) else { return nil }
      terms.append(Term(comparison: comparison ?? .within, version: version))
    }
    guard !terms.isEmpty else { return nil }
    self.terms = terms
  }

  /// Whether a version is accepted.
  public func admits(_ version: ServiceVersion) -> Bool {
    terms.allSatisfy { term in
      switch term.comparison {
      case .atLeast: version >= term.version
      case .atMost: version <= term.version
      case .above: version > term.version
      case .below: version < term.version
      case .within: version.numbers.starts(with: term.version.numbers)
      }
    }
  }
}
