import Foundation
import Model

/// A small offer: one region, one zone.
enum Offered {
  static let large = ResourceList(
    cpu: Quantity("64"), memory: Quantity("256Gi"), gpu: Quantity("4"), storage: Quantity("1Ti"),
    pods: Quantity("1000"))

  static func quota(cpu: Int64 = 1) -> ResourceList {
    ResourceList(cpu: Quantity(cpu), memory: Quantity("1Gi"), pods: Quantity("10"))
  }

  static func project(_ name: String, cpu: Int64 = 1, environments: [String] = ["prod"]) -> Resource<ProjectSpec> {
    Resource(
      name,
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["public"],
        environments: environments.map { name in
          ProjectSpec.Environment(name: name, stage: name == "prod" ? "prod" : "dev", quota: quota(cpu: cpu))
        }))
  }

  static func base(zone: String) -> [AnyResource] {
    let everyone = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    return [
      .operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM"))),
      .chain(
        Resource(
          "forge",
          ChainSpec(displayName: "Forge", sensitivities: [.usuel], regions: ["nord"], audience: everyone))),
      .region(
        Resource(
          "nord",
          RegionSpec(
            operator: "dtnum", location: RegionSpec.Location(country: "FR"),
            dataCenters: [RegionSpec.DataCenter(name: "dc1")], audience: everyone))),
      .zone(Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: zone, chain: "forge"))),
      .policy(
        Resource(
          "regie",
          PolicySpec(
            title: LocalizedText(fr: "Politique"),
            dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)]))),
    ]
  }

  static func cluster(_ name: String, _ capacity: ResourceList) -> AnyResource {
    .cluster(
      Resource(
        name, ClusterSpec(zone: "nord-usuel", dataCenters: ["dc1"], stages: ["dev", "prod"], capacity: capacity)))
  }
}

extension SystemUnderTest {
  /// Declares the offer and the zone's clusters.
  func declareOffer(to api: TestAPI) async throws {
    for resource in Offered.base(zone: zone) { try await api.put(resource) }
    for cluster in clusters { try await api.put(Offered.cluster(cluster.name, cluster.capacity)) }
  }
}
