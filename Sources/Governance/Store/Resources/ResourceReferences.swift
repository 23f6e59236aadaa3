import Model

/// What a resource names of others: checked when it is put, and looked at in reverse when one is deleted.
struct ResourceReference: Sendable, Hashable {
  var path: String
  var kind: ResourceKind
  var name: String
}

extension AnyResource {
  /// The resources that must exist before this one.
  var references: [ResourceReference] {
    switch self {
    case .region(let region):
      [ResourceReference(path: "spec.operator", kind: .operator, name: region.spec.operator)]
    case .zone(let zone):
      [ResourceReference(path: "spec.region", kind: .region, name: zone.spec.region)]
        + (zone.spec.chain.map { [ResourceReference(path: "spec.chain", kind: .chain, name: $0)] } ?? [])
    case .cluster(let cluster):
      [ResourceReference(path: "spec.zone", kind: .zone, name: cluster.spec.zone)]
    case .derogation(let derogation):
      [ResourceReference(path: "spec.project", kind: .project, name: derogation.spec.project)]
    case .chain(let chain):
      chain.spec.operator.map { [ResourceReference(path: "spec.operator", kind: .operator, name: $0)] } ?? []
    case .operator, .policy, .project, .placement, .migration, .flowRequest: []
    }
  }
}
