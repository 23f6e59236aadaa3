import Identity
import Model
import Store

/// Who may read and write which resources.
///
/// What operators declare is published: everybody reads it, and each writes its own. Projects and derogations are their
/// teams'; policies and the common part of the offer are governance's.
/// What is one's own is looked at by the store, in the transaction of the write: of itself an operator says who speaks for it,
/// and nothing else.
enum ResourceAccess {
  /// What the routes of a kind demand.
  static func access(to kind: Kind) -> (reading: Access, writing: Access) {
    switch kind {
    case .operator: (.anyRole, .change([.governanceAdmin], own: [.operator]))
    case .policy: (.anyRole, .change([.governanceAdmin]))
    case .chain, .region, .zone, .cluster: (.anyRole, .change([.governanceAdmin], own: [.operator]))
    case .project:
      (
        .read([.governanceAdmin, .console, .auditor, .boardMember, .homologationAuthority], own: [.projectTeam]),
        .change([.governanceAdmin, .console], own: [.projectTeam])
      )
    case .derogation:
      (
        .read(
          [.governanceAdmin, .console, .auditor, .boardMember, .homologationAuthority],
          own: [.projectTeam, .organisation, .operator]),
        .change([.governanceAdmin])
      )
    // Nobody writes these as resources.
    case .placement, .migration, .flowRequest: (.read([]), .change([]))
    }
  }

  /// What deleting one demands: an operator does not leave by itself, nor does it take a chain from those that it delivers for.
  static func deletion(of kind: Kind) -> Access {
    [.operator, .chain].contains(kind) ? .change([.governanceAdmin]) : access(to: kind).writing
  }

  /// Checks that somebody may write what he shows by such a credential. Who is an operator makes the electorate, and who speaks for
  /// one has its vote: that is for persons, as a key is whoever has read it once.
  ///
  /// - Throws: `StoreError` of kind `forbidden` where a key writes an operator.
  static func check(_ caller: Caller, mayWrite kind: Kind, _ name: String) throws(StoreError) {
    guard kind == .operator, !caller.has(RoleKind.governanceAdmin), case .key = caller.credential else { return }
    throw StoreError(
      .forbidden, path: "kind", "an API key neither votes nor says who speaks for an operator",
      fr: "une clé d’API ne vote pas, et ne dit pas qui parle pour un opérateur",
      accepted: "governance-admin, operator(\(name)): Authorization: Bearer")
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
}
