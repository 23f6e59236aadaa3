import Contract
import Dispatch
import HTTPTypes
import Identity
import NIOConcurrencyHelpers
import NIOCore
import Store
import Testing

@testable import API

/// What is long to compute, asked for by many at once. One after the other: each takes all threads of a line, of which
/// there is one in the process, and two of them would wait for each other.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct AskersTests {
  @Test func `who asks much waits no longer in front of the others than his share`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      try await api.offer(projects: ["vigie"], headers: APIFixture.all)
      @Sendable func ask(_ headers: [String: String]) async throws -> Answer {
        try await api.send(
          .post, "/api/v1/placements:query?explain=full", #"{"project": "vigie"}"#, type: "application/json",
          headers: headers)
      }
      let team = APIFixture.being(.projectTeam("vigie"))
      let busy = BusyThreads()
      try await withThrowingTaskGroup(of: Answer?.self) { group in
        defer { busy.end() }
        try await busy.begin(in: &group) { try await LongWork.answer($0) }
        for _ in 0..<66 { group.addTask { try await ask(team) } }
        for _ in 0..<2 {
          let first = try await group.next()
          let refused = try #require(first ?? nil)
          _ = try refused.problem(503, .contended)
          #expect(refused.header("retry-after") == "1")
        }
        group.addTask { try await ask(["x-api-key": "console"]) }
        busy.end()
        for try await answer in group {
          guard let answer else { continue }
          #expect(answer.status == 200, "\(answer.text)")
        }
      }
    }
  }

  @Test func `what is committed is answered, however much its caller has asked besides`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      try await api.offer(projects: ["vigie"], headers: APIFixture.all)
      let team = APIFixture.being(.projectTeam("vigie"))
      @Sendable func send(_ path: String) async throws -> Answer {
        try await api.send(
          .post, "/api/v1/\(path)?explain=full", #"{"project": "vigie"}"#, type: "application/json", headers: team)
      }
      let busy = BusyThreads()
      try await withThrowingTaskGroup(of: Int?.self) { group in
        defer { busy.end() }
        try await busy.begin(in: &group) { try await LongWork.answer($0) }
        for _ in 0..<65 { group.addTask { try await send("placements:query").status } }
        let first = try await group.next()
        #expect(first == 503, "he has all that is his")
        group.addTask { try await send("placements").status }
        while try await api.store.latestDecision(project: "vigie") == nil {
          try await Task.sleep(for: .milliseconds(5))
        }
        // Were it refused, it would be now.
        try await Task.sleep(for: .milliseconds(200))
        busy.end()
        var statuses: [Int] = []
        for try await status in group { if let status { statuses.append(status) } }
        #expect(statuses.filter { $0 != 200 && $0 != 503 } == [201])
        // What is owed counts as his: of his questions one that computes twice may be refused for it, and no more.
        #expect(statuses.count { $0 == 503 } <= 1)
      }
    }
  }

  @Test func `what was committed before, or beside a decision that holds, is answered to who asks as much as he may`()
    async throws
  {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      try await api.offer(projects: ["vigie"], headers: APIFixture.all)
      var keyed = APIFixture.all
      keyed["Idempotency-Key"] = "lost"
      let headers = keyed
      @Sendable func place() async throws -> Answer {
        try await api.send(
          .post, "/api/v1/placements", #"{"project": "vigie"}"#, type: "application/json", headers: headers)
      }
      let first = try await place()
      try #require(first.status == 201, "\(first.text)")
      let decision = try #require(first.header("location"))
      // What it was made with is in memory from now on, so that to tell of it again is one computation.
      try #require(try await api.send(.get, "\(decision)/explanation", headers: APIFixture.all).status == 200)
      let labelled = Offered.project("vigie").replacing("{name: vigie}", with: "{name: vigie, labels: {note: a}}")
      let busy = BusyThreads()
      try await withThrowingTaskGroup(of: Int?.self) { group in
        defer { busy.end() }
        try await busy.begin(in: &group) { try await LongWork.run($0) }
        for _ in 0..<33 {
          group.addTask { try await api.send(.get, "\(decision)/explanation", headers: APIFixture.all).status }
        }
        let refused = try await group.next()
        #expect(refused == 503, "he has all that is his")
        group.addTask {
          let again = try await place()
          #expect(again.header("idempotency-replayed") == "true", "\(again.text)")
          return again.status
        }
        group.addTask { try await api.send(.post, "/api/v1/placements", labelled, headers: APIFixture.all).status }
        // Were they refused, they would be now.
        try await Task.sleep(for: .seconds(1))
        busy.end()
        var statuses: [Int] = []
        for try await status in group { if let status { statuses.append(status) } }
        #expect(statuses.sorted() == Array(repeating: 200, count: 33) + [201])
      }
    }
  }
}

/// Something on every thread of a line, which lasts until it is let go.
private struct BusyThreads {
  private let gate = DispatchSemaphore(value: 0)
  private let begun = NIOLockedValueBox(0)
  private let threads = max(1, System.coreCount / 2)

  /// Comes back once it is on every one of them.
  ///
  /// - Parameter run: Has a thread of the line do what it is given.
  func begin<Outcome: Sendable>(
    in group: inout ThrowingTaskGroup<Outcome?, any Error>,
    _ run: @escaping @Sendable (_ work: @escaping @Sendable () -> Void) async throws -> Void
  ) async throws {
    for _ in 0..<threads {
      group.addTask {
        try await run {
          begun.withLockedValue { $0 += 1 }
          _ = gate.wait(timeout: .now() + 120)
        }
        return nil
      }
    }
    while begun.withLockedValue({ $0 }) < threads { try await Task.sleep(for: .milliseconds(5)) }
  }

  func end() {
    for _ in 0..<threads { gate.signal() }
  }
}
