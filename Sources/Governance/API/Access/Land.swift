import Contract
import Foundation
import Identity
import Model
import Placement
import Store

/// What of the offer belongs to some operators: their regions, and all that is in them.
struct Land: Sendable {
  /// Regions by name.
  let regions: Set<String>
  /// Zones by name.
  let zones: Set<String>
  /// Zones by slug, which is what placements and agents name.
  let slugs: Set<String>
  /// Clusters by name.
  let clusters: Set<String>

  init(of operators: Owners, in offer: Offer) {
    let regions = Set(offer.regions.filter { operators.contains($0.spec.operator) }.map(\.name))
    let zones = offer.zones.filter { regions.contains($0.spec.region) }
    let names = Set(zones.map(\.name))
    self.regions = regions
    self.zones = names
    slugs = Set(zones.map(\.spec.slug))
    clusters = Set(offer.clusters.filter { names.contains($0.spec.zone) }.map(\.name))
  }
}

extension GovernanceStore {
  /// What belongs to the operators within reach; nil where everything is.
  func land(in scope: Scope) async throws -> Land? {
    guard case .own(let operators, _) = scope else { return nil }
    guard operators != [] else { return Land(of: [], in: Offer()) }
    return Land(of: operators, in: try await presentOffer().offer)
  }

  /// Which placements are within reach; nil where all are, as each is some project's, and some operator's.
  func placementReach(in scope: Scope) async throws -> PlacementFilter.Reach? {
    guard case .own(.only, .only(let projects)) = scope, let land = try await land(in: scope) else { return nil }
    return PlacementFilter.Reach(zones: land.slugs.sorted(), projects: projects.sorted())
  }

  /// One placement within reach. One that is not is not told from one that there is not.
  func placement(_ id: UUID, in scope: Scope) async throws -> PlacementRecord {
    let placement = try await placement(id)
    guard let reach = try await placementReach(in: scope) else { return placement }
    guard reach.zones.contains(placement.spec.zone) || reach.projects.contains(placement.spec.project) else {
      throw StoreError.notFound(.placement, id.uuidString.lowercased())
    }
    return placement
  }
}

extension GovernanceStore {
  /// Refuses a team to say that its data is less sensitive, or more, than is known, or that it is another's: what is its business
  /// in DR zones, or in regions that are not for all, would follow from its own word. The console, or who administers, says so,
  /// and also that it is less. Of a class that the policy in force does not know, a later version may say anything.
  ///
  /// - Throws: ``StoreError`` of kind `forbidden`.
  func refuseReclassification(
    of project: Resource<ProjectSpec>, saying unsaid: Set<ProjectSpec.Part> = [], in scope: Scope
  ) async throws {
    guard scope != .everything, scope.covers(project: project.name) else { return }
    let standing = try await standing(of: project.name)
    try ProjectStanding.check(project, saying: unsaid, over: standing)
    let known = standing?.dataClasses ?? []
    let fresh = project.spec.dataClasses.filter { !known.contains($0) }
    guard !fresh.isEmpty else { return }
    let engine: Engine
    do {
      engine = try await basis(of: []).engine
    } catch let error as StoreError where error.kind == .noPolicy {
      throw Self.raise(fresh, accepted: known)
    }
    let unknown = engine.unknown(of: fresh)
    guard unknown.isEmpty else { throw Self.raise(unknown, accepted: known) }
    // It would say nothing of the data, and take it out of what is for all but that class.
    let inherited = engine.inherited(by: known)
    let idle = fresh.filter(inherited.contains)
    guard idle.isEmpty else { throw Self.raise(idle, accepted: known) }
    let sensitivity = engine.sensitivity(of: known)
    guard engine.sensitivity(of: project.spec.dataClasses) > sensitivity else { return }
    throw Self.raise(fresh, accepted: [sensitivity.rawValue])
  }

  private static func raise(_ classes: [String], accepted: [String]) -> StoreError {
    let list = classes.joined(separator: ", ")
    return StoreError(
      .forbidden, path: "spec.dataClasses",
      "what classes its data is of, the console or governance says where rules change by it, and not the team: \(list)",
      fr: "de quelles classes sont ses données, la console ou la gouvernance le dit quand des règles en changent, "
        + "et non l’équipe : \(list)",
      accepted: accepted.isEmpty ? Sensitivity.usuel.rawValue : accepted.joined(separator: ", "))
  }
}

extension GovernanceStore {
  /// Of which projects the caller may know what is waived, on a route that is not for all. A team knows of its own projects, an
  /// organisation of those that are its own, and an operator, who may be asked what it thinks, of all but restricted data's
  /// where it keeps no DR zone itself.
  func derogationScope(of context: APIContext) async throws -> Scope {
    // Each project is some organisation's.
    guard case .own(let operators, let projects) = context.scope,
      case .only(let organisations) = Owners(context.caller.subjects(.organisation))
    else { return .everything }
    return try await derogationScope(operators: operators, organisations: organisations, projects: projects)
  }

  /// Which requests for derogations the caller may know, on a route that is not for all.
  func derogationReach(of context: APIContext) async throws -> DerogationReach {
    guard case .own(let operators, let projects) = context.scope,
      case .only(let organisations) = Owners(context.caller.subjects(.organisation))
    else { return .everything }
    return try await derogationReach(operators: operators, organisations: organisations, projects: projects)
  }
}

extension GovernanceStore {
  /// To whom what is short is promised, for those who may know what is others': whoever is in the team of every project, or
  /// represents every operator, may read all of it anyway.
  func holders(of shortages: [Shortage], _ context: APIContext) async -> [Shortage: HoldersView] {
    if case .own(.only, .only) = context.scope { return [:] }
    return await holders(of: shortages, context.logger)
  }
}

extension Scope {
  /// The projects within reach, in order; nil where all are.
  var projectNames: [String]? {
    guard case .own(_, let projects) = self else { return nil }
    return projects.names?.sorted()
  }
}
