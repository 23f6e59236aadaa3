import Model

/// Decides whether some project, place or chain can satisfy demands: exactly, attribute by attribute. That attributes may
/// depend on each other (a region has one operator) is left to the offer: what is called impossible here always is.
struct Satisfiability: Sendable {
  /// The names of the policy's data classes: no other one ever gets a place.
  let dataClasses: [String]
  /// The data classes, each after the one that it inherits from.
  private let lineage: [(name: String, parent: String?)]
  /// The most choices that are tried for one question; beyond it the answer is “not known”.
  var budget = 2_000

  init(_ policy: PolicySpec) {
    let tree = ClassTree(policy)
    dataClasses = tree.classes.map(\.name)
    lineage = tree.classes.indices.sorted { tree.ancestors[$0].count < tree.ancestors[$1].count }.map { number in
      (tree.classes[number].name, tree.ancestors[number].first.map { tree.classes[$0].name })
    }
  }

  /// The classes that inherit from some of `names` and are none of these, each by the nearest that it inherits from.
  func heirs(beside names: [String]) -> [String: [String]] {
    let named = Set(names)
    var (nearest, heirs): ([String: String], [String: [String]]) = ([:], [:])
    for (name, parent) in lineage {
      guard let parent, let above = named.contains(parent) ? parent : nearest[parent] else { continue }
      nearest[name] = above
      if !named.contains(name) { heirs[above, default: []].append(name) }
    }
    return heirs
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
    if key == "project.dataClass" { return canDeclareClasses(wanted, unwanted) }
    let isTaken = Self.meaning(unwanted)
    let possible = domain.representatives(for: literals).filter { !isTaken($0) }
    if domain.isMultiple {
      if wanted.isEmpty { return domain.mayBeEmpty || !possible.isEmpty }
      let values = Set(possible)
      return wanted.allSatisfy { $0.meansOne(of: values) }
    }
    let lists = wanted.filter(\.term.isList)
    let common = lists.dropFirst().reduce(lists.first.map { Set($0.term.values) }) { $0?.intersection($1.term.values) }
    return possible.contains { value in
      (common?.contains(value) ?? true) && wanted.allSatisfy { $0.term.isList || $0.means(value) }
    }
  }

  /// Whether a project can declare classes so that all literals about them hold: `NotIn` is about those that it declares,
  /// everything else about those that these inherit from as well.
  private func canDeclareClasses(_ wanted: [Literal], _ unwanted: [Literal]) -> Bool {
    let isLeftOut = Self.meaning(unwanted.filter { $0.term.operator == .notIn })
    let isTaken = Self.meaning(unwanted.filter { $0.term.operator != .notIn })
    var taken = Set<String>()
    for (name, parent) in lineage {
      if let parent, taken.contains(parent) { taken.insert(name) }
      if isTaken(name) { taken.insert(name) }
    }
    // What may be declared by itself may be so together.
    let declared = Set(dataClasses.filter { !taken.contains($0) && !isLeftOut($0) })
    var all = declared
    for (name, parent) in lineage.reversed() where all.contains(name) {
      if let parent { all.insert(parent) }
    }
    return !declared.isEmpty && wanted.allSatisfy { $0.meansOne(of: $0.term.operator == .notIn ? declared : all) }
  }

  /// Whether one of the literals means a value. Lists of values are looked up and not gone through for each value: there may
  /// be hundreds of them.
  private static func meaning(_ literals: [Literal]) -> (String) -> Bool {
    let named = literals.filter(\.term.isList).reduce(into: Set<String>()) { $0.formUnion($1.term.values) }
    let others = literals.filter { !$0.term.isList }
    return { value in named.contains(value) || others.contains { $0.means(value) } }
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
