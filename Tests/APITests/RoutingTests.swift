import Contract
import Foundation
import HTTPTypes
import Testing

@testable import API

struct RoutingTests {
  @Test func `every address takes its own methods, and refuses all others by name`() async throws {
    try await APIFixture.run { api in
      let contract = try OpenAPIContract.shared.get()
      for template in contract.templates {
        let address = template.replacing("{name}", with: "x").replacing("{id}", with: "x")
        let allowed = try contract.methods(of: template)
        for method in HTTPRequest.Method.wellKnown where !allowed.contains(method.rawValue) {
          let answer = try await api.send(method, address)
          #expect(answer.status == 405, "\(method) \(template)")
          #expect(answer.header("allow") == allowed.joined(separator: ", "))
          if method != .head {
            #expect(try answer.problem(405, .methodNotAllowed).detail.contains(allowed.joined(separator: ", ")))
          }
        }
      }
    }
  }

  @Test(arguments: [
    "/", "/api", "/api/v1", "/api/v2/operators", "/api/v1/operator", "/api/v1/operators/x/y", "/api/v1/OPERATORS",
    "/api/v1/placements/x/y", "/health/x", "/api/v1/migration", "/api/v1/flowrequests/x", "/favicon.ico",
  ])
  func `where nothing answers, that is said`(address: String) async throws {
    try await APIFixture.run { api in
      for method in [HTTPRequest.Method.get, .put, .post, .delete, .patch, .options] {
        let problem = try await api.send(method, address).problem(404, .noSuchRoute)
        #expect(problem.detail.contains(address))
      }
      let head = try await api.send(.head, address)
      #expect(head.status == 404)
    }
  }

  @Test func `HEAD answers as GET does, without a body`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      for address in [
        "/api/v1/operators", "/api/v1/operators/dtnum", "/api/v1/placements", "/api/v1/capacity", "/api/v1/agents",
        "/api/v1/openapi.json", "/api/v1/projects/vigie/explanation", "/livez", "/api/v1/operators?limit=0",
      ] {
        let (get, head) = (try await api.send(.get, address), try await api.send(.head, address))
        #expect(head.status == get.status && head.body.isEmpty, "\(address)")
        for name in ["content-type", "content-length", "etag", "cache-control", "vary", "content-language"] {
          #expect(head.header(name) == get.header(name), "\(address): \(name)")
        }
      }
    }
  }

  @Test func `query parameters that no one reads are refused everywhere`() async throws {
    try await APIFixture.run { api in
      let contract = try OpenAPIContract.shared.get()
      let id = "0a000000-0000-4000-8000-00000000000a"
      for template in contract.templates where template.hasPrefix("/api/v1") {
        let address = template.replacing("{name}", with: "x").replacing("{id}", with: id)
        for method in try contract.methods(of: template) where method != "HEAD" {
          let answer = try await api.send(
            .init(method) ?? .get, "\(address)?pretty=1", method == "GET" ? nil : Offered.op)
          #expect(try answer.problem(400, .badParameter).detail.contains("pretty"), "\(method) \(template)")
        }
      }
      #expect(try await api.count("resources") == 0)
    }
  }
}
