import Contract
import Dispatch
import HTTPTypes
import Identity
import NIOConcurrencyHelpers
import NIOCore
import Store
import Testing

@testable import API

/// What is long to compute, asked for by many at once.
@Suite(.timeLimit(.minutes(3)))
struct AskersTests {
  @Test func `who asks much waits no longer in front of the others than his share`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all + [("projects/vigie", Offered.project("vigie"))] {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require(answer.status == 201, "\(answer.text)")
      }
      @Sendable func ask(_ headers: [String: String]) async throws -> Answer {
        try await api.send(
          .post, "/api/v1/placements:query?explain=full", #"{"project": "vigie"}"#, type: "application/json",
          headers: headers)
      }
      let team = APIFixture.being(.projectTeam("vigie"))
      let gate = DispatchSemaphore(value: 0)
      let begun = NIOLockedValueBox(0)
      let threads = max(1, System.coreCount / 2)
      try await withThrowingTaskGroup(of: Answer?.self) { group in
        for _ in 0..<threads {
          group.addTask {
            try await LongWork.answer {
              begun.withLockedValue { $0 += 1 }
              _ = gate.wait(timeout: .now() + 20)
            }
            return nil
          }
        }
        // On every thread there is something that lasts.
        while begun.withLockedValue({ $0 }) < threads { try await Task.sleep(for: .milliseconds(5)) }
        for _ in 0..<66 { group.addTask { try await ask(team) } }
        for _ in 0..<2 {
          let first = try await group.next()
          let refused = try #require(first ?? nil)
          _ = try refused.problem(503, .contended)
          #expect(refused.header("retry-after") == "1")
        }
        group.addTask { try await ask(["x-api-key": "console"]) }
        for _ in 0..<threads { gate.signal() }
        for try await answer in group {
          guard let answer else { continue }
          #expect(answer.status == 200, "\(answer.text)")
        }
      }
    }
  }
}
