import Model

/// Decides whether some project, place or chain can satisfy demands: exactly, attribute by attribute. That attributes may
/// depend on each other (a region has one operator) is left to the offer: what is called impossible here always is.
struct Satisfiability: Sendable {
  /// The names of the policy's data classes: no other one ever gets a place.
  let dataClasses: [String]
  /// By data class, those that it inherits from: its data is of all of them, too.
  private let inherited: [String: [String]]
  /// The most choices that are tried for one question; beyond it the answer is “not known”.
  var budget = 2_000

  init(_ policy: PolicySpec) {
    let tree = ClassTree(policy)
    dataClasses = tree.classes.map(\.name)
    inherited = Dictionary(
      zip(dataClasses, tree.ancestors).map { name, ancestors in (name, ancestors.map { tree.classes[$0].name }) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Whether nothing can satisfy the demands; false where that was not found out.
  func isImpossible(_ clauses: Clauses) -> Bool {
    var left = budget
    return isPossible(clauses, &left) == false
  }

  /// Whether something is known to be able to satisfy the demands; false where that was not found out.
  func isPossible(_ clauses: Clauses) -> Bool {
    var left = budget
    return isPossible(clauses, &left) == true
  }

  /// Whether whatever satisfies `clauses` satisfies `others`; false where that was not found out.
  func implies(_ clauses: Clauses, _ others: Clauses) -> Bool {
    others.all.allSatisfy { isImpossible(clauses + .every($0.map(\.negated))) }
  }

  private func isPossible(_ clauses: Clauses, _ left: inout Int) -> Bool? {
    var chosen: [String: [Literal]] = [:]
    for clause in clauses.all where clause.count == 1 { chosen[clause[0].term.key, default: []].append(clause[0]) }
    guard chosen.allSatisfy({ canHold($0.value, of: $0.key) }) else { return false }
    return choose(clauses.all.filter { $0.count != 1 }.sorted { $0.count < $1.count }[...], chosen, &left)
  }

  /// Chooses a literal of each clause so that all that are chosen can hold together.
  private func choose(_ clauses: ArraySlice<[Literal]>, _ chosen: [String: [Literal]], _ left: inout Int) -> Bool? {
    guard let clause = clauses.first else { return true }
    let rest = clauses.dropFirst()
    if clause.contains(where: { chosen[$0.term.key]?.contains($0) == true }) { return choose(rest, chosen, &left) }
    var isUnknown = false
    for literal in clause {
      guard left > 0 else { return nil }
      left -= 1
      let together = chosen[literal.term.key, default: []] + [literal]
      guard canHold(together, of: literal.term.key) else { continue }
      var chosen = chosen
      chosen[literal.term.key] = together
      switch choose(rest, chosen, &left) {
      case true?: return true
      case nil: isUnknown = true
      case false?: break
      }
    }
    return isUnknown ? nil : false
  }

  /// Whether one attribute can be so that all `literals` about it hold.
  func canHold(_ literals: [Literal], of key: String) -> Bool {
    let domain = AttributeDomain(of: key, dataClasses: dataClasses)
    if domain.mayBeUndeclared, literals.allSatisfy(\.acceptsUndeclared) { return true }
    guard let literals = Self.tightest(literals) else { return false }
    let (wanted, unwanted) = (literals.filter(\.wantsOne), literals.filter { !$0.wantsOne })
    // Lists of values are looked up and not gone through for each value: there may be hundreds of them.
    let excluded = unwanted.filter(\.term.isList).reduce(into: Set<String>()) { $0.formUnion($1.term.values) }
    let others = unwanted.filter { !$0.term.isList }
    let isTaken = { (value: String) in excluded.contains(value) || others.contains { $0.means(value) } }
    let inherited = key == "project.dataClass" ? inherited : [:]
    let possible = domain.representatives(for: literals).filter { value in
      !isTaken(value) && !(inherited[value] ?? []).contains(where: isTaken)
    }
    if domain.isMultiple {
      if wanted.isEmpty { return domain.mayBeEmpty || !possible.isEmpty }
      let values = Set(possible)
      return wanted.allSatisfy { literal in
        literal.term.isList
          ? literal.term.values.contains(where: values.contains) : possible.contains(where: literal.means)
      }
    }
    let lists = wanted.filter(\.term.isList)
    let common = lists.dropFirst().reduce(lists.first.map { Set($0.term.values) }) { $0?.intersection($1.term.values) }
    return possible.contains { value in
      (common?.contains(value) ?? true) && wanted.allSatisfy { $0.term.isList || $0.means(value) }
    }
  }

  /// Which values a bound takes away, or asks for one of.
  private struct BoundKind: Hashable {
    var isAbove: Bool
    var wantsOne: Bool
  }

  /// The same, with no bound but those that the others follow from, four at the most: each costs as much as all values, and
  /// there may be dozens. Nil where one asks for a value, and none can be meant.
  static func tightest(_ literals: [Literal]) -> [Literal]? {
    var kept: [Literal] = []
    var bounds: [BoundKind: Literal] = [:]
    for literal in literals {
      guard literal.term.isNumeric else {
        kept.append(literal)
        continue
      }
      guard let bound = literal.bound else {
        if literal.wantsOne { return nil }
        continue
      }
      let kind = BoundKind(isAbove: literal.term.operator == .greaterThan, wantsOne: literal.wantsOne)
      // Of what is asked for the furthest bound counts, of what is taken away the nearest.
      let isTighter = bounds[kind]?.bound.map { kind.isAbove == kind.wantsOne ? bound > $0 : bound < $0 } ?? true
      if isTighter { bounds[kind] = literal }
    }
    return kept + bounds.values
  }
}
