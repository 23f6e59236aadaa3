import Model
import Placement

/// A full assignment: a cluster for every slot, and the chain that delivers to all of them.
struct NaiveAssignment: Hashable {
  /// The clusters, in the order of the scenario's slots.
  var clusters: [String]
  var chain: String
}

/// Checks a full assignment, and says what it is worth.
struct NaiveAssignments {
  /// How good an assignment is: fewest moves, then the fewest other chains, then the earliest term, then the highest score.
  struct Value: Comparable {
    var moves: Int
    /// How much of what may stay another chain delivers to than before.
    var rechained: Int
    /// The number of the preference term that all replicas are in, but for those that stay where they are; the number
    /// of terms where there is none.
    var term: Int
    var score: Int64

    static func < (left: Self, right: Self) -> Bool {
      (-left.moves, -left.rechained, -left.term, left.score) < (
        -right.moves, -right.rechained, -right.term, right.score
      )
    }
  }

  let scenario: Scenario
  let slots: [Scenario.Slot]
  private let judge: NaiveJudge
  let groups: [NaiveApart.Group]

  /// - Parameter isOpen: Whether all places are eligible for those that no cluster accepts.
  init(_ scenario: Scenario, isOpen: Bool = false) {
    self.scenario = scenario
    slots = scenario.slots
    judge = NaiveJudge(scenario: scenario)
    groups = NaiveApart(scenario: scenario, isOpen: isOpen).groups
  }

  /// What is wrong with an assignment, in words; nothing if it is one that the specification allows.
  func violations(_ assignment: NaiveAssignment) -> [String] {
    guard assignment.clusters.count == slots.count else { return ["not every replica has one place"] }
    var wrong = zip(slots, assignment.clusters).flatMap { alone($0, on: $1, chain: assignment.chain) }
    wrong += together(assignment.clusters)
    wrong += beside(assignment)
    wrong += NaiveContract(scenario: scenario).excesses.map(\.description)
    if !scenario.hasSoundPins { wrong.append("\(scenario.pins ?? []) can not be") }
    return wrong
  }

  /// What is wrong with one replica's place, whatever the others'.
  func alone(_ slot: Scenario.Slot, on cluster: String, chain: String) -> [String] {
    let name = "\(slot.environment.name)/\(slot.replica) on \(cluster)"
    guard let place = scenario.place(of: cluster) else { return ["\(name): nowhere"] }
    var wrong = scenario.pinned(slot).filter { $0 != cluster }.map { "\(name): pinned to \($0)" }
    if !judge.admits(slot, cluster) {
      wrong.append("\(name): \(judge.verdict(slot.environment, cluster).refusals.sorted())")
    }
    if !NaiveChains(scenario: scenario).delivering(slot.environment, to: place).contains(chain) {
      wrong.append("\(name): chain \(chain)")
    }
    return wrong
  }

  /// What is wrong with the places together: promises, and what is to be kept apart.
  func together(_ clusters: [String], without lifted: Set<NaiveObstacle> = []) -> [String] {
    var wrong: [String] = []
    for group in groups where group.isHard && !lifted.contains(NaiveObstacle(group, slots)) {
      let own = group.members.map { clusters[$0] }
      if !NaiveApart(scenario: scenario).keepsApart(own, group) {
        wrong.append("\(own) are not apart by \(group.topology)")
      }
    }
    for colocation in scenario.project.spec.colocation where colocation.whenUnsatisfiable != .placeAnyway {
      let members = slots.indices.filter { colocation.means(slots[$0].environment) }
      guard members.count > 1, !lifted.contains(NaiveObstacle(colocation, members.map { slots[$0] })) else { continue }
      let places = members.map { Set(scenario.place(of: clusters[$0])?.places(colocation.topology) ?? []) }
      if places.dropFirst().reduce(places[0], { $0.intersection($1) }).isEmpty {
        wrong.append("\(members.map { clusters[$0] }) are not together by \(colocation.topology)")
      }
    }
    guard !lifted.contains(.capacity) else { return wrong }
    for cluster in Set(clusters) { wrong += overPromised(cluster, clusters) }
    return wrong
  }

  private func overPromised(_ cluster: String, _ clusters: [String]) -> [String] {
    guard let place = scenario.place(of: cluster) else { return [] }
    let here = slots.indices.filter { clusters[$0] == cluster }
    let growth = here.map { NaiveRoom.growth(slots[$0].environment, held: scenario.held(slots[$0], on: cluster)) }
    var wrong: [String] = []
    for (index, own) in zip(here, growth) {
      let room = NaiveRoom(place, stage: slots[index].environment.stage, in: scenario)
      for resource in CountedResource.allCases where (own[resource] ?? 0) > 0 {
        let total = growth.reduce(room.committed(resource)) { $0 + ($1[resource] ?? 0) }
        if total > room.limit(resource) { wrong.append("\(cluster) promises \(total) \(resource)") }
      }
    }
    return wrong
  }

