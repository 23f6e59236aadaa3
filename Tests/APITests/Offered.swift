/// A small offer as clients write it.
enum Offered {
  /// Path and document, in the order in which they must be put.
  static let all: [(String, String)] = [
    ("operators/dtnum", op), ("regions/nord", region), ("chains/forge", chain), ("zones/nord-usuel", zone),
    ("clusters/nord-1", cluster("nord-1")), ("policies/regie", policy),
  ]

  private static let head = "apiVersion: regie.cloud-pi-native.fr/v1\n"

  static let op = """
    \(head)kind: Operator
    metadata: {name: dtnum, labels: {team: socle}}
    spec:
      displayName: DTNUM
      representatives: [{group: /regie/operators/dtnum}]
      flowOpening: {mode: manual, maximumDelayDays: 5}
    """

  static let chain = """
    \(head)kind: Chain
    metadata: {name: forge}
    spec:
      displayName: Forge
      sensitivities: [usuel, DR]
      regions: [nord]
      audience: {organisations: ["*"], scopes: [ministerial, interministerial]}
    """

  static let region = """
    \(head)kind: Region
    metadata: {name: nord}
    spec:
      operator: dtnum
      location: {country: FR, subdivision: FR-HDF, city: Lille}
      dataCenters: [{name: dc1}, {name: dc2, city: Roubaix}]
      qualifications: [{name: SecNumCloud, validFrom: "2026-01-01", validUntil: "2099-12-31"}]
      services: [{name: s3}, {name: postgresql, version: "16"}]
      interconnections: [RIE]
      audience: {organisations: ["*"], scopes: [ministerial, interministerial]}
      taints: [{key: slow, effect: PreferNoPlacement}]
    """

  static let zone = """
    \(head)kind: Zone
    metadata: {name: nord-usuel}
    spec: {region: nord, sensitivity: usuel, slug: nord, chain: forge, git: {url: "https://git.example/z"}}
    """

  /// Each under a label of its own: `Nord` is the first one's.
  static func cluster(_ name: String, cpu: String = "64") -> String {
    """
    \(head)kind: Cluster
    metadata: {name: \(name)}
    spec:
      zone: nord-usuel
      dataCenters: [dc1, dc2]
      stages: [dev, prod]
      capacity: {cpu: \(cpu), memory: 256Gi, pods: 1000}
      console: {label: \(name == "nord-1" ? "Nord" : "Label \(name)")}
    """
  }

  static let policy = """
    \(head)kind: Policy
    metadata: {name: regie}
    spec:
      title: {fr: Politique, en: Policy}
      dataClasses:
        - {name: public, sensitivity: usuel}
        - {name: dr, sensitivity: DR, qualifications: [SecNumCloud], residency: {countries: [FR]}}
      rules:
        - id: near
          motive: {fr: Au plus près, en: As near as can be}
          effect: prefer
          weight: 2
          places: {matchLabels: {region.name: nord}}
      capacity: [{id: reserve, reserve: 100m}]
      limits: [{subject: {matchLabels: {project.organisation: mi}}, production: {cpu: 500}}]
      scoring: {balance: 5}
    """

  static func project(_ name: String, dataClass: String = "public", cpu: String = "2") -> String {
    """
    \(head)kind: Project
    metadata: {name: \(name)}
    spec:
      organisation: mi
      audience: ministerial
      dataClasses: [\(dataClass)]
      preferences:
        weighted: [{weight: 3, target: {matchExpressions: [{key: region.name, operator: In, values: [nord]}]}}]
      environments:
        - {name: prod, stage: prod, quota: {cpu: \(cpu), memory: 4Gi, pods: 10}}
        - {name: dev, stage: dev, quota: {cpu: 500m, memory: 1Gi, pods: 10}}
    """
  }

  static let derogation = """
    \(head)kind: Derogation
    metadata: {name: exception-1}
    spec: {project: vigie, rules: [near], motive: Le temps de migrer, validUntil: "2099-12-31"}
    """
}
