import Model

/// The order in which slots are placed: those with the fewest places first, for what fails should fail early; and what
/// has to be kept together next to each other, as one block. Names decide only between environments that nothing else
/// tells apart, so that what they are called changes neither an outcome nor what it costs.
struct SlotOrder {
  private let judgement: Judgement
  /// By environment, its place in an order that names have no part in as long as anything else differs.
  let ranks: [Int]
  /// By environment, the number of its block.
  private let blocks: [Int]

  init(_ judgement: Judgement) {
    self.judgement = judgement
    let environments = judgement.environments
    let (spreads, colocations) = (judgement.subject.project.spread, judgement.subject.project.colocation)
    blocks = Self.blocks(environments, colocations)
    guard environments.count > 1 else {
      ranks = environments.map { _ in 0 }
      return
    }
    let order = environments.indices.sorted { left, right in
      let (one, other) = (environments[left], environments[right])
      // What is asked for, not what is left of it where resources are lifted: the order stays when something is.
      for resource in CountedResource.allCases where one.asked[resource] != other.asked[resource] {
        return one.asked[resource] > other.asked[resource]
      }
      if one.stage != other.stage { return one.stage < other.stage }
      if one.replicas != other.replicas { return one.replicas > other.replicas }
      if one.distinct != other.distinct { return one.distinct.rawValue < other.distinct.rawValue }
      for spread in spreads where spread.means(one) != spread.means(other) { return spread.means(one) }
      for colocation in colocations where colocation.means(one) != colocation.means(other) {
        return colocation.means(one)
      }
      let (places, others) = (Self.places(one, judgement.subject), Self.places(other, judgement.subject))
      return places == others ? left < right : places.lexicographicallyPrecedes(others)
    }
    var ranks = environments.map { _ in 0 }
    for (rank, environment) in order.enumerated() { ranks[environment] = rank }
    self.ranks = ranks
  }

  /// The slots in their order.
  func sorted(_ slots: [SearchSlot]) -> [SearchSlot] {
    var (fewest, sizes, firsts) = (blocks.map { _ in Int.max }, blocks.map { _ in 0 }, blocks.map { _ in Int.max })
    for slot in slots {
      let block = blocks[slot.environment]
      fewest[block] = min(fewest[block], slot.choices)
      sizes[block] += 1
      firsts[block] = min(firsts[block], ranks[slot.environment])
    }
    // An environment that is tied to nothing is no block: each of its replicas stands for itself.
    let isTied = blocks.indices.map { block in blocks.count { $0 == block } > 1 }
    func key(_ slot: SearchSlot) -> (Int, Int, Int, Int, Int, Int) {
      let (block, rank) = (blocks[slot.environment], ranks[slot.environment])
      guard isTied[block] else { return (slot.choices, 0, rank, slot.choices, rank, slot.replica) }
      return (fewest[block], -sizes[block], firsts[block], slot.choices, rank, slot.replica)
    }
    return slots.sorted { key($0) < key($1) }
  }

  /// By environment, the number of the first one that it has to be together with, over however many co-locations.
  private static func blocks(
    _ environments: [Judgement.Environment], _ colocations: [ProjectSpec.Colocation]
  ) -> [Int] {
    var blocks = Array(environments.indices)
    for colocation in colocations where colocation.isHard {
      let members = environments.indices.filter { colocation.means(environments[$0]) }
      guard let first = members.map({ blocks[$0] }).min() else { continue }
      let joined = members.map { blocks[$0] }
      for environment in blocks.indices where joined.contains(blocks[environment]) { blocks[environment] = first }
    }
    return blocks
  }

  /// Where replicas of an environment are, and where they are pinned, in numbers.
  private static func places(_ environment: Judgement.Environment, _ subject: Subject) -> [Int] {
    (0..<environment.replicas).flatMap { replica -> [Int] in
      let there = subject.existing(environment.name, replica: replica).flatMap { site, held in
        [site] + CountedResource.allCases.map { Int(clamping: held[$0]) }
      }
      return there + [-1, PinJudge.site(environment.name, replica: replica, in: subject) ?? -1]
    }
  }
}

extension ProjectSpec.Spread {
  /// Whether an environment is among those that are kept apart.
  func means(_ environment: Judgement.Environment) -> Bool {
    (environments.isEmpty || environments.contains(environment.name))
      && (stage ?? environment.stage) == environment.stage
  }
}

extension ProjectSpec.Colocation {
  var isHard: Bool { (whenUnsatisfiable ?? .doNotPlace) == .doNotPlace }

  /// Whether an environment is among those that are kept together.
  func means(_ environment: Judgement.Environment) -> Bool {
    (environments.isEmpty || environments.contains(environment.name))
      && (stage ?? environment.stage) == environment.stage
  }
}
