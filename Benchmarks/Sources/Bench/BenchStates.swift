import Events
import Foundation
import Model

/// States of placements for measuring: each its own project and namespace.
enum BenchStates {
  static func make(_ count: Int, zone: String) -> [DesiredState] {
    (0..<count).map { number in
      let (project, environment) = (UUID(), UUID())
      return DesiredState(
        placement: UUID(), zone: zone, cluster: "c1", phase: .active, revision: 1, epoch: 1, decision: UUID(),
        decidedAt: Timestamp(Date()), sensitivity: .usuel, mode: .own,
        namespace: NamespaceName.make(environment: environment, project: project),
        project: DesiredState.Project(id: project, name: "project\(number)", organisation: "mi"),
        environment: DesiredState.Environment(id: environment, name: "prod", stage: "prod"),
        quota: ResourceList(cpu: Quantity("1"), memory: Quantity("1Gi"), pods: Quantity("10")))
    }
  }
}
