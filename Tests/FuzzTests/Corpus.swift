import Foundation
import Model

/// Real documents, as YAML and as JSON, for mutating.
enum Corpus {
  struct Text: Sendable {
    let bytes: [UInt8]
    let isJSON: Bool
  }

  static let examples = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Examples")
    .standardized

  /// The policies and projects of the examples and of the documentation.
  static func texts() throws -> [Text] {
    let projects = try FileManager.default.contentsOfDirectory(
      at: examples.appending(path: "projects"), includingPropertiesForKeys: nil)
    let files = [examples.appending(path: "policy.yaml")] + projects.sorted { $0.path < $1.path }
    var yaml = try files.map { try String(contentsOf: $0, encoding: .utf8) }
    yaml += [rich, knotted]
    let resources = try yaml.flatMap { try ResourceDocument.decode(yaml: $0) }
    let json = try resources.map { Text(bytes: Array(try ModelJSON.encoder.encode($0)), isJSON: true) }
    let written = try resources.map { Text(bytes: Array(try $0.encodeYAML().utf8), isJSON: false) }
    return yaml.map { Text(bytes: Array($0.utf8), isJSON: false) } + json + written
  }

  /// A policy and a project with a number in every place that may have one.
  static var numbered: [Text] { [rich, knotted].map { Text(bytes: Array($0.utf8), isJSON: false) } }

  /// Everything that ties environments to each other and has a number in it.
  private static let knotted = """
    apiVersion: regie.cloud-pi-native.fr/v1
    kind: Project
    metadata: {name: noeuds}
    spec:
      organisation: mi
      audience: ministerial
      dataClasses: [usuelle]
      preferences:
        weighted: [{weight: 3, target: {matchLabels: {region.country: FR}}}]
      spread:
        - {topology: dataCenter, maxSkew: 1}
        - {topology: region, maxSkew: 2, whenUnsatisfiable: PlaceAnyway}
      colocation: [{topology: region, environments: [integ, recette]}]
      environments:
        - {name: integ, stage: dev, quota: {cpu: 1, memory: 1Gi, pods: 10}}
        - {name: recette, stage: dev, quota: {cpu: 500m, memory: 2Gi, storage: 10Gi}}
        - {name: prod, stage: prod, replicas: 2, distinct: zone, quota: {cpu: 2, memory: 4Gi, gpu: 0}}
    """

  /// What the examples leave out: anchors, every operator, every field of a rule.
  private static let rich = """
    apiVersion: regie.cloud-pi-native.fr/v1
    kind: Policy
    metadata: {name: riche, labels: {tier: gold}}
    spec:
      title: &titre {fr: "Règles ≥ 1", en: 'Rules'}
      dataClasses:
        - {name: a, sensitivity: usuel, residency: {countries: [FR, DE], subdivisions: [FR-IDF]}}
        - name: b
          parent: a
          title: *titre
          sensitivity: DR
          qualifications: [HDS]
          requires: {matchLabels: {region.label/tier: gold}}
      rules:
        - id: r1
          title: *titre
          motive: &motif
            fr: |
              Un motif
              sur deux lignes.
            en: >-
              One motive.
          subject: {matchExpressions: [{key: project.typology, operator: DoesNotExist}]}
          effect: require
          notWaivable: true
          stages: [prod, staging]
          validFrom: 2026-01-01
          validUntil: "2026-12-31"
          places:
            matchExpressions:
              - {key: region.dataCenters, operator: Gt, values: ["1"]}
              - {key: region.dataCenters, operator: Lt, values: ["9"]}
              - {key: region.city, operator: Exists}
        - {id: r4, motive: *motif, effect: prefer, weight: 3, places: {matchLabels: {region.country: FR}}}
        - {id: r2, motive: *motif, effect: avoid, weight: -3, chains: {matchExpressions: [{key: chain.name, operator: NotIn, values: [x, y]}]}}
        - {id: r3, motive: *motif, effect: forbid, places: {matchLabels: {region.service: "postgresql:12"}}}
      capacity:
        - {id: c1, resources: [cpu, memory], stages: [dev], overcommit: 1.5, reserve: 100m, tolerance: 5e-2}
      scoring: {balance: 1, affinity: 2, stickiness: 3, locality: 1}
      flowDelayDays: 5
      heartbeatLimitSeconds: 300
      limits:
        - {subject: {matchLabels: {project.organisation: mi}}, production: {cpu: 4, memory: 8Gi, pods: 10}}
    """
}
