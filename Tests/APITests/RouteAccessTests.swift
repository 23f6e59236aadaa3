import Contract
import HTTPTypes
import Identity
import Model
import Testing

@testable import API

@Suite struct RouteAccessTests {
  /// Somebody in each kind of role, for an operator and a project that nothing is of.
  private static let roles = RoleKind.allCases.compactMap { Role($0, subject: $0.subject.map { _ in "nobody" }) }

  private static let id = "6f6a4bb4-7b3c-4a0e-9c4f-3a5a3d1f0a11"

  private func address(_ route: RouteAccess) -> String {
    route.path.replacing("{id}", with: Self.id).replacing("{name}", with: "nothing")
      .replacing("{version}", with: "1").replacing("{to}", with: "1").replacing("{section}", with: "capacity")
  }

  private func method(_ route: RouteAccess) throws -> HTTPRequest.Method {
    try #require(HTTPRequest.Method(route.method))
  }

  @Test func `each route lets in the roles it grants something to, and no other`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let routes = APIServer.accesses(store: api.store, telemetry: api.telemetry)
      #expect(routes.count > 50)
      for route in routes {
        for role in Self.roles {
          let answer = try await api.send(
            try method(route), address(route), headers: APIFixture.being(role))
          if route.access.reach(of: role.kind) == nil {
            let problem = try answer.problem(403, .forbidden)
            #expect(problem.detail.contains(role.kind.rawValue) == false, "\(route) \(role)")
            #expect(answer.header("www-authenticate")?.contains("insufficient_scope") == true)
          } else {
            #expect(![401, 500].contains(answer.status), "\(route) \(role): \(answer.text)")
            // An empty body, or nothing there: the gate at least is behind.
            if answer.status == 403 { #expect(route.access.reach(of: role.kind) == .own, "\(route) \(role)") }
          }
        }
      }
      #expect(try await api.rows() == 0)
    }
  }

  @Test func `who is known, and in no role, learns who that is and nothing else`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      var open: [String] = []
      for route in APIServer.accesses(store: api.store, telemetry: api.telemetry) where route.access.needsCaller {
        let answer = try await api.send(
          try method(route), address(route), headers: ["authorization": "Bearer nobody"])
        if answer.status == 403 {
          _ = try answer.problem(403, .forbidden)
        } else {
          open.append("\(route.method) \(route.path)")
        }
      }
      #expect(open == ["GET /api/v1/whoami"])
      #expect(try await api.rows() == 0)
    }
  }

  @Test func `nobody unknown is let in, but to what is for anyone`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for route in APIServer.accesses(store: api.store, telemetry: api.telemetry) {
        let answer = try await api.send(try method(route), address(route))
        if !route.access.needsCaller {
          #expect(answer.status == 200, "\(route)")
        } else {
          _ = try answer.problem(401, .unauthenticated)
          #expect(answer.header("www-authenticate") == #"Bearer realm="regie""#)
        }
      }
      #expect(try await api.rows() == 0)
    }
  }

  @Test func `who may only read changes nothing, in whatever role`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let key = Caller.local.roles.map(\.description).joined(separator: "+")
      for route in APIServer.accesses(store: api.store, telemetry: api.telemetry) where route.access.changes {
        let answer = try await api.send(try method(route), address(route), headers: ["x-api-key": key])
        let problem = try answer.problem(403, .forbidden)
        #expect(problem.detail.contains("lire"), "\(route)")
      }
      #expect(try await api.rows() == 0)
    }
  }

  @Test func `what writes says so, and what is said to be read writes nothing`() async throws {
    try await APIFixture.run { api in
      let routes = APIServer.accesses(store: api.store, telemetry: api.telemetry)
      // Questions and replays are posted, and store nothing.
      let posted = [
        "placements:query", "placements:validate", "decisions/{id}:replay", "policy:difference", "migrations/plan",
      ].map { "/api/v1/\($0)" }
      for route in routes where route.access.needsCaller {
        #expect(route.access.changes == (route.method != "GET" && !posted.contains(route.path)), "\(route)")
      }
    }
  }

  @Test func `a key is recalled for questions that memory answers, and for nothing else`() async throws {
    try await APIFixture.run { api in
      let routes = APIServer.accesses(store: api.store, telemetry: api.telemetry)
      let recalling = routes.filter(\.access.isAnsweredFromMemory).map { "\($0.method) \($0.path)" }
      #expect(
        recalling == [
          "GET /api/v1/capacity:fits", "POST /api/v1/placements:query", "POST /api/v1/placements:validate",
        ])
    }
  }

  @Test(
    arguments: [
      ("Bearer", nil), ("Bearer ", nil), ("Bearer auditor", "auditor"), ("Basic dXNlcjpwYXNz", "auditor"),
      ("Bearer " + String(repeating: "x", count: 16_385), nil),
    ] as [(String, String?)])
  func `what is no credential, or two at once, is not understood`(header: String, key: String?) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      var headers = ["authorization": header]
      headers["x-api-key"] = key
      let answer = try await api.send(.get, "/api/v1/whoami", headers: headers)
      // A better token would not help (RFC 6750, 3.1).
      _ = try answer.problem(400, .badParameter)
      #expect(answer.header("www-authenticate")?.contains("invalid_request") == true)
    }
  }

  @Test(arguments: ["Basic dXNlcjpwYXNz", "Basic", ""])
  func `another scheme makes nobody known`(header: String) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let answer = try await api.send(.get, "/api/v1/whoami", headers: ["authorization": header])
      _ = try answer.problem(401, .unauthenticated)
      #expect(answer.header("www-authenticate") == #"Bearer realm="regie""#)
    }
  }

  @Test func `the scheme is read in any case, and the caller is told who it is`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let answer = try await api.send(
        .get, "/api/v1/whoami", headers: ["authorization": "bEaReR operator(dtnum)+auditor"])
      #expect(answer.status == 200)
      let caller: CallerView = try answer.decode()
      #expect(caller == CallerView(principal: "oidc:someone", roles: ["auditor", "operator(dtnum)"], readOnly: false))
    }
  }

  @Test func `without authentication everybody is local, in all roles, at this machine only`() async throws {
    try await APIFixture.run { api in
      let caller: CallerView = try await api.send(.get, "/api/v1/whoami").decode()
      #expect(caller.principal == "local" && caller.roles.contains("operator(*)") && !caller.readOnly)
    }
  }
}
