import Contract
import Events
import Foundation
import HTTPTypes
import Identity
import Model
import Policy
import Store
import Testing

@testable import API

/// A DR zone, what is hosted there, and what of it is to be read by nobody who has no right to it.
struct RestrictedZone {
  /// Who has none.
  static let strangers: [Role] = [.operator("autre"), .projectTeam("vigie"), .projectTeam("personne")]

  /// An address of a route that reads.
  struct Address {
    var route: String
    var path: String
  }

  let placements: [PlacementView]
  let decision: String
  /// One of each kind of thing that there is of the zone, by the path of its route.
  private var found: [String: String]

  private init(_ placements: [PlacementView]) {
    self.placements = placements
    decision = placements[0].spec.decision.uuidString.lowercased()
    found = ["placements": placements[0].spec.id.uuidString.lowercased(), "decisions": decision]
  }

  /// What its operator declares of the DR zone, and of the cluster that is some projects' own: whose it is, and its size.
  private static let declared = [
    "git.example/tu", "annotation-tue", "habitant7", "41234", "41.234", "37110", "37.11", "4123.4", "4.123",
  ]
  /// What its agent says, and why anything is asked for there.
  private static let said = ["battement-tu", "motif-tu"]

  /// What must not be read: names, identifiers, and what is promised and left of the cluster in any spelling.
  var words: [String] {
    ["secretdr", decision] + placements.flatMap { [$0.spec.id.uuidString.lowercased(), $0.spec.namespace] }
      + ["13337", "13.337", "13837", "13.837", "55463", "55.463", "55963", "55.963"] + Self.declared + Self.said
      + found.values.sorted()
  }

  static func run(_ body: @escaping @Sendable (APIFixture, RestrictedZone) async throws -> Void) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all + RestrictedOffer.resources {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require(answer.status == 201, "\(path): \(answer.text)")
      }
      let placed = try await api.place("secretdr", headers: APIFixture.all)
      try #require(placed.status == 201, "\(placed.text)")
      let list: ListView<PlacementView> = try await api.send(
        .get, "/api/v1/placements?project=secretdr", headers: APIFixture.all
      ).decode()
      try #require(list.items.count == 2 && list.items.allSatisfy { $0.spec.zone == "nord-dr" })
      try await body(api, RestrictedZone(list.items))
    }
  }

  /// Whether a text in small letters has a word in it. The seconds of a moment, an identifier and a digest may have any
  /// digits by chance: no figure is read there.
  static func tells(_ text: String, _ word: String) -> Bool {
    guard text.contains(word) else { return false }
    guard word.allSatisfy({ $0.isNumber || $0 == "." }) else { return true }
    return text.replacing(/t[0-9:.]+z/, with: "")
      .replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}/, with: "").contains(word)
  }

  /// Tells where somebody reads what he must not.
  func check(_ answer: Answer, asked: String, _ reader: String) {
    let text = answer.text.lowercased()
    // A refusal repeats the address that was asked for.
    for word in words where Self.tells(text, word) {
      guard answer.status < 400 || !asked.contains(word) else { continue }
      Issue.record("\(reader) reads “\(word)” at \(asked): \(answer.text.prefix(2000))")
    }
  }
}

// MARK: All that there is to be read

extension RestrictedZone {
  /// Each route that reads, at what there is of the zone.
  func addresses(_ api: APIFixture) -> [Address] {
    let routes = APIServer.accesses(store: api.store, telemetry: api.telemetry).filter { $0.method == "GET" }
    let further = [
      "/api/v1/capacity?zone=nord-dr", "/api/v1/capacity?cluster=dr-1",
      "/api/v1/capacity?cluster=propre-1", "/api/v1/capacity/history?cluster=propre-1",
      "/api/v1/capacity/history?cluster=dr-1",
      "/api/v1/capacity:fits?dataClass=dr&stage=prod&organisation=mi", "/api/v1/placements?zone=nord-dr",
      "/api/v1/placements?cluster=dr-1", "/api/v1/offer/diff?from=2020-01-01T00:00:00Z",
    ]
    var addresses = further.map { path in Address(route: String(path.prefix { $0 != "?" }), path: path) }
    for route in routes { addresses += paths(of: route.path).map { Address(route: route.path, path: $0) } }
    return addresses
  }

  private func paths(of route: String) -> [String] {
    let path = route.replacing("{version}", with: "1").replacing("{to}", with: "1")
    if path.contains("{name}") {
      let names = [
        "nord-dr", "dr-1", "propre-1", "nord", "secretdr", "vigie", "dtnum", "forge", "regie", "exception-1",
      ]
      return names.map { path.replacing("{name}", with: $0) }
    }
    guard path.contains("{id}") else { return [path] }
    let id = found.first { path.hasPrefix("/api/v1/\($0.key)/{id}") }?.value ?? decision
    let one = path.replacing("{id}", with: id)
    if one.hasSuffix("/runbook") { return ["\(one)?party=serviceBody"] }
    guard one.contains("{section}") else { return [one] }
    return ImpactSection.allCases.map { one.replacing("{section}", with: $0.rawValue) }
  }

  private static let policy =
    Offered.policy.replacing(
      "  rules:\n",
      with: """
          rules:
            - {id: nowhere, motive: {fr: Interdit}, effect: forbid, places: {matchLabels: {region.name: sud}}}

        """) + "\n  governance: {quorum: 2}\n"

