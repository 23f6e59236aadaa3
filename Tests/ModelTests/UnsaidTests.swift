import Foundation
import Model
import Testing

/// What somebody writes of a project without saying all of it.
struct UnsaidTests {
  private static let id = UUID()

  private static let stored = Resource(
    metadata: Metadata(
      name: "vigie", labels: ["critique": "oui"], annotations: [ProjectSpec.contactAnnotation: "astreinte"]),
    spec: ProjectSpec(
      displayName: "Vigie", organisation: "mi", audience: .ministerial, typology: "portail", dataClasses: ["public"],
      services: [ProjectSpec.ServiceNeed(name: "postgresql")], interconnections: ["rie"],
      residency: ProjectSpec.Residency(countries: ["FR"]),
      preferences: ProjectSpec.Preferences(terms: [LabelSelector(matchLabels: ["region.name": "nord"])]),
      tolerations: [Toleration(key: "gpu", operator: .exists)], spread: [ProjectSpec.Spread(topology: .zone)],
      colocation: [ProjectSpec.Colocation(topology: .region)], consoleID: id,
      environments: [
        ProjectSpec.Environment(
          name: "prod", stage: "prod",
          quota: ResourceList(cpu: Quantity(9), gpu: Quantity(1), storage: Quantity("50Gi"), pods: Quantity(40)),
          replicas: 2, distinct: .region, consoleID: id)
      ]))

  private static let bare = Resource(
    "vigie",
    ProjectSpec(
      organisation: "mj", audience: .interministerial, dataClasses: ["usuelle"],
      environments: [
        ProjectSpec.Environment(name: "prod", stage: "prod", quota: ResourceList(cpu: Quantity(2))),
        ProjectSpec.Environment(name: "dev", stage: "dev", quota: ResourceList()),
      ]))

  @Test func `what is left unsaid stays as it is stored, and what is said does not`() {
    let whole = Self.bare.saying(allBut: Set(ProjectSpec.Part.allCases), over: Self.stored)
    var expected = Self.stored
    expected.spec.organisation = "mj"
    expected.spec.audience = .interministerial
    expected.spec.dataClasses = ["usuelle"]
    expected.spec.environments = Self.bare.spec.environments
    expected.spec.environments[0].consoleID = Self.id
    expected.spec.environments[0].replicas = 2
    expected.spec.environments[0].distinct = .region
    expected.spec.environments[0].quota.storage = Quantity("50Gi")
    expected.spec.environments[0].quota.pods = Quantity(40)
    #expect(whole == expected)
  }

  @Test func `what is given of an environment is what it is, one copy and none of something too`() {
    var said = Self.bare
    said.spec.environments[0].replicas = 1
    said.spec.environments[0].distinct = .zone
    said.spec.environments[0].quota.storage = Quantity(0)
    said.spec.environments[0].quota.pods = Quantity(7)
    #expect(said.saying(allBut: [.environmentDetails], over: Self.stored) == said)
  }

  @Test func `what is stored of an environment is taken by its name alone`() {
    var said = Self.bare
    said.spec.environments.reverse()
    said.spec.environments.append(ProjectSpec.Environment(name: "recette", stage: "dev", quota: ResourceList()))
    let whole = said.saying(allBut: [.environmentDetails], over: Self.stored)
    #expect(whole.spec.environments.map(\.name) == ["dev", "prod", "recette"])
    #expect(whole.spec.environments.map(\.replicas) == [nil, 2, nil])
    #expect(whole.spec.environments.map(\.quota.storage) == [nil, Quantity("50Gi"), nil])
  }

  @Test(arguments: ProjectSpec.Part.allCases)
  func `each part stays by itself`(part: ProjectSpec.Part) {
    let whole = Self.bare.saying(allBut: [part], over: Self.stored)
    #expect(whole != Self.bare)
    // With all the others taken from what is stored as well, nothing else differs.
    let others = Set(ProjectSpec.Part.allCases).subtracting([part])
    #expect(
      whole.saying(allBut: others, over: Self.stored)
        == Self.bare.saying(allBut: Set(ProjectSpec.Part.allCases), over: Self.stored))
  }

  @Test func `identifiers that are given are not those that are stored`() {
    var said = Self.bare
    let other = UUID()
    said.spec.consoleID = other
    said.spec.environments[0].consoleID = other
    #expect(said.saying(allBut: [.identifiers], over: Self.stored) == said)
  }

  @Test func `where nothing is stored, or nothing is left unsaid, it is what is said`() {
    #expect(Self.bare.saying(allBut: Set(ProjectSpec.Part.allCases), over: nil) == Self.bare)
    #expect(Self.bare.saying(allBut: [], over: Self.stored) == Self.bare)
  }
}
