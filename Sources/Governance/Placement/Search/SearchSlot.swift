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
  /// Whether leaving where it may stay counts as a move.
  var isAnchored: Bool
  /// The site that it is pinned to, and may have alone.
  var pin: Int?
  /// How many sites it may have by itself, the pin apart: what is pinned is placed in the order of what is free.
  var choices: Int
  /// Whether it may have any site by itself, the pin included.
  var hasPlace: Bool
  /// Whether swapping it with the slot before would change nothing.
  var isTwinOfPrevious = false
}

/// Slots that are to be kept apart, or together.
final class SearchGroup: Sendable {
  /// The names of the environments, for people.
  let environments: [String]
  let slots: [Int]
  let topology: ProjectSpec.Topology
  /// The most slots in one place. An empty place always exists, so this is also the largest difference between two.
  let atMost: Int
  let isHard: Bool
  /// Whether the slots are to be in one place.
  let isTogether: Bool

  init(
    environments: [String], slots: [Int], topology: ProjectSpec.Topology, atMost: Int, isHard: Bool, isTogether: Bool
  ) {
    self.isTogether = isTogether
    self.environments = environments
    self.slots = slots
    self.topology = topology
    self.atMost = atMost
    self.isHard = isHard
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
