import HTTPTypes
import Testing

@testable import API

/// RFC 9111: what may be kept of answers, and for whom.
struct CachingTests {
  private static let path = "/api/v1/operators/dtnum"

  @Test func `what is answered to somebody is kept for nobody else, and asked for again`() async throws {
    try await APIFixture.run { api in
      let written = try await api.send(.put, Self.path, Offered.op)
      let tag = try #require(written.header("etag"))
      let answers = [
        written, try await api.send(.get, Self.path), try await api.send(.head, Self.path),
        try await api.send(.get, Self.path, headers: ["If-None-Match": tag]),
        try await api.send(.get, "/api/v1/operators"), try await api.send(.get, "/api/v1/operators/absent"),
      ]
      let statuses = answers.map(\.status)
      #expect(statuses == [201, 200, 200, 304, 200, 404])
      let directives = Set(answers.map { $0.header("cache-control") ?? "none" })
      #expect(directives == ["private, no-cache"])
    }
  }
}
