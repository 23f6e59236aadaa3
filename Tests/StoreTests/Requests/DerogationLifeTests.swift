import Events
import Foundation
import Identity
import Model
import Placement
import Postgres
import Requests
import TestSupport
import Testing

@testable import Store

/// A derogation from its motive to its end, on a real database.
struct DerogationLifeTests {
  @Test
  func `what was asked for counts from its notification on, and is told in every explanation, till it is revoked`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let store = fixture.store
      #expect(try await store.judgeEverything(always: true).opened == 2)
      let asked = try await fixture.ask()
      let id = asked.request.id
      #expect(asked.revision == 1 && asked.request.state == .requested)
      try await fixture.decide(id)
      #expect(try await store.derogationRequest(id).request.state == .decided)
      #expect(try await fixture.used() == [], "granted, and not notified")
      #expect(try await store.list(.derogation).items.isEmpty)
      let notified = try await fixture.act(.notified, on: id)
      #expect(notified.request.state == .notified && notified.request.noticeDays == 30)
      #expect(try await fixture.used() == [notified.request.resourceName])
      #expect(try await store.judgeEverything(always: false).resolved == 2)
      #expect(
        try await store.findings(FindingFilter(state: .resolved)).items.map(\.resolution) == [.derogation, .derogation])
      _ = try await fixture.act(.revoked(reason: "plus besoin"), on: id)
      #expect(try await fixture.used() == [])
      #expect(try await store.judgeEverything(always: false).opened == 2)
      #expect(try await fixture.deeds(on: id) == ["requested", "opined", "opined", "decided", "notified", "revoked"])
    }
  }

  @Test func `one that is for one stage waives the rule there, and nowhere else`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let store = fixture.store
      #expect(try await store.judgeEverything(always: true).opened == 2)
      let id = try await fixture.ask(stages: ["prod"]).request.id
      try await fixture.decide(id)
      try await fixture.act(.notified, on: id)
      let judged = try await store.judgeEverything(always: false)
      #expect(judged.resolved == 1)
      let resolved = try await store.findings(FindingFilter(state: .resolved)).items
      #expect(resolved.map(\.environment) == ["prod"] && resolved.map(\.resolution) == [.derogation])
      #expect(try await store.findings().items.map(\.environment) == ["dev"])
    }
  }

  @Test func `its end is told ahead once, and on the day it ends and is judged again`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable(notice: 5)
      let store = fixture.store
      let id = try await fixture.ask(until: try await fixture.today(20)).request.id
      try await fixture.decide(id)
      try await fixture.act(.notified, on: id)
      _ = try await store.judgeEverything(always: true)
      #expect(try await store.findings().items.isEmpty)
      let first = try await store.tendDerogations()
      let next = try #require(first.next)
      // The day may end meanwhile, and one of those that are to come may have an hour more or fewer.
      #expect(first.changed.isEmpty && next > .seconds(15 * 86_400 - 7_200) && next <= .seconds(17 * 86_400))
      try await fixture.letPass(days: 17, on: id)
      // Several instances come by: whoever is first tells.
      let told = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<4 { group.addTask { try await store.tendDerogations().changed.count } }
        return try await group.reduce(0, +)
      }
      #expect(told == 1)
      #expect(try await store.derogationRequest(id).request.warnedAt != nil)
      #expect(try await fixture.used().count == 1, "it counts to its last day")
      try await fixture.letPass(days: 5, on: id)
      #expect(try await fixture.used() == [], "decisions go by the period, whether anybody has come by or not")
      _ = try await store.tendDerogations()
      #expect(try await store.derogationRequest(id).request.state == .expired)
      #expect(try await store.list(.derogation).items.isEmpty)
      #expect(try await store.judgeEverything(always: false).opened == 2)
      #expect(try await store.tendDerogations() == RequestTending(changed: [], next: nil))
      #expect(
        try await fixture.deeds(on: id) == [
          "requested", "opined", "opined", "decided", "notified", "expiring", "expired",
        ])
    }
  }

  @Test func `a rule that nothing waives is not even asked for`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable(firm: true)
      let refused = try await refusal { _ = try await fixture.ask() }
      #expect(refused?.kind == .invalid && refused?.path == "rules")
    }
  }

  @Test
  func `where there is a board nobody writes by hand what waives, and nobody anywhere what a request has notified`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let store = fixture.store
      let id = try await fixture.ask().request.id
      try await fixture.decide(id)
      let name = try await fixture.act(.notified, on: id).request.resourceName
      let draft = DerogationSpec(project: "basegun", rules: ["not-here"], motive: "m")
      let harmless = try await fixture.put(draft, as: "by-hand")
      #expect(harmless == nil, "what waives nothing may be written down")
      let waiving = try await fixture.put(Self.waiving, as: "by-hand")
      #expect(waiving?.kind == .requestDecides)
      let over = try await fixture.put(Self.waiving, as: name)
      #expect(over?.kind == .requestDecides)
      let deletion = try await refusal { try await store.delete(.derogation, name, context: someone) }
      #expect(deletion?.kind == .requestDecides)
      #expect(try await fixture.used() == [name])
      try await store.delete(.derogation, "by-hand", context: someone)
    }
    try await StoreFixture.run { fixture in
      // Without a board, as at the beginning and where an older register is taken over.
      try await fixture.derogable(board: false)
      let written = try await fixture.put(Self.waiving, as: "by-hand")
      #expect(written == nil)
      #expect(try await fixture.used() == ["by-hand"])
    }
  }

  private static let waiving = DerogationSpec(
    project: "basegun", rules: ["not-here"], motive: "m", decision: .granted,
    notifiedAt: Date(timeIntervalSince1970: 1_700_000_000))

  @Test func `a request is its project's: to others it is not even there`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let id = try await fixture.ask().request.id
      let unseen = try await refusal { _ = try await fixture.store.derogationRequest(id, within: Self.elsewhere) }
      #expect(unseen?.kind == .notFound)
      let untouched = try await refusal {
        _ = try await fixture.store.act(
          .withdrawn(reason: nil), on: id, by: StoreFixture.team, within: Self.elsewhere, context: someone)
      }
      #expect(untouched?.kind == .notFound)
      let unasked = try await refusal {
        _ = try await fixture.store.requestDerogation(
          DerogationRequest.Scope(project: "basegun", rules: ["not-here"]), motive: "m", costAcceptedBy: "x",
          by: StoreFixture.team, within: .own(operators: [], projects: ["other"]), context: someone)
      }
      #expect(unasked?.kind == .forbidden)
      let others = try await fixture.store.derogationRequests(DerogationFilter(projects: ["other"])).items
      #expect(others.isEmpty)
    }
  }

  @Test func `nobody decides on what a key has asked for that he has made, nor speaks by it on what he has asked for`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let admin = StoreFixture.admin
      let other = RequestActor(principal: "oidc:other", isAdmin: true)
      let made = APIKey(
        identifier: [UInt8](repeating: 1, count: APIKey.identifierSize),
        secret: [UInt8](repeating: 2, count: APIKey.secretSize))
      let key = try #require(made)
      _ = try await fixture.store.create(
        APIKeyOrder(
          name: "basegun", roles: [.projectTeam("basegun"), .operator("dtnum")], isReadOnly: false, seconds: 3600),
        key: key, context: RequestContext(principal: admin.principal))
      let holder = RequestActor(principal: "key:\(key.identifier)", isApplicant: true, operator: "dtnum")
      func ask(_ actor: RequestActor) async throws -> UUID {
        try await fixture.store.requestDerogation(
          DerogationRequest.Scope(project: "basegun", rules: ["not-here"]), motive: "Le temps de migrer",
          costAcceptedBy: "Mme Durand", by: actor, context: RequestContext(principal: actor.principal)
        ).request.id
      }
      let ofOperator = DerogationEvent.opined(.operator("dtnum"), .favourable, text: "d’accord", author: nil)
      let ofAuthority = DerogationEvent.opined(.homologation, .reserved, text: "sous réserve", author: "M. Petit")
      let decision = DerogationEvent.decided(.granted, reason: "motivé")

      let byKey = try await ask(holder)
      let speaker = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
      try await fixture.act(ofOperator, on: byKey, by: speaker)
      let opined = try await refusal { try await fixture.act(ofAuthority, on: byKey, by: admin) }
      #expect(opined?.kind == .forbidden && opined?.path == "principal")
      try await fixture.act(ofAuthority, on: byKey, by: other)
      let decided = try await refusal { try await fixture.act(decision, on: byKey, by: admin) }
      #expect(decided?.kind == .forbidden && decided?.path == "principal")
      #expect(try await fixture.act(decision, on: byKey, by: other).request.state == .decided)

      let byAdmin = try await ask(admin)
      let spoken = try await refusal { try await fixture.act(ofOperator, on: byAdmin, by: holder) }
      #expect(spoken?.kind == .forbidden && spoken?.path == "principal")
    }
  }

  private static let elsewhere = DerogationReach.own(projects: ["other"])

  @Test func `a request has one answer for one key, and keeps what was said`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      let first = try await fixture.ask(key: "k")
      let again = try await fixture.ask(key: "k")
      #expect(again.isReplay && again.request == first.request)
      let mismatch = try await refusal { _ = try await fixture.ask(stages: ["dev"], key: "k") }
      #expect(mismatch?.kind == .idempotencyMismatch)
      let id = first.request.id
      let stale = try await refusal {
        _ = try await fixture.store.act(
          .withdrawn(reason: nil), on: id, if: .version(["7"]), by: StoreFixture.team, context: someone)
      }
      #expect(stale?.kind == .versionMismatch)
      try await fixture.act(.withdrawn(reason: "non"), on: id, by: StoreFixture.team)
      let twice = try await refusal { try await fixture.act(.withdrawn(reason: nil), on: id) }
      #expect(twice?.kind == .requestState)
      let withdrawn = try await fixture.store.derogationRequests(DerogationFilter(states: [.withdrawn])).items
      #expect(withdrawn.map(\.request.id) == [id])
      await #expect(throws: PostgresError.self) {
        try await fixture.pool.withConnection { _ = try await $0.execute("DELETE FROM derogation_requests") }
      }
    }
  }

  @Test func `whatever happens in whatever order, no explanation names what was not notified or is out of its period`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.derogable()
      var dice = Dice.fresh("derogations that explanations name")
      var (ids, sawOne): ([UUID], Bool) = ([], false)
      for round in 0...40 {
        let note = Comment(rawValue: "seed \(dice.seed), round \(round)")
        let (choice, chance) = (Int.random(in: 0..<8, using: &dice), Int.random(in: 0..<4, using: &dice))
        let (early, late) = (Int.random(in: -3...3, using: &dice), Int.random(in: 3...6, using: &dice))
        if round == 40 {
          // Whatever chance has brought about: one that counts.
          ids.append(try await fixture.ask().request.id)
          try await fixture.decide(ids[ids.count - 1])
          try await fixture.act(.notified, on: ids[ids.count - 1])
        } else if choice < 2 || ids.isEmpty {
          let first = chance < 2 ? try await fixture.today(early) : nil
          let last = chance % 2 == 0 ? try await fixture.today(late) : nil
          ids.append(try await fixture.ask(from: first, until: last).request.id)
        } else {
          let id = ids[Int.random(in: 0..<ids.count, using: &dice)]
          switch choice {
          case 2, 3: _ = try await refusal { try await fixture.decide(id, chance > 0 ? .granted : .refused) }
          case 4, 5: _ = try await refusal { try await fixture.act(.notified, on: id) }
          case 6: _ = try await refusal { try await fixture.act(.revoked(reason: "assez"), on: id) }
          default:
            try await fixture.letPass(days: 1 + chance, on: id)
            if early > 0 { _ = try await fixture.store.tendDerogations() }
          }
        }
        let requests = try await fixture.store.derogationRequests(limit: 1000).items
        let wanted = requests.filter { record in
          let request = record.request
          guard request.state == .notified, request.verdict?.outcome == .granted, request.notifiedAt != nil else {
            return false
          }
          let day = ParisTime.day(of: record.asOf)
          return (request.scope.validFrom ?? day) <= day && day <= (request.scope.validUntil ?? day)
        }
        let used = try await fixture.used()
        #expect(used == wanted.map(\.request.resourceName).sorted(), note)
        sawOne = sawOne || !used.isEmpty
      }
      #expect(sawOne, "where none is ever in effect nothing was tried")
    }
  }
}

extension StoreFixture {
  /// Applies a derogation by hand.
  fileprivate func put(_ spec: DerogationSpec, as name: String) async throws -> StoreError? {
    try await refusal { _ = try await store.put(.derogation(Resource(name, spec)), context: someone) }
  }

  /// What the audit trail tells of a request, in its order.
  fileprivate func deeds(on id: UUID) async throws -> [String] {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT action FROM audit_entries WHERE kind = 'DerogationRequest' AND name = \(id.uuidString.lowercased())
        ORDER BY id
        """
      ).map { try $0.decode(String.self, "action") }
    }
  }
}
