import Model
import Placement

/// What stands in the way of choices together, and how that goes together; nil where that was not looked for.
struct Obstacles: Sendable {
  var reasons: [Reason]
  var conflict: Plan.Conflict?
}

extension Obstacles {
  /// What a plan says of it.
  init(_ plan: Plan?) {
    self.init(reasons: plan?.reasons ?? [], conflict: plan?.conflict)
  }
}

/// Finds what keeps choices apart that may each stand: every replica of the project has one.
///
/// It asks the engine for each of the things that tie the choices to each other, and again until nothing that is told could be
/// left out. All of that has one budget, counted in nodes. What is not found out within it is undecided, and told as such.
struct ObstacleFinder {
  /// What ties the choices to each other.
  private enum Tie: Hashable {
    /// They share the room of their clusters.
    case room
    case spread(ProjectSpec.Spread)
    case colocation(ProjectSpec.Colocation)
  }

  /// The most nodes of everything that is asked: as many as one decision may take.
  static let mostNodes = 200_000
  /// What asking costs beside the search, counted in nodes; and what it costs beside to make an engine for it.
  private static let (costOfAsking, costOfEngine) = (100, 1000)

  private let places: ChosenPlaces
  private let inquiry: Inquiry
  private let budget: Int
  /// What is spent of it.
  private(set) var spent = 0

  init(_ places: ChosenPlaces, _ inquiry: Inquiry, budget: Int = ObstacleFinder.mostNodes) {
    self.places = places
    self.inquiry = inquiry
    self.budget = budget
  }

  /// What the engine says of the replicas of one environment where there is nothing but their clusters; else of all where there
  /// is nothing but the chosen ones; else the first of what ties the choices to each other that they could do without; else
  /// all that do so together.
  mutating func find() -> Obstacles {
    search() ?? Obstacles(reasons: [Reason(.budgetExhausted, ["nodes": String(spent)])], conflict: nil)
  }

  /// Nil where the budget does not suffice.
  private mutating func search() -> Obstacles? {
    for choices in replicas + [places.choices] {
      guard let reduced = plan(ChosenPlaces(choices: choices)) else { return nil }
      // Where it has not come to an end, the ties may still tell.
      guard reduced.outcome == .unplaceable, !reduced.reasons.isEmpty else { continue }
      // What would make a place for the replicas of one environment need not make one for the others.
      let isWhole = choices.count == places.choices.count
      return Obstacles(
        reasons: reduced.reasons, conflict: isWhole ? reduced.conflict : reduced.conflict?.ofWhole)
    }
    // Room is looked at first: it may come by itself.
    let ties: [Tie] = [.room] + spreads.map(Tie.spread) + colocations.map(Tie.colocation)
    for tie in ties {
      guard let isEnough = stands(without: [tie]) else { return nil }
      if isEnough { return Obstacles(reasons: [reason(tie)], conflict: .aloneUnproven) }
    }
    guard let isTied = stands(without: ties) else { return nil }
    guard isTied else { return Obstacles(reasons: [Reason(.noCommonChain)], conflict: nil) }
    return needed(of: ties).map { Obstacles(reasons: $0, conflict: .all) }
  }

  /// The choices of each environment that has several, where there are others: a single replica has nothing of its own that
  /// it could be kept apart from.
  private var replicas: [[ChosenPlaces.Choice]] {
    let groups = Dictionary(grouping: places.choices) { $0.environment.name }
    guard groups.count > 1 else { return [] }
    return groups.sorted { $0.key < $1.key }.map { $0.value }.filter { $0.count > 1 }
  }

  /// The reasons of those of some ties that none can be left out of.
  private mutating func needed(of ties: [Tie]) -> [Reason]? {
    var needed = ties
    for tie in ties {
      let fewer = needed.filter { $0 != tie }
      guard let isEnough = stands(without: fewer) else { return nil }
      if isEnough { needed = fewer }
    }
    return Set(needed.map { reason($0) }).sorted()
  }

  /// Whether the choices may stand together once these are lifted; nil where the budget does not suffice. The whole offer is
  /// looked at: what a spread asks for depends on the places there are.
  private mutating func stands(without ties: [Tie]) -> Bool? {
    guard let nodes = spend(Self.costOfAsking) else { return nil }
    var (request, state) = (places.bound(inquiry), inquiry.state)
    request.nodeBudget = min(request.nodeBudget, nodes)
    request.project.spec.spread.removeAll { ties.contains(.spread($0)) }
    request.project.spec.colocation.removeAll { ties.contains(.colocation($0)) }
    if ties.contains(.room) {
      // What takes no room always has it.
      for index in request.project.spec.environments.indices {
        request.project.spec.environments[index].quota = ResourceList(cpu: Quantity(0), memory: Quantity(0))
      }
      state = PlacementState(ledger: Ledger([:]), staleZones: [], for: inquiry.engine)
    }
    let plan = inquiry.engine.plan(request, on: state)
    spent += plan.nodes
    return plan.outcome == .undecided ? nil : plan.outcome == .placed
  }

