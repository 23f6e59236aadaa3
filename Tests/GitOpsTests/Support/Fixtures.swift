import Events
import Foundation
import GitOps
import Model
import Reconciler

/// Desired states as the bus brings them.
enum Fixtures {
  static let start = Date(timeIntervalSince1970: 1_795_000_000)

  static func id(_ number: Int) -> UUID {
    let digits = String(number, radix: 16)
    let text = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    return UUID(uuidString: text) ?? UUID()
  }

  static func state(
    _ number: Int = 1, revision: Int64 = 1, epoch: Int64 = 1, phase: PlacementPhase = .active, cpu: Int64 = 4,
    cluster: String = "idf-usuel-1", notBefore: Date? = nil
  ) -> DesiredState {
    let project = id(1_000)
    let environment = id(2_000 + number)
    return DesiredState(
      placement: id(number), zone: "z1", cluster: cluster, phase: phase, revision: revision, epoch: epoch,
      decision: id(3_000 + number), decidedAt: Timestamp(start), sensitivity: .usuel, mode: .gitops,
      namespace: NamespaceName.make(environment: environment, project: project),
      project: DesiredState.Project(id: project, name: "basegun", organisation: "mi"),
      environment: DesiredState.Environment(id: environment, name: "prod", stage: "prod"),
      quota: ResourceList(cpu: Quantity(cpu), memory: Quantity("8Gi")), notBefore: notBefore.map { Timestamp($0) })
  }

  /// As the agent will hand it over.
  static func desired(
    _ number: Int = 1, revision: Int64 = 1, epoch: Int64 = 1, phase: PlacementPhase = .active, cpu: Int64 = 4,
    cluster: String = "idf-usuel-1", notBefore: Date? = nil, mayRemoveNamespace: Bool = true,
    mayFinish: Bool = true, attempt: Int = 0
  ) throws -> DesiredPlacement {
    try DesiredPlacement(
      state(
        number, revision: revision, epoch: epoch, phase: phase, cpu: cpu, cluster: cluster, notBefore: notBefore),
      mayRemoveNamespace: mayRemoveNamespace, mayFinish: mayFinish, attempt: attempt)
  }
}

extension DesiredPlacement {
  /// The objects are the ones that the reconciler renders: nothing is rendered twice.
  init(_ state: DesiredState, mayRemoveNamespace: Bool, mayFinish: Bool = true, attempt: Int = 0) throws {
    let rendered = DesiredObjects.render(state)
    try self.init(
      placement: state.placement, cluster: state.cluster, namespace: state.namespace,
      namespaceLabels: rendered.first { $0.ref.kind == .namespace }?.labels ?? [:],
      objects: rendered.filter { $0.ref.kind != .namespace }.map { object in
        try Manifest(
          apiVersion: object.ref.kind.apiVersion, kind: object.ref.kind.rawValue, namespace: object.ref.namespace,
          name: object.ref.name, labels: object.labels, spec: object.spec)
      },
      title: "\(state.project.name)/\(state.environment.name)", phase: state.phase,
      version: PlacementVersion(epoch: state.epoch, revision: state.revision), decision: state.decision,
      notBefore: state.notBefore?.date, mayRemoveNamespace: mayRemoveNamespace, mayFinish: mayFinish,
      attempt: attempt)
  }
}
