import Model
import Placement

/// Which projects something speaks of by name: these are like no other.
struct NamedProjects {
  private let isEveryName: Bool
  private let names: Set<String>

  init(_ inputs: PlanningInputs) {
    let policy = inputs.policy.spec
    let subjects = policy.rules.map(\.subject) + policy.limits.map(\.subject)
    isEveryName = subjects.contains { subject in
      subject.matchLabels.keys.contains(Self.attribute)
        || subject.matchExpressions.contains { $0.key == Self.attribute }
    }
    names = Set(inputs.offer.clusters.flatMap(\.spec.projects))
  }

  func contains(_ placed: PlacedProject) -> Bool {
    isEveryName || !placed.derogations.isEmpty || names.contains(placed.project.name)
  }

  private static let attribute = "project.name"
}
