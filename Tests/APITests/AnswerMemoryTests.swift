import Contract
import Events
import Foundation
import HTTPTypes
import Model
import NIOCore
import Placement
import Postgres
import TestSupport
import Testing

@testable import API
@testable import Store

/// Questions that are asked again are answered with what was said before, and never with anything else than what would
/// be said now.
struct AnswerMemoryTests {
  /// The answer without the moment, and how many there were from memory by then.
  private struct Said {
    var answer: Answer
    var rest: Substring
  }

  private static let bodies = [
    #"{"project": "vigie"}"#, #"{"project": "autre"}"#, Asked.console(),
    #"{"project": "vigie", "at": "2031-01-01"}"#,
  ]

  private static func ask(
    _ api: APIFixture, _ body: String, _ parameters: String = "", language: String = "fr"
  ) async throws -> Said {
    let answer = try await api.send(
      .post, Asked.query + parameters, body, type: "application/json", headers: ["Accept-Language": language])
    try #require(answer.status == 200, "\(answer.text)")
    let text = answer.text[...]
    let start = try #require(text.range(of: #","day":"#)).lowerBound
    return Said(answer: answer, rest: text[start...])
  }

  /// How many answers came from where.
  private static func count(_ api: APIFixture, from: String) async throws -> Int {
    let metrics = try await api.send(.get, "/metrics").text
    let line = metrics.split(separator: "\n").first {
      $0.hasPrefix("regie_query_answers_total{") && $0.contains("from=\"\(from)\"")
    }
    return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0
  }

  /// Asks something as it was asked before, and as nobody has ever asked it: in front of JSON any space may stand. Both
  /// answers must be the same wherever memory has stayed what it is.
  private static func expectNothingOld(
    _ api: APIFixture, _ body: String, _ parameters: String = "", language: String = "fr", _ comment: Comment
  ) async throws {
    for _ in 0..<1000 {
      let before = api.store.memory
      let fresh = try await ask(
        api, String(repeating: " ", count: Int.random(in: 1...4000)) + body, parameters, language: language)
      let again = try await ask(api, body, parameters, language: language)
      guard let before, before.generation == api.store.memory?.generation else { continue }
      #expect(fresh.rest == again.rest, "\(comment)")
      return
    }
    Issue.record("memory does not come to rest: \(comment)")
  }

  @Test func `a question asked a third time is answered from memory, with the moment of the answer`() async throws {
    try await QueryMemoryTests.run { api in
      let first = try await Self.ask(api, Self.bodies[0])
      var (second, tries) = (first, 0)
      repeat {
        second = try await Self.ask(api, Self.bodies[0])
        tries += 1
      } while try await Self.count(api, from: "memory") == 0 && tries < 1000
      #expect(try await Self.count(api, from: "memory") == 1)
      #expect(first.rest == second.rest)
      let moments = try [first, second].map { try $0.answer.decode(QueryView.self).basis.asOf }
      #expect(moments[0] < moments[1])
    }
  }

  @Test func `another language, limit or form of text is another question`() async throws {
    try await QueryMemoryTests.run { api in
      for _ in 0..<3 {
        let (french, english) = (
          try await Self.ask(api, Self.bodies[2]), try await Self.ask(api, Self.bodies[2], language: "en")
        )
        #expect(french.rest != english.rest)
        #expect(french.answer.header("content-language") == "fr" && english.answer.header("content-language") == "en")
        let named = try await Self.ask(api, Self.bodies[2], "?lang=en", language: "fr")
        #expect(named.rest == english.rest)
        let view: QueryView = try await Self.ask(api, Self.bodies[2], "?limit=1").answer.decode()
        #expect(view.explanation.environments.allSatisfy { $0.candidates.count <= 1 })
        // What is YAML and no JSON is refused where it is said to be JSON, however often it was answered as YAML.
        let yaml = Offered.project("vigie")
        #expect(try await api.send(.post, Asked.query, yaml).status == 200)
        _ = try await api.send(.post, Asked.query, yaml, type: "application/json").problem(400, .malformed)
      }
    }
  }

