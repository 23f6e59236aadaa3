import Model
import Store

/// Who asks in tests.
let someone = RequestContext(principal: "test:someone")

/// A small offer: the first zone is *usuel*, the others take restricted data.
enum Offered {
  static let large = ResourceList(
    cpu: Quantity("64"), memory: Quantity("256Gi"), storage: Quantity("1Ti"), pods: Quantity("1000"))

  static func quota(cpu: Int64) -> ResourceList {
    ResourceList(cpu: Quantity(cpu), memory: Quantity("1Gi"), pods: Quantity("10"))
  }

  /// Zones' slugs are also their regions' names.
  static func base(zones: [String]) -> [AnyResource] {
    let audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    let regions = zones.map { zone in
      AnyResource.region(
        Resource(
          zone,
          RegionSpec(
            operator: "dtnum", location: RegionSpec.Location(country: "FR"),
            dataCenters: [RegionSpec.DataCenter(name: "dc1"), RegionSpec.DataCenter(name: "dc2")],
            audience: audience)))
    }
    let rest: [[AnyResource]] = zones.enumerated().map { index, zone in
      let sensitivity: Sensitivity = index == 0 ? .usuel : .restricted
      return [
        .zone(Resource("\(zone)-zone", ZoneSpec(region: zone, sensitivity: sensitivity, slug: zone, chain: "forge"))),
        .cluster(
          Resource(
            "\(zone)-1",
            ClusterSpec(zone: "\(zone)-zone", dataCenters: ["dc1"], stages: ["dev", "prod"], capacity: large))),
      ]
    }
    let chain = AnyResource.chain(
      Resource(
        "forge",
        ChainSpec(
          displayName: "Forge", sensitivities: [.usuel, .restricted], regions: zones, audience: audience)))
    let policy = AnyResource.policy(
      Resource(
        "regie",
        PolicySpec(
          title: LocalizedText(fr: "Politique"),
          dataClasses: [
            PolicySpec.DataClass(name: "public", sensitivity: .usuel),
            PolicySpec.DataClass(name: "dr", sensitivity: .restricted),
          ])))
    return [.operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM")))] + regions + [chain] + rest.flatMap { $0 }
      + [policy]
  }

  static func project(_ name: String, cpu: Int64 = 1, restricted: Bool = false) -> Resource<ProjectSpec> {
    Resource(
      name,
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: [restricted ? "dr" : "public"],
        environments: [ProjectSpec.Environment(name: "prod", stage: "prod", quota: quota(cpu: cpu))]))
  }
}
