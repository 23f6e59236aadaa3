import Contract
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import CLI

/// Changes of which nobody can say whether they were made: they are asked for again under their key, and told with it.
@Suite(.timeLimit(.minutes(3)))
struct UnclearEndTests {
  private static let id = "0a000000-0000-4000-8000-00000000000a"

  /// All that change something under a key.
  private static let commands: [[String]] = [
    ["place", "vigie"], ["reserve", "vigie"], ["batch", "vigie", "--commit"],
    ["confirm", id, "--project-id", id, "--environment-id", "prod=\(id)"], ["cancel", id],
    ["derogation", "request", "vigie", "near", "--motive", "M"], ["derogation", "notify", id],
    ["flow", "request", "vigie", "prod", "chorus", "--port", "443", "--motive", "M"], ["flow", "withdraw", id],
    ["flow", "open", id, "--revision", "1"],
    ["migrate", "plan", "--region", "sud", "--motive", "wish", "--reason", "R", "--save"],
    ["evacuate", "sud", "--reason", "R", "--yes"], ["migrate", "start", id], ["migrate", "cut-over", id],
    ["migrate", "declare-gone", id, "--typed", "prod", "--reason", "R"],
    ["migrate", "approve", id, "--as", "projectTeam"], ["migrate", "pause", id], ["migrate", "resume", id],
    ["policy", "draft"], ["policy", "propose", id, "--motive", "M"], ["policy", "rollback", "1", "--motive", "M"],
    ["policy", "emergency", "\(OfflineTests.examples)/policy.yaml", "--motive", "M"],
    ["policy", "comment", id, "texte"], ["policy", "withdraw", id],
  ]

  /// Whatever would change something is taken, and not answered.
  private static func unanswered(_ request: StubService.Request) throws -> StubService.Answer {
    guard request.method == "POST" else {
      return try .init(Problem(status: 404, .notFound, title: "Introuvable", detail: "rien"))
    }
    var answer = StubService.Answer("{}")
    answer.end = .cut
    return answer
  }

  @Test(arguments: [(503, "ambiguous-commit"), (502, "bad-gateway"), (504, "gateway-timeout")])
  func `what nobody knows the end of is asked for again under the same key, and is one`(
    status: Int, code: String
  ) async throws {
    let looks = Looks()
    try await StubService.with { _ in
      looks.next() == 0
        ? try .init(Problem(status: status, code: code, title: "Indisponible", detail: "perdue"))
        : try .init(try Samples.decision(placed: true), status: 201)
    } _: { stub, url in
      let run = try await Run.regie("place", "vigie", "--server", url)
      #expect(run.code == 0 && run.output.contains("idf-usuel-1"), "\(run)")
      let keys = stub.requests.compactMap { $0.headers["idempotency-key"] }
      #expect(keys.count == 2 && Set(keys).count == 1, "\(keys)")
    }
  }

  @Test(arguments: commands)
  func `a change that nobody answers ends with 69 and its key, by which the command can be given again`(
    command: [String]
  ) async throws {
    try await StubService.with(Self.unanswered) { stub, url in
      let run = try await Run.regie(command + ["--server", url])
      let asked = stub.requests.filter { $0.method == "POST" }.map { $0.headers["idempotency-key"] ?? "" }
      let key = try #require(asked.first)
      #expect(asked == [key, key, key] && key.count == 36)
      #expect(run.code == 69 && run.output.contains("--idempotency-key \(key)"), "\(run)")
      let again = try await Run.regie(command + ["--idempotency-key", key, "--server", url, "--lang", "en"])
      let all = stub.requests.filter { $0.method == "POST" }.map { $0.headers["idempotency-key"] ?? "" }
      #expect(all == Array(repeating: key, count: 6))
      #expect(again.code == 69 && again.output.contains("nobody knows whether it was done"), "\(again)")
    }
  }

  @Test func `an end that stays unclear is told as that, whatever is said of the attempts that follow`() async throws {
    let looks = Looks()
    let away = Problem(status: 503, .databaseUnavailable, title: "Indisponible", detail: "rien n’a été enregistré")
    try await StubService.with { request in
      looks.next() == 0 ? try Self.unanswered(request) : try .init(away)
    } _: { stub, url in
      let run = try await Run.regie("place", "vigie", "--idempotency-key", "k-1", "--server", url)
      #expect(run.code == 69 && run.output.contains("--idempotency-key k-1"), "\(run)")
      #expect(stub.requests.count == 3)
    }
  }

