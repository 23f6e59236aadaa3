import Contract
import Foundation
import Model
import NIOConcurrencyHelpers
import Placement

/// A service's projects and ledger, as far as the import asks for them: every wish for one more environment is granted
/// where it is wished for, with the versions of documents as the service has them, and documents judged as it judges them.
final class ConsoleLedger: Sendable {
  struct State: Sendable {
    var documents: [String: Resource<ProjectSpec>] = [:]
    var version = 1
    var placements: [PlacementView] = []
    var pending: [String: PlacementView] = [:]
    /// The clusters that whoever asks is told of.
    var modes: [String: ClusterSpec.Mode] = ["np-mutualise-1": .adopt, "np-mutualise-2": .adopt]
    /// The console's identifiers of some of them.
    var identifiers: [String: UUID] = [:]
    /// What was asked for, a path each.
    var asked: [String] = []
  }

  private let state: NIOLockedValueBox<State>
  /// Answers in the service's place where it wants to, or does something beside it.
  private let hand: @Sendable (StubService.Request, inout State) throws -> StubService.Answer?

  init(
    _ projects: [Resource<ProjectSpec>],
    hand: @escaping @Sendable (StubService.Request, inout State) throws -> StubService.Answer? = { _, _ in nil }
  ) {
    var state = State()
    for project in projects { state.write(project) }
    self.state = NIOLockedValueBox(state)
    self.hand = hand
  }

  var now: State { state.withLockedValue { $0 } }

  func change(_ body: @Sendable (inout State) -> Void) { state.withLockedValue(body) }

  func answer(_ request: StubService.Request) throws -> StubService.Answer {
    try state.withLockedValue { state in
      state.asked.append("\(request.method) \(request.path)")
      if let answer = try hand(request, &state) { return answer }
      return try Self.answer(request, &state)
    }
  }

  static func refusal(_ status: Int) throws -> StubService.Answer {
    try .init(Problem(status: status, code: "refused", title: "refused", detail: "refused with \(status)"))
  }

  private static func answer(_ request: StubService.Request, _ state: inout State) throws -> StubService.Answer {
    let parts = request.path.split(separator: "/").dropFirst(2).map(String.init)
    switch (request.method, parts.first) {
    case ("GET", "placements"):
      let project = request.query.split(separator: "=").last.map(String.init)
      return try .init(ListView(items: state.placements.filter { $0.spec.project == project }, next: nil))
    case ("GET", "clusters") where parts.count == 1:
      let all = state.modes.keys.sorted().compactMap { state.cluster($0) }
      return try .init(ResourceListView(items: all.map { ResourceView($0) }, next: nil, withheld: 0))
    case ("GET", "clusters"):
      guard let cluster = state.cluster(parts[1]) else { return try refusal(404) }
      return try .init(cluster)
    case ("GET", "projects"):
      guard let document = state.documents[parts[1]] else { return try refusal(404) }
      return try .init(AnyResource.project(document))
    case ("PUT", "projects"):
      guard try isSound(request.body) else { return try refusal(422) }
      let isNew = request.headers["if-none-match"] == "*"
      guard let document = try state.take(request.body, isNew: isNew) else { return try refusal(412) }
      return try .init(AnyResource.project(document))
    case ("DELETE", "projects"):
      state.documents[parts[1]] = nil
      return .init("", status: 204)
    case ("POST", "reservations") where parts.count == 1: return try reserve(request, &state)
    case ("POST", "reservations"):
      guard let view = state.pending.removeValue(forKey: parts[1].lowercased()) else { return try refusal(404) }
      guard parts[2] == "confirm" else { return .init("{}") }
      let confirmation = try ModelJSON.decoder.decode(ReservationConfirmation.self, from: Data(request.body.utf8))
      var placed = view
      if let id = confirmation.environmentIDs[view.spec.environment] { placed.spec.environmentID = id }
      state.placements.append(placed)
      return .init("{}")
    default: return try refusal(404)
    }
  }

  private static func isSound(_ body: String) throws -> Bool {
    let sent = try ModelJSON.decoder.decode(AnyResource.self, from: Data(body.utf8))
    let errors = sent.problems.filter { $0.severity == .error }
    return errors.isEmpty
  }

  private static func reserve(_ request: StubService.Request, _ state: inout State) throws -> StubService.Answer {
    guard try isSound(request.body) else { return try refusal(422) }
    guard let document = try state.take(request.body, isNew: false) else { return try refusal(412) }
    let placed = Set(state.placements.filter { $0.spec.project == document.name }.map(\.spec.environment))
    let wanted = document.spec.environments.filter { !placed.contains($0.name) }
    guard wanted.count == 1, let one = wanted.first,
      let cluster = document.spec.preferences.weighted.first?.target.matchExpressions.first?.values.first
    else { return try refusal(400) }
    var view = try Samples.placement()
    let id = UUID()
    (view.spec.project, view.spec.environment, view.spec.stage) = (document.name, one.name, one.stage)
    (view.spec.quota, view.spec.cluster) = (one.quota, cluster)
    state.pending[id.uuidString.lowercased()] = view
    let reservation = ReservationView(
      id: id, project: document.name, state: .pending, decision: id, principal: "someone", createdAt: Samples.at,
      expiresAt: Samples.at, confirmedAt: nil, cancelledAt: nil,
      places: [
        ReservationView.Place(
          environment: one.name, replica: 0, zone: "np", cluster: cluster, quota: one.quota, placement: id)
      ])
    return try .init(
      ReservationAnswer(
        reservation: reservation, decision: try Samples.decision(placed: true).decision,
        explanation: try Samples.explanation(placed: true)), status: 201)
  }
}

extension ConsoleLedger.State {
  func cluster(_ name: String) -> AnyResource? {
    guard let mode = modes[name] else { return nil }
    let console = identifiers[name].map { ClusterSpec.Console(id: $0, label: "here \(name)") }
    let spec = ClusterSpec(
      zone: "np", dataCenters: ["idf-1"], mode: mode, stages: ["prod"], capacity: ResourceList(), console: console)
    return .cluster(Resource(name, spec))
  }

  /// Writes a document as the next version.
  @discardableResult
  mutating func write(_ project: Resource<ProjectSpec>) -> Resource<ProjectSpec> {
    version += 1
    var project = project
    project.metadata.resourceVersion = "\(version)"
    documents[project.name] = project
    return project
  }

  /// Writes what a client has sent; nil where that is of another version.
  mutating func take(_ body: String, isNew: Bool) throws -> Resource<ProjectSpec>? {
    let sent = try ModelJSON.decoder.decode(AnyResource.self, from: Data(body.utf8))
    guard case .project(let project) = sent else { return nil }
    let present = documents[project.name]?.metadata.resourceVersion
    if isNew, present != nil { return nil }
    if let version = project.metadata.resourceVersion, version != present { return nil }
    return write(project)
  }
}
