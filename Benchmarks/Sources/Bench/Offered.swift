import Model

/// An offer made for measuring: one region, one zone, as many clusters as wanted, and room for everything.
enum Offered {
  static let ample = ResourceList(
    cpu: Quantity("100000"), memory: Quantity("400Ti"), storage: Quantity("1000Ti"), pods: Quantity("1000000"))

  static func resources(zone: String, clusters: [String]) -> [AnyResource] {
    let everyone = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    let base: [AnyResource] = [
      .operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM"))),
      .chain(
        Resource(
          "forge", ChainSpec(displayName: "Forge", sensitivities: [.usuel], regions: ["nord"], audience: everyone))),
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
    return base
      + clusters.map { name in
        .cluster(
          Resource(name, ClusterSpec(zone: "nord-usuel", dataCenters: ["dc1"], stages: ["prod"], capacity: ample)))
      }
  }

  /// A project of one environment: one placement.
  static func project(_ name: String) -> Resource<ProjectSpec> {
    Resource(
      name,
      ProjectSpec(
        organisation: "mi", audience: .ministerial, dataClasses: ["public"],
        environments: [
          ProjectSpec.Environment(
            name: "prod", stage: "prod",
            quota: ResourceList(cpu: Quantity("1"), memory: Quantity("1Gi"), pods: Quantity("10")))
        ]))
  }
}
