import Model

/// One replica that wants a place.
struct SearchSlot: Sendable {
  /// The environment's number, in the order of names.
  var environment: Int
  var replica: Int
  /// The number of the environment's profile.
  var profile: Int
  /// Where it is and may stay, best first.
  var kept: [Judgement.Kept]
  /// The highest score of those; nil where there is none.
  var bestKept: Int64?
  /// Whether leaving where it may stay counts as a move.
  var isAnchored: Bool
  /// The site that it is pinned to, and may have alone.
  var pin: Int?
  /// How many sites it may have by itself, the pin apart: what is pinned is placed in the order of what is free.
  var choices: Int
  /// Whether it may have any site by itself, the pin included.
  var hasPlace: Bool
  /// Whether it is nowhere yet, or only where its removal was decided.
  var isNew: Bool
  /// The sites where it is, whether or not it may stay there.
  var stands: [Int]
  /// The site that a move may still lead it back to.
  var mayReturn: Int?
  /// Whether swapping it with the slot before would change nothing.
  var isTwinOfPrevious = false
}

/// Slots that are to be kept apart, or together.
final class SearchGroup: Sendable {
  /// The names of the environments, for people.
  let environments: [String]
  let slots: [Int]
  let topology: ProjectSpec.Topology
  /// The most slots that one place may have in any way of placing them all.
  let atMost: Int
  /// The most slots that one cluster may have in any way of placing them all.
  let atMostOnCluster: Int
  /// For a spread, how many more one place may have than another one that is eligible; nil where two may never share one.
  let maxSkew: Int?
  /// For a spread, the places where a cluster accepts one of the group, room apart; where there are more than slots, some
  /// of them, but more than slots.
  let eligible: Set<Int>
  /// For a spread, whether all slots are somewhere, not by a wish, and are to be kept: those that all stay do not break it.
  let mayStay: Bool
  let isHard: Bool
  /// Whether the slots are to be in one place.
  let isTogether: Bool
  /// Whether keeping apart is all there is to it: neither together, nor spread over places that have to be filled.
  let isOnlyApart: Bool
  /// By site, the number of its place; -1 where it has none, or several.
  let single: [Int]

  init(
    environments: [String], slots: [Int], topology: ProjectSpec.Topology, single: [Int], isHard: Bool,
    isTogether: Bool = false, maxSkew: Int? = nil, eligible: Set<Int> = [], mayStay: Bool = false
  ) {
    self.single = single
    // No place can have more than all slots; what was stored before numbers were bounded may say anything.
    let maxSkew = maxSkew.map { max(1, min($0, slots.count)) }
    self.isTogether = isTogether
    self.maxSkew = maxSkew
    self.eligible = eligible
    self.mayStay = maxSkew != nil && mayStay
    atMost =
      isTogether ? .max : maxSkew.map { Self.fullest(of: slots.count, over: eligible.count, maxSkew: $0) } ?? 1
    atMostOnCluster = maxSkew.map { $0 + slots.count / max(1, eligible.count) } ?? 1
    self.environments = environments
    self.slots = slots
    self.topology = topology
    self.isHard = isHard
    // With more eligible places than slots one of them stays empty, and no place may have more than the skew.
    isOnlyApart = !isTogether && !(isHard && maxSkew != nil && (self.mayStay || eligible.count <= slots.count))
  }
}

extension SearchGroup {
  /// The group with other eligible places; the same if there are none.
  func counting(_ eligible: Set<Int>) -> SearchGroup {
    guard maxSkew != nil, !eligible.isEmpty, eligible != self.eligible else { return self }
    return SearchGroup(
      environments: environments, slots: slots, topology: topology, single: single, isHard: isHard,
      isTogether: isTogether, maxSkew: maxSkew, eligible: eligible, mayStay: mayStay)
  }

  /// The most that one of some places has in any way of spreading over them with a skew.
  static func fullest(of count: Int, over places: Int, maxSkew: Int) -> Int {
    guard places > 0 else { return maxSkew }
    return (0...count / places).map { min($0 + maxSkew, count - $0 * (places - 1)) }.max() ?? maxSkew
  }
}

/// A place that a slot may have.
struct Candidate: Sendable {
  var site: Int
  /// The score by itself.
  var score: Int64
  /// 1 if the replica would leave a place where it may stay, and is to be kept.
  var moves: Int
  /// Which of the slot's kept places it is; nil for a new one.
  var kept: Int?
}
