import Contract
import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

/// RFC 9110, 13: what `If-Match` and `If-None-Match` do.
struct ConditionalRequestTests {
  private static let path = "/api/v1/operators/dtnum"
  private static let changed = Offered.op.replacing("DTNUM", with: "Numérique")

  @Test func `a read of what the client holds has no body`() async throws {
    try await APIFixture.run { api in
      let tag = try #require(try await api.send(.put, Self.path, Offered.op).header("etag"))
      for header in [tag, "W/\(tag)", "\"x\", \(tag)", "\"a,b\" , W/\(tag)", "*"] {
        let answer = try await api.send(.get, Self.path, headers: ["If-None-Match": header])
        #expect(answer.status == 304 && answer.body.isEmpty && answer.header("etag") == tag, "\(header)")
        #expect(try await api.send(.head, Self.path, headers: ["If-None-Match": header]).status == 304)
      }
      for header in ["\"x\"", "\"\"", "\"a,\", \"b\""] {
        #expect(try await api.send(.get, Self.path, headers: ["If-None-Match": header]).status == 200)
      }
      let next = try await api.send(.put, Self.path, Self.changed)
      #expect(next.status == 200 && next.header("etag") != tag)
      #expect(try await api.send(.get, Self.path, headers: ["If-None-Match": tag]).status == 200)
    }
  }

  @Test func `a read of another version than the one meant is refused`() async throws {
    try await APIFixture.run { api in
      let tag = try #require(try await api.send(.put, Self.path, Offered.op).header("etag"))
      for header in [tag, "\"x\", \(tag)", "*"] {
        #expect(try await api.send(.get, Self.path, headers: ["If-Match": header]).status == 200)
      }
      for header in ["\"x\"", "W/\(tag)"] {
        let answer = try await api.send(.get, Self.path, headers: ["If-Match": header])
        _ = try answer.problem(412, .versionMismatch)
      }
      let absent = try await api.send(.get, "/api/v1/operators/absent", headers: ["If-Match": "*"])
      _ = try absent.problem(404, .notFound)
    }
  }

  @Test func `a write meant for another version changes nothing`() async throws {
    try await APIFixture.run { api in
      _ = try await api.refuse(.put, Self.path, Offered.op, headers: ["If-Match": "*"], with: 412, .versionMismatch)
      let first = try #require(try await api.send(.put, Self.path, Offered.op).header("etag"))
      let put = try await api.send(.put, Self.path, Self.changed, headers: ["If-Match": "\"x\", \(first)"])
      #expect(put.status == 200)
      let second = try #require(put.header("etag"))
      for header in [first, "\"x\"", "W/\(second)"] {
        for method in ["PUT", "DELETE"] {
          let problem = try await api.refuse(
            method == "PUT" ? .put : .delete, Self.path, method == "PUT" ? Offered.op : nil,
            headers: ["If-Match": header], with: 412, .versionMismatch)
          #expect(problem.errors?.first?.path == "metadata.resourceVersion")
        }
      }
      #expect(try await api.send(.get, Self.path).header("etag") == second)
      #expect(try await api.send(.delete, Self.path, headers: ["If-Match": second]).status == 204)
      let again = try await api.send(.delete, Self.path, headers: ["If-Match": second])
      _ = try again.problem(404, .notFound)
    }
  }

  @Test func `a write whose answer was lost may be sent again with its old version`() async throws {
    try await APIFixture.run { api in
      let tag = try #require(try await api.send(.put, Self.path, Offered.op).header("etag"))
      let once = try await api.send(.put, Self.path, Self.changed, headers: ["If-Match": tag])
      let twice = try await api.send(.put, Self.path, Self.changed, headers: ["If-Match": tag])
      #expect(once.status == 200 && twice.status == 200 && once.body == twice.body)
    }
  }

  @Test func `to create only is to replace nothing`() async throws {
    try await APIFixture.run { api in
      let created = try await api.send(.put, Self.path, Offered.op, headers: ["If-None-Match": "*"])
      #expect(created.status == 201)
      for text in [Offered.op, Self.changed] {
        let problem = try await api.refuse(
          .put, Self.path, text, headers: ["If-None-Match": "*"], with: 412, .versionMismatch)
        #expect(problem.errors?.first?.path == "metadata.name")
      }
      #expect(try await api.send(.get, Self.path).body == created.body)
    }
  }

  @Test func `a document replaces only the version that it carries`() async throws {
    try await APIFixture.run { api in
      let first = try await api.send(.put, Self.path, Offered.op)
      #expect(try await api.send(.put, Self.path, Self.changed).status == 200)
      let edited = first.text.replacing("DTNUM", with: "Autre")
      let problem = try await api.refuse(
        .put, Self.path, edited, type: "application/json", with: 412, .versionMismatch)
      #expect(problem.errors?.first?.path == "metadata.resourceVersion")
      // The header goes before the document.
      let put = try await api.send(.put, Self.path, edited, type: "application/json", headers: ["If-Match": "*"])
      #expect(put.status == 200 && put.text.contains("Autre"))
    }
  }

  @Test func `of many writers of one version, one gets through`() async throws {
    try await APIFixture.run { api in
      let tag = try #require(try await api.send(.put, Self.path, Offered.op).header("etag"))
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<8 {
          group.addTask {
            let text = Offered.op.replacing("DTNUM", with: "Écrivain \(number)")
            return try await api.send(.put, Self.path, text, headers: ["If-Match": tag]).status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 7))
    }
  }

  @Test func `conditions that can not be understood are refused, never passed over`() async throws {
    try await APIFixture.run { api in
      #expect(try await api.send(.put, Self.path, Offered.op).status == 201)
      for header in ["", "1", "\"", "\"1", "1\"", "\"1\"\"2\"", "W/1", "w/\"1\"", "\"a\" b", "*, \"1\"", ","] {
        for method in ["GET", "PUT", "DELETE"] {
          let problem = try await api.refuse(
            .init(method) ?? .get, Self.path, method == "PUT" ? Self.changed : nil, headers: ["If-Match": header],
            with: 400,
            .badParameter)
          #expect(problem.detail.contains("If-Match"))
        }
        _ = try await api.refuse(.get, Self.path, headers: ["If-None-Match": header], with: 400, .badParameter)
      }
      _ = try await api.refuse(
        .put, Self.path, Self.changed, headers: ["If-None-Match": "\"1\""], with: 400, .badParameter)
      _ = try await api.refuse(
        .put, Self.path, Self.changed, headers: ["If-None-Match": "*", "If-Match": "*"], with: 400, .badParameter)
      _ = try await api.refuse(.delete, Self.path, headers: ["If-None-Match": "*"], with: 400, .badParameter)
    }
  }
}
