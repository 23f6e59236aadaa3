import Model

/// Demands that must all hold; each holds if one of its literals does.
struct Clauses: Sendable, Hashable {
  var all: [[Literal]] = []

  /// That every literal holds.
  static func every(_ literals: [Literal]) -> Clauses { Clauses(all: literals.map { [$0] }) }

  /// That not all of the literals hold.
  static func notEvery(_ literals: [Literal]) -> Clauses { Clauses(all: [literals.map(\.negated)]) }

  static func + (left: Clauses, right: Clauses) -> Clauses { Clauses(all: left.all + right.all) }

  func hold(of attributes: Attributes) -> Bool {
    all.allSatisfy { $0.contains { $0.holds(of: attributes) } }
  }
}
