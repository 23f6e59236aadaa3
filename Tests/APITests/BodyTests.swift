import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import NIOHTTP1
import Testing

@testable import API

struct BodyTests {
  private static let path = "/api/v1/operators/dtnum"

  @Test(arguments: [
    "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "Application/YAML",
    "application/yaml; charset=utf-8", "application/yaml;charset=\"UTF-8\"",
    "application/yaml; version=1 ; charset=UTF-8",
    " application/yaml ",
  ])
  func `YAML is read under each of its names`(type: String) async throws {
    try await APIFixture.run { api in
      let answer = try await api.send(.put, Self.path, Offered.op, type: type)
      #expect(answer.status == 201, "\(answer.text)")
    }
  }

  @Test func `what is said to be JSON must be, and its errors speak of JSON`() async throws {
    try await APIFixture.run { api in
      let before = try await api.rows()
      for (body, line) in [("{\"apiVersion\": ,}", 1), ("{\n\"kind\": \"Operator\"\n", 3), (Offered.op, 1)] {
        let problem = try await api.send(.put, Self.path, body, type: "application/json").problem(400, .malformed)
        #expect(problem.errors?.first?.messageFR.hasPrefix("JSON invalide : ") == true, "\(problem)")
        #expect(problem.errors?.first?.line == line)
      }
      #expect(try await api.rows() == before)
    }
  }

  @Test(arguments: [
    "text/plain", "application/xml", "application/json-patch+json", "application/merge-patch+json",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json",
    "application/yaml; charset=latin1",
    "application/json; charset=utf-16",
  ])
  func `other formats are refused, and those that are read are said`(type: String) async throws {
    try await APIFixture.run { api in
      for (method, path) in [(HTTPRequest.Method.put, Self.path), (.post, "/api/v1/placements")] {
        let before = try await api.rows()
        let answer = try await api.send(method, path, Offered.op, type: type)
        let problem = try answer.problem(415, .unsupportedMediaType)
        #expect(
          problem.detail.contains("application/yaml") && answer.header("accept") == "application/json, application/yaml"
        )
        #expect(try await api.rows() == before)
      }
    }
  }

  /// A browser sends such a body to an address of this machine on behalf of any site, without asking first.
  @Test func `a body of no type is refused`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let body = #"{"project": "vigie"}"#
      let problem = try await api.refuse(
        .post, "/api/v1/placements", body, type: nil, with: 415, .unsupportedMediaType)
      #expect(problem.detail.contains("Content-Type"))
      let preflight = try await api.send(
        .options, "/api/v1/placements", headers: ["Origin": "https://elsewhere.example"])
      _ = try preflight.problem(405, .methodNotAllowed)
      #expect(preflight.headers.allSatisfy { !$0.name.canonicalName.hasPrefix("access-control") })
    }
  }

  @Test(arguments: ["gzip", "br", "deflate, gzip"])
  func `compressed bodies are refused, and that none is wanted is said`(coding: String) async throws {
    try await APIFixture.run { api in
      let answer = try await api.send(.put, Self.path, Offered.op, headers: ["Content-Encoding": coding])
      #expect(try answer.problem(415, .unsupportedMediaType).detail.contains(coding))
      #expect(answer.header("accept-encoding") == "identity")
      let plain = try await api.send(.put, Self.path, Offered.op, headers: ["Content-Encoding": "identity"])
      #expect(plain.status == 201)
    }
  }

  @Test func `a body of a mebibyte is read, and one byte more is not`() async throws {
    try await APIFixture.run { api in
      let limit = Request.bodyLimit
      let text = Offered.op + "\n#"
      let most = text + String(repeating: "x", count: limit - text.utf8.count)
      let problem = try await api.refuse(.put, Self.path, most + "x", with: 413, .bodyTooLarge)
      #expect(problem.detail.contains("\(limit)"))
      _ = try await api.refuse(.post, "/api/v1/placements", most + "x", with: 413, .bodyTooLarge)
      #expect(try await api.send(.put, Self.path, most).status == 201)
    }
  }

  @Test(arguments: [[0xFF, 0xFE], [0x6B, 0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0x80]] as [[UInt8]])
  func `what is not UTF-8 is refused`(bytes: [UInt8]) async throws {
    try await APIFixture.run { api in
      let answer = try await api.send(.put, Self.path, bytes: bytes, type: "application/json")
      _ = try answer.problem(400, .malformed)
      #expect(try await api.count("resources") == 0)
    }
  }

  @Test func `deep and wide documents are refused in time`() async throws {
    try await APIFixture.run { api in
      for text in [
        String(repeating: "[", count: 200_000), String(repeating: "{\"a\":", count: 100_000),
        String(repeating: "- ", count: 100_000), "kind: " + String(repeating: "x", count: 500_000),
        "a: &a [1]\n" + (0..<1000).map { "b\($0): *a" }.joined(separator: "\n"),
      ] {
        _ = try await api.refuse(.put, Self.path, text, with: 400, .malformed)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `the members of a body are read within the bounds of documents, and no name twice`() async throws {
    try await APIFixture.run { api in
      let deep = String(repeating: #"{"a":"#, count: 500)
      let wide = "[" + String(repeating: "0,", count: 500_000) + "0]"
      let both = deep + wide + String(repeating: "}", count: 500)
      let bounds = "nested deeper than 64, or more than 100000 values"
      for (text, words) in [
        (String(repeating: "[", count: 200_000), bounds), (#"{"rules": \#(wide)}"#, bounds),
        (both, bounds),
        (#"{"project": "vigie", "project": "autre"}"#, "the same name twice"),
        (#"{"project": "#, "a value was expected"), ("[]", "the body is not a JSON object"),
      ] {
        let problem = try await api.refuse(
          .post, "/api/v1/derogation-requests", text, type: "application/json", with: 400, .malformed)
        let message = problem.errors?.first?.message ?? ""
        #expect(message.contains(words), "\(words)")
      }
    }
  }

  @Test func `a connection that breaks within a body is not the service's fault`() async throws {
    let (body, source) = RequestBody.makeStream()
    source.finish(IOError(errnoCode: ECONNRESET, reason: "read"))
    let request = Request(
      head: HTTPRequest(
        method: .put, scheme: nil, authority: nil, path: Self.path, headerFields: [.contentType: "application/json"]),
      body: body)
    await #expect(throws: HTTPParserError.self) { _ = try await request.bytes() }
  }

  @Test func `a NUL inside a text is refused, not stored in part`() async throws {
    try await APIFixture.run { api in
      let json = try ProjectText.json(Offered.op).replacing("DTNUM", with: #"DT\u0000NUM"#)
      let before = try await api.rows()
      let answer = try await api.send(.put, Self.path, json, type: "application/json")
      #expect([400, 422].contains(answer.status), "\(answer.text)")
      #expect(answer.header("content-type") == "application/problem+json")
      #expect(try await api.rows() == before)
    }
  }
}
