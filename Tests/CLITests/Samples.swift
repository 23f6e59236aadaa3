import Contract
import Events
import Foundation
import Model
import Placement

/// What the stub answers with.
enum Samples {
  static let at = Timestamp(microseconds: 1_795_476_521_000_000)
  static let placementID = "00000000-0000-4000-8000-000000000001"

  static let operatorYAML = """
    apiVersion: regie.cloud-pi-native.fr/v1
    kind: Operator
    metadata: {name: dtnum}
    spec:
      displayName: Direction du numérique
      representatives: [{group: /regie/operators/dtnum}]
      flowOpening: {mode: automatic, maximumDelayDays: 2}
    """

  static let chainYAML = """
    apiVersion: regie.cloud-pi-native.fr/v1
    kind: Chain
    metadata: {name: principale}
    spec:
      displayName: Chaîne principale
      sensitivities: [usuel]
      regions: [idf]
      audience: {organisations: ["*"], scopes: [ministerial]}
    """

  /// The metadata of ``operatorYAML`` as the service would give them back at a version from 10 to 59.
  static func operatorMetadata(version: Int) -> String {
    "metadata: {name: dtnum, uid: 0199aa00-0000-7000-8000-0000000000\(version), generation: \(version), "
      + "resourceVersion: \"\(version)\", creationTimestamp: \"2026-10-01T08:00:\(version)Z\"}"
  }

  static func resource(_ yaml: String) throws -> AnyResource {
    let resources = try ResourceDocument.decode(yaml: yaml)
    guard let first = resources.first else { throw CancellationError() }
    return first
  }

  static func placement(ready: Bool = true, replica: Int = 0) throws -> PlacementView {
    guard let id = UUID(uuidString: placementID) else { throw CancellationError() }
    let spec = PlacementSpec(
      id: id, project: "vigie", projectID: id, organisation: "mi", environment: "prod", environmentID: id,
      stage: "prod", replica: replica, zone: "r1-usuel", cluster: "idf-usuel-1", namespace: "a--b", phase: .active,
      quota: ResourceList(cpu: Quantity("2"), memory: Quantity("4Gi")), revision: 3, epoch: 1, decision: id,
      chain: "principale")
    return PlacementView(
      spec: spec, createdAt: at,
      status: PlacementView.Status(
        ready: ready, current: ready, decidedAt: at, publishedAt: at, removedAt: nil, observed: nil, observedAt: nil))
  }

  /// A decision of an engine run, of which only the outcome matters here.
  static func decision(placed: Bool) throws -> DecisionView {
    guard let id = UUID(uuidString: placementID) else { throw CancellationError() }
    return DecisionView(
      decision: DecisionIdentity(
        id: id, project: "vigie", placed: placed, engineVersion: "1", policyVersion: 1, snapshotDigest: "00",
        attempts: 1, principal: "anonymous", decidedAt: at),
      changed: true, placements: placed ? [try placement()] : [], pendingMoves: [],
      explanation: try explanation(placed: placed))
  }

  static func explanation(placed: Bool, omitted: Int = 0, chains: String = "[]") throws -> ExplanationView {
    let refused = """
      {"cluster":"sud-1","zone":"r2-usuel","region":"sud","operator":"dtnum","accepted":false,"chosen":[],"reasons":
      [{"code":"CapacityShort","category":"fit","temporary":true,"parameters":{},"sentence":"Il manque 2 de cpu.",
      "remedy":"Libérer 2 de cpu."},{"code":"StageNotAdmitted","category":"fit","temporary":false,"parameters":{},
      "sentence":"Non.","remedy":""}]}
      """
    let chosen = """
      {"cluster":"idf-usuel-1","zone":"r1-usuel","region":"idf","operator":"dtnum","accepted":true,"chosen":[0],
      "score":120,"reasons":[]}
      """
    let json = """
      {"project":"vigie","outcome":"\(placed ? "placed" : "unplaceable")","chains":\(chains),
      "derogations":[],"reasons":[],"environments":
      [{"environment":"prod","stage":"prod","replicas":1,"lost":[{"code":"CapacityShort","count":1}],
      "accepted":\(placed ? 1 : 0),"refused":1,"omitted":\(omitted),
      "candidates":[\(placed ? "\(chosen),\(refused)" : refused)]}]}
      """
    return try ModelJSON.decoder.decode(ExplanationView.self, from: Data(json.utf8))
  }

  static let basis = """
    {"asOf":"2026-11-23T10:00:00.000000Z","day":"2026-11-23","engineVersion":"regie-placement/2","policyVersion":3,
    "offerVersion":14,"supposed":[]}
    """

  static let place = """
    {"environment":"prod","replica":0,"zone":"r1-usuel","cluster":"idf-usuel-1","clusterLabel":"Usuel IDF 1",
    "region":"idf","operator":"dtnum","score":120,"kept":false,"components":
    {"balance":1,"affinity":0,"stickiness":0,"locality":0,"taints":0,"spread":0}}
    """

  static func query(placed: Bool) throws -> String {
    let explanation = try ModelJSON.encoder.encode(try explanation(placed: placed, omitted: 7))
    return """
      {"basis":\(basis),"proposal":[\(placed ? place : "")],"explanation":\(String(decoding: explanation, as: UTF8.self))}
      """
  }

  static func validation(valid: Bool, reasons: String = "[]", conflict: String? = nil) -> String {
    """
    {"basis":\(basis),"project":"vigie","valid":\(valid),\(valid ? #""chain":"forge","# : "")"reasons":\(reasons),
    \(conflict.map { #""conflict":"\#($0)","# } ?? "")"choices":[{"environment":"prod","replica":0,"zone":"r1-usuel","cluster":"idf-usuel-1","accepted":\(valid),
    "reasons":[]}],"nearest":[\(valid ? "" : place)]}
    """
  }

  /// Of one project, which has no place beside others; without the last two as an earlier release answers.
  static func batch(reasons: String, conflict: String?, isExhausted: Bool?) -> String {
    let objective = #"{"placed":0,"terms":0,"preference":0,"fullest":0}"#
    return """
      {"basis":\(basis),"dryRun":true,"committed":false,"outcome":"undecided","value":\(objective),"bound":\(objective),
      "provenLevels":0,"oneByOne":\(objective),"nodes":7,\(isExhausted.map { #""isExhausted":\#($0),"# } ?? "")
      "entries":[{"project":"vigie","position":0,"status":"crowdedOut","isFirstChoice":false,"places":[],
      \(conflict.map { #""conflict":"\#($0)","# } ?? "")"reasons":\(reasons)}]}
      """
  }

  static func list(_ items: some Encodable & Sendable & Codable, next: String? = nil) throws -> StubService.Answer {
    try StubService.Answer(ListView(items: [items], next: next))
  }
}
