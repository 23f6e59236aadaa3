import Contract
import Events
import Foundation
import HTTPTypes
import Model
import NIOConcurrencyHelpers
import Store
import Testing

@testable import API

/// A restored database, as whoever asks sees it.
struct RecoveryRoutesTests {
  /// A bus that holds one state of a placement that the database does not know.
  private struct Bus: RecoverySurveyor {
    var isAway = false

    static let state = DesiredState(
      placement: UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID(), zone: "nord", cluster: "nord-1",
      phase: .active, revision: 7, epoch: 3, decision: UUID(),
      decidedAt: Timestamp(microseconds: 1_795_000_000_000_000),
      sensitivity: .usuel, mode: .own, namespace: "perdu--prod",
      project: DesiredState.Project(id: UUID(), name: "perdu", organisation: "mi"),
      environment: DesiredState.Environment(id: UUID(), name: "prod", stage: "prod"),
      quota: ResourceList(cpu: Quantity(2), memory: Quantity("1Gi")))

    func evidence() async throws -> [BusEvidence] {
      if isAway { throw Away() }
      let content = ContentDigest(of: try BusCodec.encode(Self.state))
      return [
        BusEvidence(
          zone: "nord",
          desired: [
            Self.state.placement: BusEvidence.Seen(state: Self.state, content: content, partition: 0, offset: 4)
          ])
      ]
    }

    func told() async throws -> ToldEvidence {
      var told = ToldEvidence()
      told.take(
        PolicyVersionFact(
          epoch: 3, version: 9, state: .inForce, origin: "ratified", effectiveAt: Timestamp(microseconds: 1),
          digest: String(repeating: "0", count: 64)))
      return told
    }

    struct Away: Error {}
  }

  /// A bus that is read to its end once it is let, or has waited too long for that.
  private final class SlowBus: RecoverySurveyor {
    private struct State {
      var isOpen = false
      var underWay = 0
      var most = 0
    }

    private let state = NIOLockedValueBox(State())

    /// How often it was read at a time, at most.
    var most: Int { state.withLockedValue { $0.most } }

    func open() { state.withLockedValue { $0.isOpen = true } }

    func evidence() async throws -> [BusEvidence] {
      state.withLockedValue { state in
        state.underWay += 1
        state.most = max(state.most, state.underWay)
      }
      defer { state.withLockedValue { $0.underWay -= 1 } }
      let end = ContinuousClock.now + .seconds(120)
      while !state.withLockedValue({ $0.isOpen }), ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(5))
      }
      return try await Bus().evidence()
    }

    func told() async throws -> ToldEvidence { try await Bus().told() }
  }

  @Test func `while suspended a decision is refused with a problem of its own, and reading goes on`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      try await api.store.suspend(because: "the bus is ahead", comparedIn: 1)
      let problem = try await api.refuse(
        .post, "/api/v1/placements", #"{"project": "vigie"}"#, type: "application/json", with: 503, .databaseRestored)
      #expect(problem.detail.contains("regie recover"))
      #expect(try await api.send(.get, "/api/v1/placements").status == 200)
    }
  }

  @Test func `a plan is shown, and only that plan is carried out`() async throws {
    try await APIFixture.run(surveyor: Bus()) { api in
      try await api.offer()
      try await api.store.suspend(because: "the bus is ahead", comparedIn: 1)
      let plan: RecoveryView = try await api.send(.get, "/api/v1/recovery?lang=en").decode()
      #expect(plan.restored && !plan.recovered && plan.suspendedAt != nil && plan.signs.count == 2)
      #expect((plan.epoch, plan.nextEpoch) == (1, 4))
      #expect(plan.changes.map(\.action) == [.adopted] && plan.changes.first?.to == "4.8")
      #expect(plan.changes.first?.from == nil && plan.findings.map(\.kind) == ["PolicyLost", "ProjectUnknown"])
      #expect(plan.findings.first?.message.contains("versions 2 to 9") == true && plan.findings.first?.zone == "")
      _ = try await api.refuse(
        .post, "/api/v1/recovery", #"{"plan": "0"}"#, type: "application/json", with: 409, .conflict)
      _ = try await api.refuse(.post, "/api/v1/recovery", "{}", type: "application/json", with: 400, .malformed)

      let done: RecoveryView = try await api.send(
        .post, "/api/v1/recovery", #"{"plan": "\#(plan.plan)"}"#, type: "application/json"
      ).decode()
      #expect(done.recovered && done.changes == plan.changes)
      let placements: ListView<PlacementView> = try await api.send(.get, "/api/v1/placements").decode()
      #expect(placements.items.map(\.spec.project) == ["perdu"])
      let calm: RecoveryView = try await api.send(.get, "/api/v1/recovery").decode()
      #expect(!calm.restored && calm.epoch == 4 && calm.nextEpoch == 4 && calm.suspendedAt == nil)
    }
  }

  @Test func `the bus is read once at a time, however many ask`() async throws {
    let bus = SlowBus()
    try await APIFixture.run(surveyor: bus) { api in
      try await api.offer()
      try await withThrowingTaskGroup(of: Answer.self) { group in
        for _ in 0..<7 { group.addTask { try await api.send(.get, "/api/v1/recovery") } }
        for _ in 0..<2 {
          let refused = try #require(try await group.next())
          _ = try refused.problem(503, .contended)
        }
        bus.open()
        for try await answer in group { #expect(answer.status == 200, "\(answer.text)") }
      }
      #expect(bus.most == 1)
    }
  }

  @Test func `without the bus there is no plan`() async throws {
    for surveyor in [nil, Bus(isAway: true)] as [Bus?] {
      try await APIFixture.run(surveyor: surveyor) { api in
        #expect(try await api.send(.get, "/api/v1/recovery").problem(503, .busUnavailable).status == 503)
        _ = try await api.refuse(
          .post, "/api/v1/recovery", #"{"plan": "0"}"#, type: "application/json", with: 503, .busUnavailable)
      }
    }
  }
}