  /// Where these environments would go, and no other, if there were nothing but the chosen clusters; nil where nothing is left
  /// to ask with. It takes no more than half of what is left: most of what is asked after it takes little.
  private mutating func plan(_ own: ChosenPlaces) -> Plan? {
    guard let nodes = spend(Self.costOfAsking + Self.costOfEngine) else { return nil }
    let engine = inquiry.engine
    let chosen = Set(own.choices.map { engine.clusters[$0.site] })
    let reduced = Engine(
      offer: Offer(
        operators: engine.offer.operators, regions: engine.offer.regions, zones: engine.offer.zones,
        clusters: engine.offer.clusters.filter { chosen.contains($0.name) }, chains: engine.offer.chains,
        facts: engine.offer.facts, unacknowledged: engine.offer.unacknowledged),
      policy: engine.policy, day: engine.day)
    let names = Set(own.choices.map(\.environment.name))
    var request = own.anchored(inquiry)
    request.project.spec.environments.removeAll { !names.contains($0.name) }
    // One that named others only would mean all, were it emptied.
    request.project.spec.spread.removeAll { !$0.environments.isEmpty && names.isDisjoint(with: $0.environments) }
    request.project.spec.colocation.removeAll { !$0.environments.isEmpty && names.isDisjoint(with: $0.environments) }
    let found = reduced.plan(request, on: inquiry.state, explainedWithin: nodes / 2)
    spent += found.nodes
    return found.plan
  }

  /// Takes what a question costs beside its search from the budget.
  ///
  /// - Returns: how many nodes are left for the search; nil where none is.
  private mutating func spend(_ cost: Int) -> Int? {
    guard budget - spent > cost else { return nil }
    spent += cost
    return budget - spent
  }

  /// The hard spreads that tie environments to each other.
  private var spreads: [ProjectSpec.Spread] {
    inquiry.request.project.spec.spread.filter { $0.whenUnsatisfiable != .placeAnyway }
  }

  /// The hard co-locations.
  private var colocations: [ProjectSpec.Colocation] {
    inquiry.request.project.spec.colocation.filter { $0.whenUnsatisfiable != .placeAnyway }
  }

  private func reason(_ tie: Tie) -> Reason {
    switch tie {
    case .room: Reason(.jointCapacityShort)
    case .spread(let spread): reason(spread)
    case .colocation(let colocation): reason(colocation)
    }
  }

  private func reason(_ colocation: ProjectSpec.Colocation) -> Reason {
    let meant = places.choices.filter { choice in
      (colocation.environments.isEmpty || colocation.environments.contains(choice.environment.name))
        && (colocation.stage ?? choice.environment.stage) == choice.environment.stage
    }
    return Reason(
      .colocationUnsatisfiable,
      [
        "environments": Set(meant.map(\.environment.name)).sorted().joined(separator: ", "),
        "topology": colocation.topology.rawValue,
      ])
  }

  private func reason(_ spread: ProjectSpec.Spread) -> Reason {
    let meant = places.choices.filter { choice in
      (spread.environments.isEmpty || spread.environments.contains(choice.environment.name))
        && (spread.stage ?? choice.environment.stage) == choice.environment.stage
    }
    // How many one place may have depends on the places that there are, which the engine knows.
    let room = inquiry.engine.room(
      of: spread, for: inquiry.request, on: inquiry.state, at: meant.map { inquiry.engine.clusters[$0.site] })
    return Reason(
      .spreadUnsatisfiable,
      [
        "environments": Set(meant.map(\.environment.name)).sorted().joined(separator: ", "),
        "topology": spread.topology.rawValue, "wanted": String(meant.count),
        "atMost": String(room?.atMost ?? 1), "available": String(room?.available ?? 0),
      ])
  }
}

extension Plan.Conflict {
  /// What it says of a whole of which the reasons are told of a part; nil where it says nothing of that.
  fileprivate var ofWhole: Self? {
    switch self {
    case .together, .togetherUnproven, .unproven: self
    case .alone, .aloneUnproven, .all: nil
    }
  }
}
