import Identity
import Model
import Placement
import Store

/// Who may read and write which resources.
///
/// What operators declare is published: everybody reads it, and each writes its own. Projects and derogations are their
/// teams'; policies and the common part of the offer are governance's.
struct ResourceAccess: Sendable {
  let store: GovernanceStore

  /// What the routes of a kind demand.
  static func access(to kind: Kind) -> (reading: Access, writing: Access) {
    switch kind {
    case .operator, .chain, .policy: (.anyRole, .change([.governanceAdmin]))
    case .region, .zone, .cluster: (.anyRole, .change([.governanceAdmin], own: [.operator]))
    case .project:
      (
        .read([.governanceAdmin, .console, .auditor, .boardMember], own: [.projectTeam]),
        .change([.governanceAdmin, .console], own: [.projectTeam])
      )
    case .derogation:
      (
        .read([.governanceAdmin, .console, .auditor, .boardMember, .operator], own: [.projectTeam]),
        .change([.governanceAdmin])
      )
    // Nobody writes these as resources.
    case .placement, .migration, .flowRequest: (.read([]), .change([]))
    }
  }

  /// Whether a resource is within reach of who reads; those that everybody may read always are.
  static func isReadable(_ resource: AnyResource, in scope: Scope) -> Bool {
    switch resource {
    case .project(let project): scope.covers(project: project.name)
    case .derogation(let derogation): scope.covers(project: derogation.spec.project)
    case .operator, .chain, .policy, .region, .zone, .cluster: true
    case .placement, .migration, .flowRequest: false
    }
  }

  /// Checks that a resource may be written: both as it would be, and as it is if it is there. Else somebody could take what
  /// is another's by writing one's own name into it, or give away what others then have to answer for.
  ///
  /// - Throws: ``AuthenticationRefusal/role(_:)``.
  func check(_ resource: AnyResource, _ context: APIContext) async throws {
    guard context.scope != .everything else { return }
    try await check(resource.kind, resource.metadata.name, context)
    let offer = try await store.presentOffer().offer
    let isOwn =
      switch resource {
      case .region(let region): context.scope.covers(operator: region.spec.operator)
      case .zone(let zone): context.scope.covers(operator: Self.owner(ofRegion: zone.spec.region, in: offer))
      case .cluster(let cluster): context.scope.covers(operator: Self.owner(ofZone: cluster.spec.zone, in: offer))
      case .project(let project): context.scope.covers(project: project.name)
      case .operator, .chain, .policy, .derogation, .placement, .migration, .flowRequest: false
      }
    guard isOwn else { throw Self.notOwn(resource.kind) }
  }

  /// Checks that what is stored under a name, if anything is, may be written or deleted.
  ///
  /// - Throws: ``AuthenticationRefusal/role(_:)``.
  func check(_ kind: Kind, _ name: String, _ context: APIContext) async throws {
    guard context.scope != .everything else { return }
    let offer = try await store.presentOffer().offer
    let isOwn =
      switch kind {
      case .region:
        offer.regions.first { $0.name == name }.map { context.scope.covers(operator: $0.spec.operator) }
      case .zone:
        offer.zones.first { $0.name == name }.map {
          context.scope.covers(operator: Self.owner(ofRegion: $0.spec.region, in: offer))
        }
      case .cluster:
        offer.clusters.first { $0.name == name }.map {
          context.scope.covers(operator: Self.owner(ofZone: $0.spec.zone, in: offer))
        }
      case .project: context.scope.covers(project: name)
      case .operator, .chain, .policy, .derogation, .placement, .migration, .flowRequest: false
      }
    guard isOwn ?? true else { throw Self.notOwn(kind) }
  }

  private static func owner(ofRegion name: String, in offer: Offer) -> String? {
    offer.regions.first { $0.name == name }?.spec.operator
  }

  private static func owner(ofZone name: String, in offer: Offer) -> String? {
    offer.zones.first { $0.name == name }.flatMap { owner(ofRegion: $0.spec.region, in: offer) }
  }

  private static func notOwn(_ kind: Kind) -> AuthenticationRefusal {
    let (_, writing) = access(to: kind)
    return .role(
      RoleKind.allCases.compactMap { role in
        writing.reach(of: role).map { $0 == .all ? role.rawValue : "\(role.rawValue)(…)" }
      })
  }
}