  /// A policy that lets nobody be where the zone's projects are.
  private static let stricter = policy.replacing(
    "  rules:\n",
    with: """
        rules:
          - {id: not-there, motive: {fr: Ailleurs}, effect: forbid, places: {matchLabels: {cluster.name: dr-1}}}

      """)

  /// The zone once something has happened there of all that routes tell of.
  func furnished(_ api: APIFixture) async throws -> RestrictedZone {
    var zone = self
    for (path, text) in [
      ("policies/regie", Self.policy),
      ("derogations/exception-1", Offered.derogation.replacing("vigie", with: "secretdr")),
      ("projects/secretdrtwo", Offered.project("secretdrtwo", dataClass: "dr")),
    ] { try await put(path, text, api) }
    try await api.heartbeat(
      AgentStatus(
        zone: "nord-dr", incarnation: 3, sequence: 9, version: "0.1.0", at: Reported.moment, snapshotComplete: true,
        refusedRecords: 1, lastRefusal: "battement-tu",
        clusters: [AgentStatus.ClusterStatus(name: "dr-1", reachable: true, placements: 2)]))
    zone.found["policy/impacts"] = try await askForImpact(api)
    zone.found["flows"] = try await make(
      "flows",
      #"""
      {"project": "secretdr", "environment": "prod", "system": "RIE", "direction": "outbound", "protocol": "tcp",
       "ports": [443], "motive": "motif-tu"}
      """#, api)
    zone.found["derogation-requests"] = try await make(
      "derogation-requests",
      #"""
      {"project": "secretdr", "rules": ["nowhere"], "stages": ["prod"], "motive": "motif-tu",
       "costAcceptedBy": "Mme Durand", "validUntil": "2999-06-30"}
      """#, api)
    zone.found["reservations"] = try await reserveForATime(api)
    let webhook = try await make(
      "webhooks", #"{"operator": "dtnum", "url": "https://chat.example.fr/hooks/abc"}"#, api)
    _ = try await post("webhooks/\(webhook)/test", nil, api)
    zone.found["webhooks"] = webhook
    let migration = try await startMoving(api)
    zone.found["migrations"] = migration
    zone.found["moves"] = try await first(of: "moves?migration=\(migration)", api)
    // The region may not host it any more: everything there is found not to comply.
    try await put("regions/nord", Offered.region.replacing("name: SecNumCloud", with: "name: HDS"), api)
    _ = try await api.store.publishOffer()
    _ = try await api.store.judgeEverything(always: true)
    zone.found["findings"] = try await first(of: "findings?project=secretdr", api)
    return zone
  }

  private func askForImpact(_ api: APIFixture) async throws -> String {
    let answer = try await api.send(.post, "/api/v1/policy/impacts", Self.stricter, headers: APIFixture.all)
    try #require(answer.status == 202, "\(answer.text)")
    let claim = try #require(try await api.store.claimImpact(by: "test"))
    #expect(try await api.store.workOut(claim) { _ in })
    return try answer.decode(Identified.self).text
  }

  /// What is given back afterwards: what is promised of the cluster stays what it was.
  private func reserveForATime(_ api: APIFixture) async throws -> String {
    let answer: ReservationAnswer = try await post("reservations", #"{"project": "secretdrtwo"}"#, api).decode()
    let id = try #require(answer.reservation).id.uuidString.lowercased()
    _ = try await post("reservations/\(id)/cancel", nil, api)
    return id
  }

  /// - Returns: a migration that runs: nobody has agreed to its moves, so that none begins.
  private func startMoving(_ api: APIFixture) async throws -> String {
    let target = Offered.cluster("dr-2", cpu: "88").replacing("zone: nord-usuel", with: "zone: nord-dr")
    try await put("clusters/dr-2", target, api)
    let migration = try await make(
      "migrations", #"{"motive": "departure", "reason": "motif-tu", "scope": {"clusters": ["dr-1"]}}"#, api)
    _ = try await post("migrations/\(migration)/start", "{}", api)
    return migration
  }
}

// MARK: Asking as who may do everything

extension RestrictedZone {
  /// What has an identifier.
  private struct Identified: Codable, Sendable {
    var id: UUID
    var text: String { id.uuidString.lowercased() }
  }

  private func put(_ path: String, _ text: String, _ api: APIFixture) async throws {
    let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
    try #require([200, 201].contains(answer.status), "\(path): \(answer.text)")
  }

  private func post(_ path: String, _ body: String?, _ api: APIFixture) async throws -> Answer {
    let answer = try await api.send(
      .post, "/api/v1/\(path)", body, type: "application/json", headers: APIFixture.all)
    try #require((200..<300).contains(answer.status), "\(path): \(answer.text)")
    return answer
  }

  /// - Returns: the identifier of what was made.
  private func make(_ path: String, _ body: String, _ api: APIFixture) async throws -> String {
    try await post(path, body, api).decode(Identified.self).text
  }

  private func first(of path: String, _ api: APIFixture) async throws -> String {
    let answer = try await api.send(.get, "/api/v1/\(path)", headers: APIFixture.all)
    return try #require(try answer.decode(ListView<Identified>.self).items.first, "\(path): \(answer.text)").text
  }
}
