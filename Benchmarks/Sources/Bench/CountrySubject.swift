import Model

/// What a stored country is made of: figures of different ones can not be compared.
struct CountrySubject: Sendable {
  /// All that clusters are in.
  let places: [AnyResource]
  let clusters: [Resource<ClusterSpec>]
  let policy: Resource<PolicySpec>
  /// What projects are, in turn.
  let projects: [ProjectSpec]

  /// For people.
  func tell(of figures: String) {
    Console.subject(
      of: figures, clusters: clusters.count, rules: policy.spec.rules.count,
      environments: projects.map(\.environments.count).max() ?? 0)
  }

  /// As small as a decision can be: no rule, projects of one environment, and one region for twenty clusters.
  static func plain(clusters: Int) -> CountrySubject {
    let audience = Audience(organisations: ["*"], scopes: AudienceScope.allCases)
    let regions = (0..<max(1, clusters / 20)).map { "region-\($0)" }
    var places: [AnyResource] = [
      .operator(Resource("dtnum", OperatorSpec(displayName: "DTNUM"))),
      .chain(
        Resource(
          "forge",
          ChainSpec(
            displayName: "Forge", sensitivities: [.usuel, .restricted], regions: regions, audience: audience))),
    ]
    for (number, region) in regions.enumerated() {
      places.append(
        .region(
          Resource(
            region,
            RegionSpec(
              operator: "dtnum", location: RegionSpec.Location(country: "FR"),
              dataCenters: [RegionSpec.DataCenter(name: "dc1")], audience: audience))))
      places.append(
        .zone(
          Resource(
            "\(region)-usuel", ZoneSpec(region: region, sensitivity: .usuel, slug: "z\(number)", chain: "forge"))))
    }
    let capacity = ResourceList(
      cpu: Quantity("1000000"), memory: Quantity("4000Ti"), storage: Quantity("1000Ti"), pods: Quantity("1000000"))
    let members = (0..<clusters).map { number in
      Resource(
        "cluster-" + String(repeating: "0", count: 4 - String(number).count) + String(number),
        ClusterSpec(
          zone: "\(regions[number % regions.count])-usuel", dataCenters: ["dc1"], stages: ["prod"], capacity: capacity))
    }
    let policy = Resource(
      "regie",
      PolicySpec(
        title: LocalizedText(fr: "Politique"),
        dataClasses: [PolicySpec.DataClass(name: "public", sensitivity: .usuel)]))
    let project = ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["public"],
      environments: [
        ProjectSpec.Environment(
          name: "production", stage: "prod",
          quota: ResourceList(cpu: Quantity("2"), memory: Quantity("4Gi"), pods: Quantity("10")))
      ])
    return CountrySubject(places: places, clusters: members, policy: policy, projects: [project])
  }

  /// The offer, the policy and the projects that `query` asks about: 200 rules, three environments, four replicas.
  /// There is room for whatever is asked.
  static func national(clusters: Int) -> CountrySubject {
    let country = QueryCountry(clusters: clusters)
    var places: [AnyResource] = []
    var members: [Resource<ClusterSpec>] = []
    for resource in country.resources {
      switch resource {
      case .cluster(var cluster):
        cluster.spec.capacity = Offered.ample
        members.append(cluster)
      case .policy: continue
      default: places.append(resource)
      }
    }
    return CountrySubject(
      places: places, clusters: members, policy: QueryCountry.policy, projects: country.projects(1000).map(\.spec))
  }
}
