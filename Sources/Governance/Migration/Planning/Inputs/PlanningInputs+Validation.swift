import Foundation
import Model
import Placement

extension PlanningInputs {
  /// The most moves of a plan, and the most that one may hold: so that no sum of them is beyond any number.
  static let most = (moves: 20_000, amount: Int64(1) << 48)
  /// The most days of a plan, and the longest that a source is kept: ten years. What is worked out for each day of each way
  /// from one cluster to another has room in memory.
  static let mostDays = 3660
  /// The most that may be said of what goes after what: it is looked up for each move.
  static let mostDependencies = 1000

  /// Refuses what no plan can be made of.
  func validate() throws(PlanningError) {
    // First: all that follows goes through these lists.
    try validateLengths()
    try validateScope()
    try validateProjects()
    try validateLimits()
    try validateDays()
    if let circle = DependencyOrder(limits.dependencies).circle { throw .circle(circle) }
  }

  private func validateScope() throws(PlanningError) {
    let names = Set(projects.map(\.project.name) + withheld.map(\.project)).sorted()
    switch scope {
    case .environment(let project, let environment):
      try Self.expect("project", [project], in: names)
      let placed = projects.first { $0.project.name == project }?.replicas.map(\.existing.environment) ?? []
      let others = withheld.filter { $0.project == project }.map(\.environment)
      try Self.expect("environment", [environment], in: Set(placed + others).sorted())
    case .project(let project): try Self.expect("project", [project], in: names)
    case .selection(let ids):
      let known = projects.flatMap { $0.replicas.map(\.id.uuidString) } + withheld.map(\.id.uuidString)
      try Self.expect("placement", ids.map(\.uuidString), in: known.sorted())
    case .clusters(let clusters): try Self.expect("cluster", clusters, in: offer.clusters.map(\.name))
    case .regions(let regions): try Self.expect("region", regions, in: offer.regions.map(\.name))
    }
  }

  private static func expect(_ kind: String, _ names: [String], in known: [String]) throws(PlanningError) {
    let accepted = Set(known)
    for name in names where !accepted.contains(name) { throw .unknown(kind: kind, name: name, accepted: known) }
  }

  private func validateProjects() throws(PlanningError) {
    var (seen, moves): (Set<String>, Int) = ([], 0)
    let choice = ScopeChoice(scope, offer: offer)
    for placed in projects {
      let project = placed.project.name
      guard seen.insert(project).inserted else { throw .repeatedProject(project) }
      let moving = placed.replicas.filter { choice.means($0, of: project) }
      guard !moving.isEmpty else { continue }
      moves += moving.count
      var held: Set<[String]> = []
      for replica in placed.replicas {
        let existing = replica.existing
        guard held.insert([existing.environment, String(existing.replica)]).inserted else {
          throw .alreadyMoving(
            EnvironmentReference(project: project, environment: existing.environment), replica: existing.replica)
        }
        for resource in CountedResource.allCases where existing.quota[resource] > Self.most.amount {
          throw .tooLarge(placement: replica.id, accepted: "up to \(Self.most.amount)")
        }
      }
    }
    guard moves <= Self.most.moves else { throw .tooMany(moves: moves, accepted: Self.most.moves) }
    let environments = projects.flatMap { placed in
      placed.project.spec.environments.map { "\(placed.project.name)/\($0.name)" }
        + placed.replicas.map { "\(placed.project.name)/\($0.existing.environment)" }
    }
    let named = limits.dependencies.flatMap { [$0.first, $0.then] }.map { "\($0.project)/\($0.environment)" }
    try Self.expect("environment", named, in: Set(environments).sorted())
  }

  private func validateLimits() throws(PlanningError) {
    let least = [
      ("productionPerProject", limits.productionPerProject, 1), ("wavesPerDay", limits.wavesPerDay, 1),
      ("inFlightPerOperator", limits.inFlightPerOperator ?? 1, 1), ("perDay", limits.perDay ?? 1, 1),
      ("retentionDays", limits.retentionDays, 0), ("searchSteps", limits.searchSteps, 0),
    ]
    for (name, value, least) in least where value < least {
      throw .limit(name: name, value: value, accepted: "\(least) or more")
    }
    let most = [
      ("productionPerProject", limits.productionPerProject, CampaignPace.most),
      ("wavesPerDay", limits.wavesPerDay, CampaignPace.most),
      ("inFlightPerOperator", limits.inFlightPerOperator ?? 1, CampaignPace.most),
      ("perDay", limits.perDay ?? 1, CampaignPace.most), ("retentionDays", limits.retentionDays, Self.mostDays),
    ]
    for (name, value, most) in most where value > most {
      throw .limit(name: name, value: value, accepted: "up to \(most)")
    }
  }

  private func validateLengths() throws(PlanningError) {
    let lengths = [
      ("days", limits.days.count, Self.mostDays), ("blackouts", limits.blackouts.count, CampaignPace.mostBlackouts),
      ("dependencies", limits.dependencies.count, Self.mostDependencies),
    ]
    for (list, count, most) in lengths where count > most {
      throw .tooLong(list: list, count: count, accepted: most)
    }
  }

  private func validateDays() throws(PlanningError) {
    for (day, next) in zip(limits.days, limits.days.dropFirst()) where next <= day {
      throw .daysNotAscending(next.description)
    }
    guard limits.blackouts.isEmpty || !limits.days.isEmpty else { throw .blackoutsWithoutDays }
    for blackout in limits.blackouts where blackout.until < blackout.from {
      throw .blackoutEndsFirst(from: blackout.from.description, until: blackout.until.description)
    }
  }
}
