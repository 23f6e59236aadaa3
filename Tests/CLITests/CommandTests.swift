import Contract
import Events
import Foundation
import Model
import TestSupport
import Testing

/// Each command of the client: what it asks, what it prints, how it ends.
@Suite(.timeLimit(.minutes(3)))
struct CommandTests {
  private static let commands = [
    "apply", "get", "delete", "place", "batch", "query", "validate", "explain", "reserve", "confirm", "cancel",
    "decision", "audit", "policy", "simulate", "dev", "broker", "simulated-cluster",
  ]

  @Test(arguments: [[]] + commands.map { [$0] })
  func `every command has help in both languages`(command: [String]) async throws {
    let run = try await Run.regie(command + ["--help"])
    #expect(run.code == 0)
    #expect(run.output.contains("USAGE: regie \(command.joined(separator: " "))".trimmingCharacters(in: .whitespaces)))
    #expect(run.output.contains(" / "), "help is French / English")
  }

  @Test func `the help says how the service is found and what exit codes mean`() async throws {
    let run = try await Run.regie("--help")
    for word in ["REGIE_SERVER", "REGIE_CONTEXT", "REGIE_CONFIG", "0 fait", "1 refusé", "64 mauvais usage", "69", "74"]
    {
      #expect(run.output.contains(word))
    }
    for command in Self.commands { #expect(run.output.contains("  \(command) ")) }
    #expect(!run.output.contains("dev-guard"))
  }

  @Test(arguments: [
    ["get"], ["get", "planets"], ["get", "placements", "-o", "xml"], ["get", "zones", "--project", "p"], ["frobnicate"],
    ["delete", "placements", "x"], ["delete", "zones"], ["place"], ["explain"], ["apply"], ["apply", "-f", "/nowhere"],
    ["get", "zones", "--server", "ftp://x"], ["get", "zones", "--lang", "de"], ["get", "migrations"],
    ["dev", "--port", "80"], ["dev", "--kubeconfig", "nowhere"], ["dev", "--kubeconfig", "mars-1=x"],
    ["broker", "--brokers", "9"], ["simulated-cluster"], ["simulated-cluster", "--name", "x", "--port", "99999"],
    ["simulated-cluster", "--name", "x", "--port", "80"],
  ])
  func `wrong usage ends with 64 and says what is accepted`(arguments: [String]) async throws {
    let run = try await Run.regie(arguments)
    #expect(run.code == 64, "\(run.output)")
    #expect(run.output.contains("Error: ") && run.output.contains("--help"))
  }

  @Test func `a simulated cluster says that its port is taken, and what to do`() async throws {
    try await StubService.with({ _ in StubService.Answer("") }) { _, url in
      let port = try #require(url.split(separator: ":").last.map(String.init))
      let run = try await Run.regie("simulated-cluster", "--name", "x", "--port", port)
      #expect(run.code == 1)
      #expect(run.output.contains("--port \(port) : déjà pris sur 127.0.0.1"))
    }
  }

  @Test(arguments: [["get", "zones"], ["place", "vigie"], ["explain", "vigie"], ["delete", "zones", "z"]])
  func `a service that is not there ends with 69 and says how to get one`(arguments: [String]) async throws {
    let closed = try ClosedPort()
    let port = closed.number
    let run = try await Run.regie(arguments, environment: ["REGIE_SERVER": "http://127.0.0.1:\(port)"])
    #expect(run.code == 69)
    #expect(run.lines.first?.hasPrefix("regie: http://127.0.0.1:\(closed.number) ne répond pas") == true)
    #expect(run.output.contains("Connection refused") && run.output.contains("regie dev"))
  }

  @Test func `a refusal is shown with the path of each field, in the language asked for`() async throws {
    let problem = Problem(
      status: 422, .invalid, title: "Document refusé", detail: "2 champs",
      errors: [
        FieldProblem(path: "spec.slug", message: "too long", messageFR: "trop long"),
        FieldProblem(path: "spec.region", message: "unknown", messageFR: "inconnue"),
      ])
    try await StubService.with({ _ in try StubService.Answer(problem) }) { stub, url in
      let french = try await Run.regie("get", "zones", "--server", url)
      #expect(french.code == 1)
      #expect(french.output.contains("regie: Document refusé : 2 champs"))
      #expect(french.output.contains("spec.slug") && french.output.contains("trop long"))
      #expect(french.output.contains("spec.region") && french.output.contains("inconnue"))
      let english = try await Run.regie("get", "zones", "--server", url, "--lang", "en")
      #expect(english.output.contains("too long") && english.output.contains("unknown"))
      #expect(stub.requests.map { $0.headers["accept-language"] } == ["fr", "en"])
    }
  }

  @Test func `a service that is not ready ends with 69, one that answers nonsense with 1`() async throws {
    let away = Problem(status: 503, code: "unavailable", title: "Indisponible", detail: "la base ne répond pas")
    try await StubService.with({ _ in try StubService.Answer(away) }) { _, url in
      let run = try await Run.regie("get", "zones", "--server", url)
      #expect(run.code == 69 && run.output.contains("la base ne répond pas"))
    }
    try await StubService.with({ _ in StubService.Answer("<html>", status: 200, type: "text/html") }) { _, url in
      let run = try await Run.regie("get", "zones", "--server", url)
      #expect(run.code == 1 && run.output.contains("n'est pas comprise"))
    }
    try await StubService.with({ _ in StubService.Answer("Bad Gateway", status: 502, type: "text/plain") }) { _, url in
      let run = try await Run.regie("get", "zones", "--server", url)
      #expect(run.code == 1 && run.output.contains("HTTP 502 : Bad Gateway"))
    }
  }

  @Test func `place sends its key, shows where the project went, and ends with 1 when it fits nowhere`() async throws {
    try await StubService.with({ request in
      try StubService.Answer(try Samples.decision(placed: request.body.contains("vigie")), status: 201)
    }) { stub, url in
      let placed = try await Run.regie("place", "vigie", "--idempotency-key", "k-1", "--server", url)
      #expect(placed.code == 0)
      #expect(
        placed.output == """
          PROJECT  ENVIRONMENT  STAGE  ZONE      CLUSTER      STATUS  CPU  MEMORY
          vigie    prod         prod   r1-usuel  idf-usuel-1  Ready   2    4Gi

          """)
      let nowhere = try await Run.regie("place", "autre", "--server", url)
      #expect(nowhere.code == 1)
      #expect(
        nowhere.output == """
          vigie : ne tient nulle part

          prod (prod, ×1)
            CLUSTER  ZONE      VERDICT        POURQUOI
            sud-1    r2-usuel  CapacityShort  Il manque 2 de cpu. → Libérer 2 de cpu. (+1)
            écartés : CapacityShort 1

          """)
      #expect(stub.requests.map(\.method) == ["POST", "POST"])
      #expect(stub.requests.map(\.path) == ["/api/v1/placements", "/api/v1/placements"])
      #expect(stub.requests.first?.headers["idempotency-key"] == "k-1")
      #expect(stub.requests.last?.headers["idempotency-key"]?.count == 36, "one of its own")
      #expect(stub.requests.first?.body == #"{"project":"vigie"}"#)
    }
  }

  @Test func `explain asks for a project by name`() async throws {
    try await StubService.with({ _ in try StubService.Answer(try Samples.explanation(placed: true)) }) { stub, url in
      let project = try await Run.regie("explain", "vigie", "--server", url, "--lang", "en")
      #expect(project.code == 0)
      #expect(
        project.output == """
          vigie: placed

          prod (prod, ×1)
            CLUSTER      ZONE      VERDICT        WHY
            idf-usuel-1  r1-usuel  chosen 120
            sud-1        r2-usuel  CapacityShort  Il manque 2 de cpu. → Libérer 2 de cpu. (+1)
            lost: CapacityShort 1

          """)
      _ = try await Run.regie("explain", "vigie", "--full", "--server", url)
      #expect(stub.requests.map(\.path) == Array(repeating: "/api/v1/projects/vigie/explanation", count: 2))
      #expect(stub.requests.map(\.query) == ["", "explain=full"])
    }
  }

  @Test func `delete takes a resource away, and says why it may not`() async throws {
    try await StubService.with({ request in
      request.path.hasSuffix("/used")
        ? try StubService.Answer(Problem(status: 409, .stillReferenced, title: "Encore utilisé", detail: "par z1"))
        : StubService.Answer("", status: 204)
    }) { stub, url in
      let done = try await Run.regie("delete", "region", "free", "--server", url)
      #expect(done.code == 0 && done.output == "region/free retiré / deleted\n")
      let kept = try await Run.regie("delete", "regions", "used", "--server", url)
      #expect(kept.code == 1 && kept.output == "regie: Encore utilisé : par z1\n")
      #expect(stub.requests.map { "\($0.method) \($0.path)" }.first == "DELETE /api/v1/regions/free")
    }
  }
}
