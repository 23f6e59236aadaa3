import Model

/// An offer of many clusters under a policy of many rules, and projects to ask about: always the same ones.
struct QueryCountry {
  private static let ministries = ["mi", "mj", "dinum", "mtes", "men", "mesri"]
  private static let stages = ["dev", "staging", "integration", "prod"]
  private static let everyone = Audience(organisations: ["*"], scopes: AudienceScope.allCases)

  let resources: [AnyResource]

  init(clusters: Int) {
    let regions = 50
    let operators = (0..<10).map {
      AnyResource.operator(Resource("op-\($0)", OperatorSpec(displayName: "Opérateur \($0)")))
    }
    let names = (0..<regions).map { "region-\($0)" }
    let chains = (0..<8).map { number in
      AnyResource.chain(
        Resource(
          "chain-\(number)",
          ChainSpec(
            displayName: "Chaîne \(number)", sensitivities: number < 6 ? [.usuel] : [.usuel, .restricted],
            regions: names, audience: Self.everyone)))
    }
    let places = names.enumerated().map { number, name in
      AnyResource.region(
        Resource(
          name,
          RegionSpec(
            operator: "op-\(number % 10)", location: RegionSpec.Location(country: "FR", city: "Ville \(number)"),
            dataCenters: (0..<3).map { RegionSpec.DataCenter(name: "dc-\($0)") },
            services: [RegionSpec.Service(name: "s3"), RegionSpec.Service(name: "postgresql", version: "16")],
            interconnections: number % 3 == 0 ? ["RIE", "Internet"] : ["RIE"], audience: Self.everyone)))
    }
    let zones = (0..<regions * 3).map { number in
      AnyResource.zone(
        Resource(
          "zone-\(number)",
          ZoneSpec(
            region: "region-\(number / 3)", sensitivity: number % 3 == 2 ? .restricted : .usuel, slug: "z\(number)",
            chain: "chain-\(number % 3 == 2 ? 6 + number % 2 : number % 6)")))
    }
    let machines = (0..<clusters).map { number in
      AnyResource.cluster(
        Resource(
          "cluster-\(number)",
          ClusterSpec(
            zone: "zone-\(number % (regions * 3))", dataCenters: ["dc-\(number / 150 % 3)"], stages: Self.stages,
            capacity: ResourceList(
              cpu: Quantity(Int64(64 + number * 37 % 512)), memory: Quantity("\(256 + number * 53 % 2048)Gi"),
              storage: Quantity("40Ti"), pods: Quantity(2500)),
            console: ClusterSpec.Console(label: "Cluster n° \(number)"))))
    }
    resources = operators + chains + places + zones + machines + [.policy(Self.policy)]
  }

  /// 200 rules, of which about one in eight is about a given project.
  static var policy: Resource<PolicySpec> {
    let rules = (0..<200).map { number in
      let isSoft = number % 4 != 0
      return PolicySpec.Rule(
        id: "regle-\(number)",
        motive: LocalizedText(fr: "Motif de la règle numéro \(number)", en: "Motive of rule number \(number)"),
        subject: LabelSelector(matchLabels: ["project.organisation": ministries[number % ministries.count]]),
        effect: isSoft ? (number % 2 == 0 ? .prefer : .avoid) : .forbid,
        places: LabelSelector(matchLabels: ["region.name": "region-\(number % 50)"]),
        weight: isSoft ? 1 + number % 9 : nil)
    }
    return Resource(
      "regie",
      PolicySpec(
        title: LocalizedText(fr: "Politique"),
        dataClasses: [
          PolicySpec.DataClass(name: "usuelle", sensitivity: .usuel),
          PolicySpec.DataClass(name: "dr", sensitivity: .restricted),
        ], rules: rules))
  }

  /// Projects of three environments, each asked about as something new; no two ask for the same.
  func projects(_ count: Int) -> [Resource<ProjectSpec>] {
    (0..<count).map { number in
      func quota(_ cpu: Int) -> ResourceList {
        ResourceList(
          cpu: Quantity(milli: Int64(cpu * 1000 + number % 997)), memory: Quantity("\(2 * cpu)Gi"),
          storage: Quantity("\(50 + number % 89)Gi"), pods: Quantity(40))
      }
      return Resource(
        "projet\(number)",
        ProjectSpec(
          organisation: Self.ministries[number % Self.ministries.count],
          audience: number % 2 == 0 ? .ministerial : .interministerial, typology: "teleprocedure",
          dataClasses: [number % 7 == 0 ? "dr" : "usuelle"], services: [ProjectSpec.ServiceNeed(name: "s3")],
          interconnections: number % 5 == 0 ? ["Internet"] : ["RIE"],
          environments: [
            ProjectSpec.Environment(name: "prod", stage: "prod", quota: quota(2 + number % 16), replicas: 2),
            ProjectSpec.Environment(name: "integ", stage: "integration", quota: quota(2 + number % 4)),
            ProjectSpec.Environment(name: "dev", stage: "dev", quota: quota(1 + number % 3)),
          ]))
    }
  }
}
