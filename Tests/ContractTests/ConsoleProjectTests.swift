import Contract
import Foundation
import Model
import Testing

/// The console's words for a project, and what they are as a resource.
struct ConsoleProjectTests {
  private func project(_ environment: ConsoleEnvironment) -> ConsoleProject {
    ConsoleProject(
      name: "vigie", organisation: "mi", audience: .ministerial, dataClasses: ["public"], environments: [environment])
  }

  private func quota(_ environment: ConsoleEnvironment) -> ResourceList {
    project(environment).resource.spec.environments[0].quota
  }

  @Test(arguments: [
    (0.1, 100), (0.3, 300), (1, 1000), (2.5, 2500), (0.001, 1), (0.0001, 1), (1.0001, 1001), (0, 0),
  ])
  func `cores become exact thousandths, rounded up`(cores: Double, thousandths: Int64) {
    let quota = quota(ConsoleEnvironment(name: "prod", stage: "prod", cpu: cores, memory: 1))
    #expect(quota.cpu?.milliValue == thousandths)
  }

  @Test(arguments: [(1, "1Gi"), (0.5, "512Mi"), (16, "16Gi"), (1.5, "1536Mi"), (0.1, "107374183")])
  func `gibibytes become exact bytes, rounded up`(amount: Double, quantity: String) {
    let environment = ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: amount, storage: amount)
    #expect(quota(environment).memory == Quantity(quantity) && quota(environment).storage == Quantity(quantity))
  }

  @Test func `all that is said comes through, and what is not said is not counted`() throws {
    let id = UUID()
    let environment = ConsoleEnvironment(
      id: id, name: "prod", stage: "prod", cpu: 1, memory: 1, gpu: 2, pods: 7, replicas: 2, distinct: .region)
    let spec = project(environment).resource.spec
    #expect(spec.environments[0].consoleID == id && spec.environments[0].replicas == 2)
    #expect(spec.environments[0].distinct == .region && spec.environments[0].quota.gpu == Quantity(2))
    #expect(spec.environments[0].quota.pods == Quantity(7) && spec.environments[0].quota.storage == nil)
    let bare = quota(ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: 1, gpu: 0))
    #expect(bare.gpu == nil && bare.pods == nil && bare.storage == nil)
    #expect(project(environment).problems == [])
  }

  @Test func `what it has no words for is unsaid, and what is left out`() {
    var form = project(ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: 1))
    #expect(form.unsaid == Set(ProjectSpec.Part.allCases))
    form.typology = "portail"
    form.services = []
    form.interconnections = []
    form.residency = ProjectSpec.Residency()
    form.spread = []
    form.colocation = []
    #expect(
      form.unsaid == [
        .labels, .annotations, .displayName, .preferences, .tolerations, .identifiers, .environmentDetails,
      ])
  }

  @Test func `problems stand at the fields of this form`() {
    for (environment, path) in [
      (ConsoleEnvironment(name: "p", stage: "prod", cpu: 1, memory: 1), "environments[0].name"),
      (ConsoleEnvironment(name: "prod", stage: "prod", cpu: -1, memory: 1), "environments[0].cpu"),
      (ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: 1e10), "environments[0].memory"),
      (ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: 1, gpu: -1), "environments[0].gpu"),
      (ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: 1, replicas: 0), "environments[0].replicas"),
    ] { #expect(project(environment).problems.map(\.path) == [path]) }
    var twice = project(ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: 1))
    twice.name = "V"
    #expect(twice.problems.map(\.path) == ["name"])
  }

  @Test func `a question survives the wire in each of its forms`() throws {
    let console = project(ConsoleEnvironment(name: "prod", stage: "prod", cpu: 1, memory: 1))
    let changes = OfferChanges(
      apply: [.operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM")))],
      remove: [OfferChanges.Removal(kind: .cluster, name: "a")],
      states: [OfferChanges.StateChange(kind: .region, name: "b", state: .cordoned)],
      capacities: [OfferChanges.CapacityChange(cluster: "c", capacity: ResourceList(cpu: Quantity(1)))])
    func check<Form: Codable & Sendable & Hashable>(_ form: Form) throws {
      let body = QueryBody(
        project: form, at: CalendarDay("2027-01-01"), offer: changes, choices: ["prod": ["nord-1"]])
      let bytes = try ModelJSON.encoder.encode(body)
      #expect(try ModelJSON.decoder.decode(QueryBody<Form>.self, from: bytes) == body)
      let strict: QueryBody<Form> = try DocumentText(json: String(decoding: bytes, as: UTF8.self)).decode()
      #expect(strict == body)
    }
    try check("vigie")
    try check(console)
    try check(console.resource)
  }
}
