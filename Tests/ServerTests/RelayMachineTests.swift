import Events
import Foundation
import Model
import Testing

@testable import Server
@testable import Store

/// Every event in every stage.
struct RelayMachineTests {
  static let first = UUID(uuidString: "00000000-0000-4000-8000-000000000001") ?? UUID()
  static let second = UUID(uuidString: "00000000-0000-4000-8000-000000000002") ?? UUID()

  static func claim(
    _ placement: UUID, zone: String = "y", revision: Int64 = 1, ids: [Int64] = [1]
  ) -> OutboxClaim {
    OutboxClaim(
      state: DesiredState(
        placement: placement, zone: zone, cluster: "c", phase: .active, revision: revision, epoch: 1,
        decision: placement,
        decidedAt: Timestamp(microseconds: 0), sensitivity: .usuel, mode: .own, namespace: "n",
        project: DesiredState.Project(id: placement, name: "p", organisation: "o"),
        environment: DesiredState.Environment(id: placement, name: "e", stage: "prod"), quota: ResourceList()),
      ids: ids, oldest: Timestamp(microseconds: 0), traceparent: nil)
  }

  static func publication(_ claim: OutboxClaim, acknowledged: Bool) -> RelayMachine.Publication {
    let ack = OutboxAck(ids: claim.ids, topic: "t", partition: 0, offset: 0)
    return RelayMachine.Publication(claim: claim, ack: acknowledged ? ack : nil)
  }

  /// Each of another zone.
  static let claims = [claim(first, zone: "y"), claim(second, zone: "z")]
  static let claiming = claiming(without: [])

  static func claiming(without zones: Set<String>) -> RelayMachine.Action {
    .claim(term: 7, limit: RelayMachine.batchLimit, excluding: zones)
  }

  /// Events by name, so that the table below can be read.
  static let events: [String: RelayMachine.Event] = [
    "elected": .elected(term: 7, mayBeInFlight: false, fences: false),
    "elected after another": .elected(term: 7, mayBeInFlight: true, fences: false),
    "elected with a fence": .elected(term: 7, mayBeInFlight: false, fences: true),
    "elected after another, with a fence": .elected(term: 7, mayBeInFlight: true, fences: true), "fenced": .fenced,
    "waited out": .waitedOut, "republished": .republished, "bell": .bell, "claimed nothing": .claimed([]),
    "claimed": .claimed(claims), "published all": .published(claims.map { publication($0, acknowledged: true) }),
    "published none": .published(claims.map { publication($0, acknowledged: false) }),
    "due": .due(zone: "z"), "undue": .undue(zone: "z"), "another is due": .due(zone: "x"),
    "another is undue": .undue(zone: "x"),
    "published one": .published([
      publication(claims[0], acknowledged: true), publication(claims[1], acknowledged: false),
    ]), "marked": .marked, "failed": .failed, "resumed": .resumed, "deposed": .deposed,
  ]

