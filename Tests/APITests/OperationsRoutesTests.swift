import Contract
import Events
import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

struct OperationsRoutesTests {
  @Test func `capacity shows what may be promised and what is`() async throws {
    try await APIFixture.run { api in
      let nothing: CapacityReportView = try await api.send(.get, "/api/v1/capacity").decode()
      #expect(nothing.items.isEmpty && nothing.policyVersion == nil)
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let list: ListView<CapacityView> = try await api.send(.get, "/api/v1/capacity").decode()
      #expect(list.items.map(\.cluster) == ["nord-1"])
      #expect(list.items.first?.limit.cpu == 57_600, "64 cores, less the tenth that the policy keeps in reserve")
      #expect(list.items.first?.committed == ResourceAmounts(cpu: 2500, memory: 5 << 30, pods: 20))
    }
  }

  @Test func `agents show their last heartbeat, with every part of it`() async throws {
    try await APIFixture.run { api in
      #expect(try await api.send(.get, "/api/v1/agents").text == #"{"items":[]}"#)
      try await api.offer()
      let status = AgentStatus(
        zone: "nord", incarnation: 3, sequence: 9, version: "0.1.0", at: Reported.moment, snapshotComplete: true,
        refusedRecords: 1, lastRefusal: "unsigned: …",
        clusters: [
          AgentStatus.ClusterStatus(
            name: "nord-1", reachable: true, version: "v1.20.15", message: "slow", placements: 4)
        ], republication: AgentStatus.RepublicationRequest(id: UUID(), reason: "low watermark"))
      try await api.heartbeat(status)
      let list: ListView<AgentView> = try await api.send(.get, "/api/v1/agents").decode()
      #expect(list.items.map(\.status) == [status])
    }
  }

  @Test func `the document is served as it is`() async throws {
    try await APIFixture.run { api in
      let answer = try await api.send(.get, "/api/v1/openapi.json")
      #expect(answer.status == 200 && answer.body == Data(OpenAPIDocument.bytes))
    }
  }

  @Test func `requests are counted by route, method and status, never by name`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      _ = try await api.send(.get, "/api/v1/operators/dtnum")
      _ = try await api.send(.get, "/api/v1/operators/absent")
      _ = try await api.send(.delete, "/api/v1/capacity")
      _ = try await api.send(.get, "/api/v1/nothing/here")
      let answer = try await api.send(.get, "/metrics")
      #expect(answer.header("content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
      let lines = answer.text.split(separator: "\n").filter { $0.contains("http_request") && $0.contains("_count") }
      func isCounted(_ parts: String...) -> Bool { lines.contains { line in parts.allSatisfy { line.contains($0) } } }
      #expect(isCounted(#"method="GET""#, #"route="/api/v1/operators/{name}""#, #"status="200""#), "\(lines)")
      #expect(isCounted(#"method="GET""#, #"route="/api/v1/operators/{name}""#, #"status="404""#), "\(lines)")
      #expect(isCounted(#"method="DELETE""#, #"route="/api/v1/capacity""#, #"status="405""#), "\(lines)")
      #expect(isCounted(#"route="NotFound""#, #"status="404""#), "\(lines)")
      #expect(!answer.text.contains("dtnum") && !answer.text.contains("nothing"))
    }
  }
}