  @Test(arguments: [0, 1])
  func `what is refused is not asked for again, before or after an end that was unclear`(unclear: Int) async throws {
    let refusal = Problem(status: 409, .noPolicy, title: "Aucune politique", detail: "non")
    let looks = Looks()
    try await StubService.with { request in
      looks.next() < unclear ? try Self.unanswered(request) : try .init(refusal)
    } _: { stub, url in
      let run = try await Run.regie("place", "vigie", "--server", url)
      #expect(run.code == 1 && !run.output.contains("--idempotency-key"), "\(run)")
      #expect(stub.requests.count == unclear + 1)
    }
  }

  @Test(arguments: [429, 404])
  func `a no that is not the service's own settles nothing that was unclear before`(status: Int) async throws {
    let looks = Looks()
    try await StubService.with { request in
      guard looks.next() > 0 else {
        return try .init(Problem(status: 504, code: "gateway-timeout", title: "Indisponible", detail: "perdue"))
      }
      return .init("not from here", status: status, type: "text/plain")
    } _: { stub, url in
      let run = try await Run.regie("place", "vigie", "--idempotency-key", "k-1", "--server", url)
      #expect(run.code == 69 && run.output.contains("--idempotency-key k-1"), "\(run)")
      #expect(stub.requests.count == 3)
    }
  }

  @Test(arguments: ["", "HTTP/1.1 20"])
  func `a connection that ends without an answer leaves open what has become of it`(answer: String) async throws {
    let server = try BluntServer(answering: answer)
    let run = try await Run.regie("place", "vigie", "--idempotency-key", "k-1", "--server", "http://\(server.address)")
    #expect(run.code == 69 && run.output.contains("--idempotency-key k-1"), "\(run)")
    #expect(server.requests == 3)
  }

  @Test func `what is not known to have been sent before may have been`() {
    struct Unheard: Error {}
    let error = ClientError(asking: "http://somewhere", Unheard())
    #expect(error.leavesOpen)
  }

  @Test func `what was never sent is told at once, and without a key`() async throws {
    // It does not speak TLS, and of a port that nobody listens on there is not even a connection.
    let server = try BluntServer(answering: "HTTP/1.1 400 Bad Request\r\n\r\n")
    let closed = try ClosedPort()
    for address in ["https://\(server.address)", "http://127.0.0.1:\(closed.number)"] {
      let run = try await Run.regie("place", "vigie", "--server", address)
      #expect(run.code == 69 && !run.output.contains("--idempotency-key"), "\(address): \(run)")
    }
    #expect(server.requests == 1)
  }

  @Test func `what the service says that it has not done is not asked for again`() async throws {
    let away = Problem(status: 503, .databaseUnavailable, title: "Indisponible", detail: "rien n’a été enregistré")
    try await StubService.with({ _ in try StubService.Answer(away) }) { stub, url in
      let run = try await Run.regie("place", "vigie", "--server", url)
      #expect(run.code == 69 && !run.output.contains("--idempotency-key"), "\(run)")
      #expect(stub.requests.count == 1)
    }
  }

  @Test func `an answer that begins and does not go on is waited for no longer than one that does not come`()
    async throws
  {
    try await StubService.with { _ in
      var answer = StubService.Answer("{}")
      answer.end = .silent
      return answer
    } _: { _, url in
      let client = APIClient(server: url, language: .en)
      let failure = await #expect(throws: ClientError.self) {
        try await client.change("/api/v1/placements", body: nil, key: "k-1", timeout: .seconds(1))
      }
      let told = failure.map { "\($0)" } ?? ""
      #expect(told.contains("no answer in time") && told.contains("--idempotency-key k-1"), "\(told)")
      #expect(failure?.exitStatus == ExitStatus.unavailable)
    }
  }

  @Test(arguments: [
    ["place", "vigie", "--idempotency-key", ""], ["reserve", "vigie", "--idempotency-key", "clé"],
    ["flow", "withdraw", id, "--idempotency-key", String(repeating: "k", count: 256)],
    ["evacuate", "sud", "--reason", "R", "--idempotency-key", "k"],
    ["migrate", "plan", "--region", "sud", "--motive", "wish", "--reason", "R", "--idempotency-key", "k"],
    ["policy", "draft", "p.yaml", "--id", id, "--idempotency-key", "k"],
  ])
  func `what is no key, or goes with nothing that is sent under one, ends with 64`(arguments: [String]) async throws {
    let run = try await Run.regie(arguments)
    #expect(run.code == 64 && run.output.contains("--idempotency-key"), "\(run)")
  }
}