  /// What an assignment is worth.
  func value(_ assignment: NaiveAssignment) -> Value {
    var value = Value(moves: 0, rechained: rechained(assignment.chain), term: 0, score: 0)
    let scores = NaiveScore(scenario: scenario)
    for (slot, cluster) in zip(slots, assignment.clusters) {
      guard let place = scenario.place(of: cluster) else { continue }
      let held = scenario.held(slot, on: cluster)
      if scenario.keepExisting, held == nil, couldStaySomewhere(slot) { value.moves += 1 }
      value.score += scores.total(scores.components(slot.environment, place, held: held))
    }
    value.score += scores.total(ScoreComponents(locality: locality(assignment), spread: broken(assignment)))
    value.score += scores.total(ScoreComponents(affinity: NaiveChains(scenario: scenario).affinity(assignment.chain)))
    let terms = scenario.project.spec.preferences.terms
    // A term that all are in comes before any that some are only left in peace by.
    value.term =
      terms.firstIndex { isIn($0, assignment, butForThoseThatStay: false) }
      ?? terms.firstIndex { isIn($0, assignment, butForThoseThatStay: true) }.map { terms.count + $0 }
      ?? 2 * terms.count
    return value
  }

  private func rechained(_ chain: String) -> Int {
    guard scenario.keepExisting else { return 0 }
    return scenario.existing.count { existing in
      guard !existing.isGoing, let held = existing.chain, held != chain else { return false }
      return slots.contains {
        $0.environment.name == existing.environment && $0.replica == existing.replica
          && judge.mayStay($0, existing.cluster)
      }
    }
  }

  /// The term that is said to hold: the one of the value, if all are in it, those that stay as well.
  func heldTerm(_ assignment: NaiveAssignment) -> Int? {
    let term = value(assignment).term
    return term < scenario.project.spec.preferences.terms.count ? term : nil
  }

  /// The term that is said to hold for what is new: the one of the value, if not all are in it, and some do not stay.
  func heldTermOfNew(_ assignment: NaiveAssignment) -> Int? {
    let count = scenario.project.spec.preferences.terms.count
    let term = value(assignment).term - count
    return (0..<count).contains(term) && !newEnvironments(assignment).isEmpty ? term : nil
  }

  /// The environments of which some replica is not where it was.
  func newEnvironments(_ assignment: NaiveAssignment) -> Set<String> {
    Set(
      zip(slots, assignment.clusters).filter { scenario.held($0, on: $1) == nil }.map { slot, _ in
        slot.environment.name
      })
  }

  func couldStaySomewhere(_ slot: Scenario.Slot) -> Bool {
    scenario.clusters.contains { judge.mayStay(slot, $0.name) }
  }

  private func isIn(_ term: LabelSelector, _ assignment: NaiveAssignment, butForThoseThatStay: Bool) -> Bool {
    zip(slots, assignment.clusters).allSatisfy { slot, cluster in
      if butForThoseThatStay, scenario.keepExisting, scenario.held(slot, on: cluster) != nil { return true }
      return scenario.place(of: cluster).map { NaiveSelector(term).holds(NaiveFacts.of($0, on: scenario.day)) } ?? false
    }
  }

  /// Each pair in one region is worth the same, all pairs of a replica together at most 1000.
  private func locality(_ assignment: NaiveAssignment) -> Int64 {
    guard slots.count > 1 else { return 0 }
    let regions = assignment.clusters.map { scenario.place(of: $0)?.region.name }
    let pairs = regions.indices.reduce(0) { sum, index in sum + regions[..<index].count { $0 == regions[index] } }
    return Int64(pairs) * (1000 / Int64(slots.count - 1))
  }

  /// -1000 for each replica that a soft spread could not keep apart, or that is outside the place where most of a soft
  /// co-location are.
  private func broken(_ assignment: NaiveAssignment) -> Int64 {
    let apart = groups.filter { !$0.isHard }.map { group in
      let own = group.members.map { assignment.clusters[$0] }
      return own.count - NaiveApart(scenario: scenario).mostApart(own, group)
    }
    let together = scenario.project.spec.colocation.filter { $0.whenUnsatisfiable == .placeAnyway }.map { colocation in
      let members = slots.indices.filter { colocation.means(slots[$0].environment) }
      guard members.count > 1 else { return 0 }
      let places = members.map { Set(scenario.place(of: assignment.clusters[$0])?.places(colocation.topology) ?? []) }
      let fullest = Set(places.joined()).map { place in places.count { $0.contains(place) } }.max() ?? 0
      return members.count - fullest
    }
    return -1000 * Int64((apart + together).reduce(0, +))
  }
}