  @Test func `whatever happens meanwhile, nothing old is answered`() async throws {
    let seed = UInt64.random(in: .min ... .max)
    try await QueryMemoryTests.run(connections: 8) { api in
      try #require(try await api.send(.put, "/api/v1/projects/autre", Offered.project("autre")).status == 201)
      let heartbeat = AgentStatus(
        zone: "nord", incarnation: 1, sequence: 1, version: "test", at: Timestamp(microseconds: 1),
        snapshotComplete: true, clusters: [])
      _ = try await api.store.apply(
        [ObservationRecord(partition: 0, offset: 0, observation: .agent(heartbeat))], topic: "t", zone: "nord")
      var dice = Dice(seed: seed)
      for step in 1...40 {
        try await Self.change(api, step: step, &dice)
        for _ in 0..<4 {
          try await Self.expectNothingOld(
            api, Self.bodies.randomElement(using: &dice) ?? Self.bodies[0],
            ["", "?limit=1", "?lang=en"].randomElement(using: &dice) ?? "",
            language: Bool.random(using: &dice) ? "fr" : "en", "seed \(seed), step \(step)")
        }
      }
      #expect(try await Self.count(api, from: "memory") > 0, "seed \(seed): nothing was answered from memory")
    }
  }

  /// One change that answers depend on.
  private static func change(_ api: APIFixture, step: Int, _ dice: inout Dice) async throws {
    switch Int.random(in: 0..<6, using: &dice) {
    case 0:
      let (name, cpu) = ("p\(step)", Int.random(in: 1...3, using: &dice))
      _ = try await api.send(.put, "/api/v1/projects/\(name)", Offered.project(name, cpu: "\(cpu)"))
      _ = try await api.place(name)
    case 1:
      let cpu = Int.random(in: 64...200, using: &dice)
      _ = try await api.send(.put, "/api/v1/clusters/nord-1", Offered.cluster("nord-1", cpu: "\(cpu)"))
    case 2:
      let weight = Int.random(in: 1...10, using: &dice)
      let policy = Offered.policy.replacing("weight: 2", with: "weight: \(weight)")
      _ = try await api.send(.put, "/api/v1/policies/regie", policy)
    case 3:
      // In force a moment later, by its date alone.
      _ = try await api.pool.withConnection {
        try await $0.execute(
          """
          INSERT INTO policy_versions (version, resource, effective_at, document, principal)
          SELECT version + 1, resource, clock_timestamp() + interval '20 milliseconds', document, 'test'
          FROM policy_versions ORDER BY version DESC LIMIT 1
          """)
      }
    case 4: try await api.store.recordSilence(zone: "nord", for: .seconds(Int64.random(in: 100...400, using: &dice)))
    default:
      _ = try await api.send(
        .put, "/api/v1/projects/vigie", Offered.project("vigie", cpu: "\(Int.random(in: 1...8, using: &dice))"))
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a derogation that is notified by its date ends what was said before`() async throws {
    try await QueryMemoryTests.run(connections: 4) { api in
      let notified = Date(timeIntervalSinceNow: 25)
      let moment = Timestamp(notified).description
      let derogation = Offered.derogation.replacing(
        "rules: [near],", with: "rules: [near], decision: granted, notifiedAt: \"\(moment)\",")
      let answer = try await api.send(.put, "/api/v1/derogations/exception-1", derogation)
      try #require(answer.status == 201, "\(answer.text)")
      // Asked again and again until its moment has passed, and a while after.
      var (before, after) = (0, 0)
      while after < 5 {
        let view: QueryView = try await Self.ask(api, Self.bodies[0]).answer.decode()
        let isInEffect = view.explanation.derogations == ["exception-1"]
        #expect(isInEffect == (view.basis.asOf.date >= notified), "\(view.basis.asOf), \(moment)")
        if isInEffect { after += 1 } else { before += 1 }
        // Without a pause where its moment is near.
        if view.basis.asOf.date < notified - 2 { try await Task.sleep(for: .milliseconds(20)) }
      }
      #expect(before > 0)
    }
  }

  @Test func `what is kept is bounded, and goes when anything changes`() async throws {
    try await QueryMemoryTests.run { api in
      let memory = AnswerMemory(most: 4000)
      func question(_ number: Int) -> AnswerMemory.Question {
        AnswerMemory.Question(
          body: ByteBuffer(string: "\(number)"), isJSON: true, parameters: "", language: .fr, principal: "local")
      }
      var basis = try await api.store.basis(PlacementRequest(project: "vigie"))
      basis.generation = 7
      var written = JSONBytes(capacity: 64)
      QueryWriter.begin(at: basis.asOf, &written)
      written.raw(#","day":""}}"#)
      let bytes = ByteBuffer(bytes: written.bytes)
      var moment = MemoryMoment(generation: 7, asOf: basis.asOf)
      for number in 0..<100 {
        memory.keep(bytes, to: question(number), of: basis)
        #expect(memory.answer(to: question(number), at: moment) == nil)
        memory.keep(bytes, to: question(number), of: basis)
        #expect(memory.answer(to: question(number), at: moment) == bytes)
      }
      #expect((0..<100).count { memory.answer(to: question($0), at: moment) != nil } < 20)
      #expect(memory.answer(to: question(99), at: nil) == nil)
      moment.generation = 8
      #expect(memory.answer(to: question(99), at: moment) == nil)
      #expect(memory.held.bytes <= 4000)
      // What was made of an older state comes too late. All these were asked before: the first answer is kept.
      basis.generation = 8
      memory.keep(bytes, to: question(1), of: basis)
      basis.generation = 7
      memory.keep(bytes, to: question(2), of: basis)
      #expect(memory.answer(to: question(1), at: moment) == bytes)
      #expect(memory.answer(to: question(2), at: moment) == nil)
      basis.generation = nil
      memory.keep(bytes, to: question(3), of: basis)
      #expect(memory.answer(to: question(3), at: moment) == nil)
    }
  }

  @Test func `what is asked once is not kept, however much of it there is: a keystroke after the other`() async throws {
    try await QueryMemoryTests.run { api in
      let memory = AnswerMemory()
      func question(_ number: Int) -> AnswerMemory.Question {
        AnswerMemory.Question(
          body: ByteBuffer(string: "\(number)"), isJSON: true, parameters: "", language: .fr, principal: "local")
      }
      var basis = try await api.store.basis(PlacementRequest(project: "vigie"))
      basis.generation = 1
      let bytes = ByteBuffer(repeating: UInt8(ascii: " "), count: 10_000)
      for number in 0..<3 * AnswerMemory.mostAsked { memory.keep(bytes, to: question(number), of: basis) }
      #expect(memory.held.answers == 0 && memory.held.bytes == 0)
      #expect(memory.held.asked <= 2 * AnswerMemory.mostAsked)
      // What was asked lately is kept as soon as it is asked again, and in another state of the world at once.
      let last = question(3 * AnswerMemory.mostAsked - 1)
      memory.keep(bytes, to: last, of: basis)
      #expect(memory.held.answers == 1 && memory.held.bytes > 9000)
      basis.generation = 2
      memory.keep(bytes, to: last, of: basis)
      #expect(memory.held.answers == 1)
      #expect(memory.answer(to: last, at: MemoryMoment(generation: 2, asOf: basis.asOf)) != nil)
    }
  }

  /// What another instance writes, and what agents find, is heard of and not written here.
  @Test func `what another instance writes, or an agent finds, ends what was said before`() async throws {
    try await QueryMemoryTests.run(connections: 6) { api in
      let other = GovernanceStore(pool: api.pool, logger: api.store.logger)
      func expectChange(_ comment: Comment, _ change: () async throws -> Void) async throws {
        // As said before, from memory.
        var before = try await Self.ask(api, Self.bodies[0])
        let known = try await Self.count(api, from: "memory")
        while try await Self.count(api, from: "memory") == known { before = try await Self.ask(api, Self.bodies[0]) }
        try await change()
        var after = try await Self.ask(api, Self.bodies[0])
        while after.rest == before.rest { after = try await Self.ask(api, Self.bodies[0]) }
        // Once it was told it is not taken back.
        for _ in 0..<20 {
          let said = try await Self.ask(api, Self.bodies[0]).rest
          #expect(said != before.rest, comment)
          #expect(said == after.rest, comment)
        }
      }
      try await expectChange("placed by another instance") {
        _ = try await other.decide(PlacementRequest(project: "vigie"), context: RequestContext(principal: "other"))
      }
      var sequence: Int64 = 0
      for result in [ClusterConformity.Result.enforced, .notEnforced] {
        sequence += 1
        let at = Timestamp(microseconds: 1_795_000_000_000_000 + sequence)
        let status = AgentStatus(
          zone: "nord", incarnation: 1, sequence: sequence, version: "test", at: at, snapshotComplete: true,
          clusters: [
            .init(
              name: "nord-1", reachable: true, placements: 0,
              conformity: ClusterConformity(at: at, answers: [.init(rule: "root", result: result, at: at)]))
          ])
        try await expectChange("found: \(result)") {
          _ = try await other.apply(
            [ObservationRecord(partition: 0, offset: sequence, observation: .agent(status))], topic: "t", zone: "nord")
        }
      }
    }
  }
}
