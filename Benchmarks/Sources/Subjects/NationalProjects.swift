internal import Model

/// Projects of the default offer: two production environments in distinct data centres, and one other.
enum NationalProjects {
  static func make(_ count: Int, seed: UInt64) -> [Resource<ProjectSpec>] {
    var numbers = SeededNumbers(seed: seed)
    return (1...count).map { number in
      Resource(
        metadata: Metadata(name: "project-\(number)", labels: ["tier": String(number % 4)]),
        spec: project(&numbers))
    }
  }

  private static func project(_ numbers: inout SeededNumbers) -> ProjectSpec {
    let size = numbers.pick([2, 4, 8, 12] as [Int64])
    func environment(_ name: String, _ stage: String, _ cores: Int64) -> ProjectSpec.Environment {
      .init(
        name: name, stage: stage,
        quota: ResourceList(
          cpu: Quantity(cores), memory: Quantity(cores << 32, format: .binarySI), pods: Quantity(cores * 10)))
    }
    return ProjectSpec(
      organisation: numbers.pick(NationalOffer.organisations),
      audience: numbers.pick(AudienceScope.allCases), typology: numbers.pick(NationalPolicy.typologies),
      dataClasses: [numbers.pick(NationalPolicy.classes)],
      services: numbers.chance(50) ? [.init(name: numbers.pick(NationalOffer.services))] : [],
      interconnections: numbers.chance(30) ? [numbers.pick(NationalOffer.networks)] : [],
      preferences: .init(
        weighted: numbers.chance(30)
          ? [
            .init(
              weight: 5,
              target: LabelSelector(matchLabels: [
                "region.operator": "operator-\(Int.random(in: 1...10, using: &numbers))"
              ]))
          ] : []),
      spread: [.init(topology: .dataCenter, stage: "prod")],
      environments: [
        environment("prod1", "prod", size), environment("prod2", "prod", size), environment("dev1", "dev", size / 2),
      ])
  }
}
