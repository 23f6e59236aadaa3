import Contract
import Dispatch
import Foundation
import HTTPTypes
import Model
import NIOCore
import Placement
import Store
import TestSupport
import Testing

@testable import API

/// Answers that are made at once, and those that are made where they hold up nobody.
struct QueryAnswerTests {
  private static let parts = LatestParts()

  private static func answer(
    _ api: APIFixture, _ project: String, _ extent: ExplanationExtent, _ language: Language = .fr
  ) async throws -> QueryAnswer {
    let question = try QueryQuestion(project, isJSON: false, for: .query, language: language)
    let situation = try await api.store.basis(question.subject.request)
    let inquiry = try Inquiry(question, in: situation, language: language)
    return QueryAnswer(
      inquiry: inquiry, extent: extent, language: language,
      parts: Self.parts.parts(of: inquiry.engine, isSupposed: false), sentences: Sentences())
  }

  /// A project of some environments of some size.
  private static func project(_ random: inout Dice, cpu: ClosedRange<Int>) -> String {
    let more = (0..<Int.random(in: 0...6, using: &random)).map { number in
      """

          - {name: more\(number), stage: \(Bool.random(using: &random) ? "prod" : "dev"), \
      quota: {cpu: \(Int.random(in: cpu, using: &random)), memory: 1Gi, pods: 10}}
      """
    }
    return Offered.project("vigie", cpu: "\(Int.random(in: cpu, using: &random))") + more.joined()
  }

  private static func offer(_ api: APIFixture) async throws {
    try await api.offer()
    for (name, cpu) in [("nord-2", "8"), ("nord-3", "20"), ("nord-4", "40")] {
      let answer = try await api.send(.put, "/api/v1/clusters/\(name)", Offered.cluster(name, cpu: cpu))
      try #require(answer.status == 201)
    }
    _ = try await api.send(.put, "/api/v1/projects/other", Offered.project("other", cpu: "5"))
    try #require(try await api.place("other").status == 201)
  }

  @Test func `the bytes that are written are those of the view, at once or at leisure`() async throws {
    try await APIFixture.run { api in
      try await Self.offer(api)
      var random = Dice.fresh("queries at once and at leisure")
      var (quick, slow) = (0, 0)
      for round in 0..<40 {
        let project = Self.project(&random, cpu: 1...[10, 60][round % 2])
        let extent = [ExplanationExtent.page(20), .page(2), .full][round % 3]
        let language = [Language.fr, .en][round / 3 % 2]
        let answer = try await Self.answer(api, project, extent, language)
        let inquiry = answer.inquiry
        let explanation = inquiry.engine.explain(inquiry.request, on: inquiry.state)
        let view = QueryView(
          basis: inquiry.basis, proposal: inquiry.places(explanation.plan),
          explanation: ExplanationView(
            explanation, to: .everything, language: language, extent: extent, console: inquiry.console), warnings: nil)
        let wanted = String(decoding: try ModelJSON.encoder.encode(view), as: UTF8.self)
        #expect(String(buffer: answer.slow().bytes()) == wanted, "\(project)")
        if let writer = answer.quick() {
          #expect(String(buffer: writer.bytes()) == wanted, "\(project)")
          quick += 1
        } else {
          #expect(extent == .full || explanation.plan.outcome != .placed, "\(project)")
          slow += 1
        }
      }
      #expect(quick > 0 && slow > 0)
    }
  }

  @Test func `the term that only what is new holds is written as the view tells it`() async throws {
    try await APIFixture.run { api in
      try await Self.offer(api)
      var told = 0
      // Of `other` one replica stands; another cluster than that one is asked for.
      for name in ["nord-2", "nord-3", "nord-4"] {
        let terms = "preferences:\n    terms: [{matchLabels: {cluster.name: \(name)}}]"
        let two = "{name: prod, stage: prod, replicas: 2, distinct: cluster,"
        let project = Offered.project("other", cpu: "5")
          .replacingOccurrences(of: "preferences:", with: terms)
          .replacingOccurrences(of: "{name: prod, stage: prod,", with: two)
        let answer = try await Self.answer(api, project, .page(20))
        let inquiry = answer.inquiry
        let explanation = inquiry.engine.explain(inquiry.request, on: inquiry.state)
        let view = QueryView(
          basis: inquiry.basis, proposal: inquiry.places(explanation.plan),
          explanation: ExplanationView(
            explanation, to: .everything, language: .fr, extent: .page(20), console: inquiry.console), warnings: nil)
        told += view.explanation.preferenceTermOfNew == nil ? 0 : 1
        let wanted = String(decoding: try ModelJSON.encoder.encode(view), as: UTF8.self)
        #expect(String(buffer: answer.slow().bytes()) == wanted, "\(project)")
      }
      #expect(told > 0)
    }
  }

  @Test func `what may take long, or say much, is not answered at once`() async throws {
    try await APIFixture.run { api in
      try await Self.offer(api)
      let project = Offered.project("vigie")
      #expect(try await Self.answer(api, project, .page(20)).quick() != nil)
      #expect(try await Self.answer(api, project, .full).quick() == nil)
      let large = Offered.project("vigie", cpu: "4000")
      #expect(try await Self.answer(api, large, .page(20)).quick() == nil)
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `nobody's question waits for a batch, and an easy one not even for a hard one`() async throws {
    try await APIFixture.run { api in
      try await Self.offer(api)
      let (easy, hard) = (Offered.project("vigie"), Offered.project("vigie", cpu: "4000"))
      func ask(_ project: String) async throws -> Decision.Outcome {
        try await api.send(.post, Asked.query, project).decode(QueryView.self).explanation.outcome
      }
      // What is on offer is made ready.
      #expect(try await ask(easy) == .placed)
      try await Self.occupy({ try await LongWork.run($0) }) { () async throws -> Void in
        #expect(try await ask(easy) == .placed)
        #expect(try await ask(hard) == .unplaceable)
      }
      try await Self.occupy({ try await LongWork.answer($0) }) { () async throws -> Void in
        #expect(try await ask(easy) == .placed)
      }
      #expect(try await ask(hard) == .unplaceable)
    }
  }

  /// Runs `body` while every thread of a kind does something else.
  private static func occupy(
    _ run: @escaping @Sendable (@escaping @Sendable () throws -> Void) async throws -> Void,
    _ body: () async throws -> Void
  ) async throws {
    let (entered, leave) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    let count = 64
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask {
          try await run {
            entered.continuation.yield()
            leave.wait()
          }
        }
      }
      // One of them is in: those behind it are in before whatever is asked later.
      for await _ in entered.stream { break }
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
      for _ in 0..<count { leave.signal() }
      try await group.waitForAll()
      try outcome.get()
    }
  }
}