  struct Stage: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// How it is reached.
    var path: [String]
    /// What events do there; those that are not named do nothing.
    var reactions: [String: [RelayMachine.Action]]
    /// What may be under way when leadership ends.
    var unresolved: [UUID] = []
  }

  static let stages: [Stage] = [
    Stage(
      testDescription: "following", path: [],
      reactions: [
        "elected": [.republishRecent], "elected after another": [.waitOut], "elected with a fence": [.fence],
        "elected after another, with a fence": [.fence],
      ]),
    Stage(
      testDescription: "fencing", path: ["elected with a fence"],
      reactions: ["fenced": [.republishRecent], "failed": [.pause(failures: 1)]]),
    Stage(
      testDescription: "fencing after another", path: ["elected after another, with a fence"],
      reactions: ["fenced": [.waitOut], "failed": [.pause(failures: 1)]]),
    Stage(
      testDescription: "pausing before fencing", path: ["elected after another, with a fence", "failed"],
      reactions: ["resumed": [.fence]]),
    Stage(
      testDescription: "waiting out", path: ["elected after another"], reactions: ["waited out": [.republishRecent]]),
    Stage(
      testDescription: "republishing", path: ["elected"],
      reactions: ["republished": [claiming], "failed": [.pause(failures: 1)]]),
    Stage(
      testDescription: "pausing before republishing", path: ["elected", "failed"],
      reactions: ["resumed": [.republishRecent]]),
    Stage(
      testDescription: "claiming", path: ["elected", "republished"],
      reactions: ["claimed": [.publish([first, second])], "failed": [.pause(failures: 1)]]),
    Stage(
      testDescription: "pausing before claiming", path: ["elected", "republished", "failed"],
      reactions: ["resumed": [claiming]]),
    Stage(
      testDescription: "idle", path: ["elected", "republished", "claimed nothing"], reactions: ["bell": [claiming]]),
    Stage(
      testDescription: "publishing", path: ["elected", "republished", "claimed"],
      reactions: [
        "published all": [.mark],
        "published one": [.setAside(zone: "z", failures: 1), .mark],
        "published none": [
          .setAside(zone: "y", failures: 1), .setAside(zone: "z", failures: 1), claiming(without: ["y", "z"]),
        ],
      ],
      unresolved: [first, second]),
    Stage(
      testDescription: "claiming for others after nothing was published",
      path: ["elected", "republished", "claimed", "published none"],
      reactions: [
        "claimed": [.publish([first, second])], "failed": [.pause(failures: 1)],
        "undue": [.setAside(zone: "z", failures: 2)],
      ],
      unresolved: [first, second]),
    Stage(
      testDescription: "marking", path: ["elected", "republished", "claimed", "published all"],
      reactions: ["marked": [claiming], "failed": [.pause(failures: 1)]]),
    Stage(
      testDescription: "pausing before marking",
      path: ["elected", "republished", "claimed", "published all", "failed"],
      reactions: ["resumed": [.mark]]),
    Stage(
      testDescription: "marking a part", path: ["elected", "republished", "claimed", "published one"],
      reactions: [
        "marked": [claiming(without: ["z"])], "failed": [.pause(failures: 1)],
        "undue": [.setAside(zone: "z", failures: 2)],
      ],
      unresolved: [second]),
    Stage(
      testDescription: "idle beside a zone that is set aside",
      path: ["elected", "republished", "claimed", "published one", "marked", "claimed nothing"],
      reactions: [
        "bell": [claiming(without: ["z"])], "due": [claiming], "undue": [.setAside(zone: "z", failures: 2)],
      ],
      unresolved: [second]),
    Stage(
      testDescription: "publishing for a zone that failed before",
      path: ["elected", "republished", "claimed", "published one", "marked", "claimed nothing", "due", "claimed"],
      reactions: [
        "published all": [.mark],
        "published one": [.setAside(zone: "z", failures: 2), .mark],
        "published none": [
          .setAside(zone: "y", failures: 1), .setAside(zone: "z", failures: 2), claiming(without: ["y", "z"]),
        ],
      ],
      unresolved: [first, second]),
    Stage(
      testDescription: "idle after a zone had nothing left to publish",
      path: [
        "elected", "republished", "claimed", "published one", "marked", "claimed nothing", "due", "claimed nothing",
      ],
      reactions: ["bell": [claiming]]),
    Stage(testDescription: "stopped", path: ["elected", "republished", "deposed"], reactions: [:]),
  ]

  private func machine(at stage: Stage) throws -> RelayMachine {
    var machine = RelayMachine()
    for name in stage.path { _ = machine.handle(try #require(Self.events[name])) }
    return machine
  }

  @Test(arguments: stages)
  func `each event does in each stage what the table says`(stage: Stage) throws {
    for (name, event) in Self.events {
      var machine = try machine(at: stage)
      var expected = stage.reactions[name] ?? []
      if name == "deposed", stage.testDescription != "stopped" { expected = [.purge(unresolved: stage.unresolved)] }
      #expect(machine.handle(event) == expected, "\(stage.testDescription) + \(name)")
    }
  }

  @Test(arguments: stages)
  func `once deposed nothing is done any more, whatever comes`(stage: Stage) throws {
    for (name, event) in Self.events {
      var machine = try machine(at: stage)
      _ = machine.handle(.deposed)
      #expect(machine.handle(event) == [], "\(stage.testDescription) + \(name)")
    }
  }

  @Test func `a bell that rings while a batch is under way is heard after it`() throws {
    var machine = RelayMachine()
    _ = machine.handle(.elected(term: 7, mayBeInFlight: false, fences: false))
    _ = machine.handle(.republished)
    #expect(machine.handle(.bell) == [])
    #expect(machine.handle(.claimed([])) == [Self.claiming], "it came after the claim was made")
    #expect(machine.handle(.claimed([])) == [])
    #expect(machine.isIdle)
  }

  @Test func `a full batch is followed by another claim, without a bell`() throws {
    var machine = RelayMachine()
    _ = machine.handle(.elected(term: 7, mayBeInFlight: false, fences: false))
    _ = machine.handle(.republished)
    let many = (0..<RelayMachine.batchLimit).map { _ in Self.claim(UUID()) }
    _ = machine.handle(.claimed(many))
    #expect(machine.handle(.published(many.map { Self.publication($0, acknowledged: true) })) == [.mark])
    #expect(machine.acks.count == RelayMachine.batchLimit)
    #expect(machine.handle(.marked) == [Self.claiming])
  }

  /// A machine that leads and is claiming.
  private func leader() -> RelayMachine {
    var machine = RelayMachine()
    _ = machine.handle(.elected(term: 7, mayBeInFlight: false, fences: false))
    _ = machine.handle(.republished)
    return machine
  }

  @Test func `the pauses of a zone grow until it comes through, whatever the others do`() {
    var machine = leader()
    let published: (Bool) -> RelayMachine.Event = { took in
      .published([
        Self.publication(Self.claims[0], acknowledged: true), Self.publication(Self.claims[1], acknowledged: took),
      ])
    }
    for failures in 1...4 {
      _ = machine.handle(.claimed(Self.claims))
      #expect(machine.handle(published(false)) == [.setAside(zone: "z", failures: failures), .mark])
      #expect(machine.hasTroubledZones)
      #expect(machine.handle(.marked) == [Self.claiming(without: ["z"])])
      #expect(machine.handle(.claimed([])) == [])
      #expect(machine.handle(.due(zone: "z")) == [Self.claiming])
    }
    _ = machine.handle(.claimed(Self.claims))
    #expect(machine.handle(published(true)) == [.mark])
    #expect(!machine.hasTroubledZones)
    _ = machine.handle(.marked)
    _ = machine.handle(.claimed(Self.claims))
    #expect(machine.handle(published(false)) == [.setAside(zone: "z", failures: 1), .mark])
  }

  @Test func `a zone that is due while something else is under way is claimed for after it, and its failures are kept`()
  {
    var machine = leader()
    _ = machine.handle(.claimed(Self.claims))
    _ = machine.handle(.published(Self.claims.map { Self.publication($0, acknowledged: $0.state.zone == "y") }))
    #expect(machine.handle(.marked) == [Self.claiming(without: ["z"])])
    #expect(machine.handle(.due(zone: "z")) == [], "a claim is under way")
    #expect(machine.handle(.due(zone: "z")) == [], "said twice, it is heard once")
    #expect(machine.handle(.claimed([])) == [Self.claiming])
    _ = machine.handle(.claimed([Self.claims[1]]))
    let answer = machine.handle(.published([Self.publication(Self.claims[1], acknowledged: false)]))
    #expect(answer == [.setAside(zone: "z", failures: 2), Self.claiming(without: ["z"])])
  }

  @Test func `failures add up, and a batch that comes through forgets them`() throws {
    var machine = RelayMachine()
    _ = machine.handle(.elected(term: 7, mayBeInFlight: false, fences: false))
    _ = machine.handle(.republished)
    for failures in 1...5 {
      #expect(machine.handle(.failed) == [.pause(failures: failures)])
      _ = machine.handle(.resumed)
    }
    _ = machine.handle(.claimed(Self.claims))
    _ = machine.handle(.published(Self.claims.map { Self.publication($0, acknowledged: true) }))
    _ = machine.handle(.marked)
    #expect(machine.handle(.failed) == [.pause(failures: 1)])
  }
}
