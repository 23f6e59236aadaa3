import Foundation
import Model
import Testing

@Suite("What may be left out")
struct DefaultsTests {
  private func read<Spec: ResourceSpec>(_ type: Spec.Type, _ spec: String) throws -> Spec {
    let json = """
      {"apiVersion": "\(apiVersion)", "kind": "\(Spec.kind.rawValue)", "metadata": {"name": "x"}, "spec": \(spec)}
      """
    let loose = try ModelJSON.decoder.decode(Resource<Spec>.self, from: Data(json.utf8))
    #expect(loose.metadata == Metadata(name: "x"))
    #expect(loose.name == "x")
    let strict = try AnyResource.decode(json: Data(json.utf8), expecting: Spec.kind)
    #expect(try ModelJSON.encoder.encode(strict) == ModelJSON.encoder.encode(loose))
    return loose.spec
  }

  @Test("an operator has no representatives")
  func absentInOperator() throws {
    #expect(try read(OperatorSpec.self, #"{"displayName": "D"}"#) == OperatorSpec(displayName: "D"))
  }

  @Test("a region is open, and has no list")
  func absentInRegion() throws {
    let region = try read(
      RegionSpec.self,
      #"{"operator": "o", "location": {"country": "FR"}, "dataCenters": [{"name": "a"}], "audience": {}}"#)
    #expect(
      region
        == RegionSpec(
          operator: "o", location: .init(country: "FR"), dataCenters: [.init(name: "a")],
          audience: Audience(organisations: [], scopes: [])))
    #expect(region.state == .open)
  }

  @Test("a cluster is open, public, run by the operator, in mode own, and not external")
  func absentInCluster() throws {
    let cluster = try read(
      ClusterSpec.self, #"{"zone": "z", "dataCenters": ["a"], "stages": ["dev"], "capacity": {"cpu": 4}}"#)
    #expect(
      cluster
        == ClusterSpec(zone: "z", dataCenters: ["a"], stages: ["dev"], capacity: ResourceList(cpu: Quantity(4))))
    #expect(cluster.mode == .own && cluster.privacy == .public && cluster.management == .operator)
    #expect(cluster.state == .open && !cluster.external)
  }

  @Test("a zone has no chain, a chain no lists")
  func absentInZone() throws {
    #expect(
      try read(ZoneSpec.self, #"{"region": "r", "sensitivity": "DR", "slug": "s"}"#)
        == ZoneSpec(region: "r", sensitivity: .restricted, slug: "s"))
    #expect(try read(ChainSpec.self, #"{"displayName": "C", "audience": {}}"#).regions.isEmpty)
  }

  @Test("a policy has no rules, a rule's subject is everybody")
  func absentInPolicy() throws {
    let policy = try read(
      PolicySpec.self,
      """
      {"title": {"fr": "T"}, "dataClasses": [{"name": "u", "sensitivity": "usuel"}], "limits": [{"production": {"cpu": "1"}}],
       "rules": [{"id": "r", "motive": {"fr": "M"}, "effect": "forbid", "places": {"matchLabels": {"region.name": "x"}}}],
       "governance": {"quorum": 1}, "capacity": [{"id": "c"}]}
      """)
    #expect(policy.rules.first?.subject == LabelSelector())
    #expect(policy.limits.first?.subject == LabelSelector())
    #expect(policy.governance?.voters == [])
    #expect(policy.capacity == [PolicySpec.CapacityRule(id: "c")])
    #expect(policy.dataClasses == [PolicySpec.DataClass(name: "u", sensitivity: .usuel)])
  }

  @Test("a project has no preferences")
  func absentInProject() throws {
    let project = try read(
      ProjectSpec.self,
      """
      {"organisation": "mi", "audience": "ministerial", "dataClasses": ["u"], "spread": [{"topology": "zone"}],
       "residency": {}, "environments": [{"name": "dev", "stage": "dev", "quota": {}}]}
      """)
    #expect(
      project
        == ProjectSpec(
          organisation: "mi", audience: .ministerial, dataClasses: ["u"], residency: .init(),
          spread: [.init(topology: .zone)], environments: [.init(name: "dev", stage: "dev", quota: ResourceList())]))
  }

  @Test("null stands for absent")
  func null() throws {
    let zone = try read(
      ClusterSpec.self,
      """
      {"zone": "z", "dataCenters": null, "stages": null, "capacity": {"cpu": null}, "external": null, "mode": null,
       "privacy": null, "management": null, "state": null, "console": null, "taints": null, "projects": null}
      """)
    #expect(zone == ClusterSpec(zone: "z", dataCenters: [], stages: [], capacity: ResourceList()))
  }
}
