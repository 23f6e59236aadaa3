import Contract
import Foundation
import Migration
import Model
import NIOConcurrencyHelpers
import Testing

@testable import CLI

/// `regie migrate …` and `regie evacuate`: what is asked of the service, and how it ends.
@Suite(.timeLimit(.minutes(3)))
struct MigrateCommandTests {
  private typealias Samples = MigrateSamples

  private static let missing = Problem(status: 404, code: "not-found", title: "Introuvable", detail: "rien")

  /// Answers as the service does: a migration and a move, each under its own identifier.
  @Sendable private static func answer(_ request: StubService.Request) throws -> StubService.Answer {
    let parts = request.path.split(separator: "/").dropFirst(2).map(String.init)
    switch (request.method, parts.first, parts.dropFirst().first, parts.last) {
    case ("GET", "migrations", nil, _): return try .init(ListView(items: [Samples.migration()], next: nil))
    case ("GET", "moves", nil, _): return try .init(ListView(items: [Samples.move()], next: nil))
    case (_, "migrations", "plan", _), (_, "migrations", _, "plan"): return try .init(Samples.plan())
    case (_, "migrations", Samples.name, "changes"):
      return try .init(PlanChangesView(changes: ["cluster nord-1 changed"]))
    case (_, "migrations", Samples.name, "runbook"): return .init("# Fiche\n", type: "text/markdown")
    case (_, "migrations", Samples.name, "approve"):
      return try .init(ApprovalView(approved: [Samples.moveID], others: 2))
    case (_, "migrations", nil, _), (_, "migrations", Samples.name, _): return try .init(Samples.migration())
    case (_, "moves", Samples.moveName, _): return try .init(Samples.move())
    case (_, "projects", _, _):
      return try .init(
        ListView(
          items: [
            MovedEnvironmentView(
              environment: "prod", environmentID: Samples.source, movedTo: "prod2", movedToID: Samples.moveID,
              step: .cutOver)
          ], next: nil))
    default: return try .init(missing)
    }
  }

  /// The requests of a command, but for those that only look what an identifier is of.
  private func asked(
    _ arguments: [String], code: Int32 = 0,
    of answer: @escaping @Sendable (StubService.Request) throws -> StubService.Answer = Self.answer
  ) async throws -> (Run, [StubService.Request]) {
    let result = NIOLockedValueBox<(Run, [StubService.Request])?>(nil)
    try await StubService.with(answer) { stub, address in
      let run = try await Run.regie(arguments + ["--server", address, "--lang", "en"])
      let requests = stub.requests
      result.withLockedValue { $0 = (run, requests) }
    }
    let (run, requests) = try #require(result.withLockedValue { $0 })
    #expect(run.code == code, "\(arguments): \(run)")
    return (run, requests)
  }

  @Test(arguments: [
    (["start", Samples.name], "migrations/\(Samples.name)/start", "{}"),
    (["pause", Samples.name, "--reason", "trêve"], "migrations/\(Samples.name)/pause", #"{"reason":"trêve"}"#),
    (["pause", Samples.name], "migrations/\(Samples.name)/pause", #"{"reason":"no reason given"}"#),
    (["pause", Samples.moveName], "moves/\(Samples.moveName)/pause", "{}"),
    (["resume", Samples.name], "migrations/\(Samples.name)/resume", "{}"),
    (["resume", Samples.moveName], "moves/\(Samples.moveName)/resume", "{}"),
    (["cancel", Samples.name, "--reason", "non"], "migrations/\(Samples.name)/cancel", #"{"reason":"non"}"#),
    (
      ["pace", Samples.name, "--in-flight", "4", "--max-troubled=-1"], "migrations/\(Samples.name)/pace",
      #"{"inFlight":4,"maxTroubled":-1}"#
    ),
    (
      ["pace", Samples.name, "--blackout", "2026-12-20/2027-01-05@region:nord"], "migrations/\(Samples.name)/pace",
      #"{"blackouts":[{"from":"2026-12-20","until":"2027-01-05","region":"nord"}]}"#
    ),
    (["pace", Samples.name, "--no-blackouts"], "migrations/\(Samples.name)/pace", #"{"blackouts":[]}"#),
    (
      ["approve", Samples.moveName, "--as", "projectTeam"], "moves/\(Samples.moveName)/approve",
      #"{"as":"projectTeam"}"#
    ),
    (
      ["done", "firstCopy", Samples.moveName, "--evidence", "copié"], "moves/\(Samples.moveName)/tasks/firstCopy",
      #"{"evidence":"copié"}"#
    ),
    (
      ["done", "createEnvironment", Samples.moveName, "--environment-id", Samples.name],
      "moves/\(Samples.moveName)/tasks/createEnvironment", #"{"environmentID":"\#(Samples.name)"}"#
    ),
    (["cut-over", Samples.moveName], "moves/\(Samples.moveName)/cut-over", "{}"),
    (
      ["confirm-removal", Samples.moveName, "--typed", "prod"], "moves/\(Samples.moveName)/confirm-removal",
      #"{"environment":"prod"}"#
    ),
    (
      ["confirm-target-removal", Samples.moveName, "--typed", "prod2"],
      "moves/\(Samples.moveName)/confirm-target-removal", #"{"environment":"prod2"}"#
    ),
    (
      ["source-lost", Samples.moveName, "--accept-loss", "la nuit"], "moves/\(Samples.moveName)/source-lost",
      #"{"acceptedLoss":"la nuit"}"#
    ),
    (
      ["declare-gone", Samples.moveName, "--typed", "prod", "--reason", "feu"],
      "moves/\(Samples.moveName)/declare-gone", #"{"environment":"prod","reason":"feu"}"#
    ),
    (["rollback", Samples.moveName], "moves/\(Samples.moveName)/roll-back", "{}"),
    (
      ["rollback", Samples.moveName, "--accept-loss", "rien"], "moves/\(Samples.moveName)/roll-back",
      #"{"acceptedLoss":"rien"}"#
    ),
    (["give-up", Samples.moveName, "--reason", "assez"], "moves/\(Samples.moveName)/give-up", #"{"reason":"assez"}"#),
  ])
  func `an act is sent to the migration or the move that is named, with a key`(
    arguments: [String], path: String, body: String
  ) async throws {
    let (_, requests) = try await asked(["migrate"] + arguments)
    let sent = try #require(requests.last)
    #expect(sent.method == "POST" && sent.path == "/api/v1/\(path)")
    #expect(try members(sent.body) == members(body), "\(sent.body)")
    #expect(sent.headers["idempotency-key"]?.isEmpty == false)
  }

  @Test func `to all of a migration it is agreed without a key, once, and no key is taken`() async throws {
    let arguments = ["migrate", "approve", Samples.name, "--as", "serviceBody"]
    let (_, requests) = try await asked(arguments)
    let sent = try #require(requests.last)
    #expect(sent.method == "POST" && sent.path == "/api/v1/migrations/\(Samples.name)/approve")
    #expect(try members(sent.body) == members(#"{"as":"serviceBody"}"#), "\(sent.body)")
    #expect(sent.headers["idempotency-key"] == nil)

    let (run, refused) = try await asked(arguments + ["--idempotency-key", "k"], code: 64)
    let changes = refused.filter { $0.method != "GET" }
    #expect(run.output.contains("--idempotency-key") && changes.isEmpty, "\(run)")

    let (lost, unanswered) = try await asked(arguments, code: 69) { request in
      guard request.method == "POST" else { return try Self.answer(request) }
      return try .init(Problem(status: 503, .ambiguousCommit, title: "Indisponible", detail: "perdue"))
    }
    let posted = unanswered.filter { $0.method == "POST" }
    #expect(posted.count == 1 && !lost.output.contains("--idempotency-key"), "\(lost)")
  }

  private func members(_ text: String) throws -> NSDictionary? {
    try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
  }

  @Test(arguments: [
    (["list", "--state", "running"], "/api/v1/migrations?state=running", "MOTIVE"),
    (["status", Samples.name], "/api/v1/migrations/\(Samples.name)", "under way: 3"),
    (
      ["moves", Samples.name, "--project", "vigie"], "/api/v1/moves?migration=\(Samples.name)&project=vigie",
      "vigie/prod   sud-1  nord-1  prod2     planned"
    ),
    (["show", Samples.moveName], "/api/v1/moves/\(Samples.moveName)", "waits for:"),
    (
      ["tasks", "--as", "projectTeam"], "/api/v1/moves?awaiting=projectTeam",
      "regie migrate approve \(Samples.moveName) --as projectTeam"
    ),
    (["names", "vigie"], "/api/v1/projects/vigie/moved-environments", "prod         prod2"),
    (
      ["runbook", Samples.name, "--party", "sourceOperator", "--name", "dtnum", "--format", "html", "--guide"],
      "/api/v1/migrations/\(Samples.name)/runbook?party=sourceOperator&name=dtnum&kind=guide&format=html&lang=en",
      "# Fiche"
    ),
  ])
  func `what is read is shown`(arguments: [String], path: String, text: String) async throws {
    let (run, requests) = try await asked(["migrate"] + arguments)
    #expect(requests.map { "\($0.path)\($0.query.isEmpty ? "" : "?" + $0.query)" } == [path])
    #expect(run.output.contains(text), "\(run.output)")
  }

  @Test func `what has changed since the plan ends with 1`() async throws {
    let (run, _) = try await asked(["migrate", "changes", Samples.name], code: 1)
    #expect(run.output.contains("cluster nord-1 changed"))
  }

  @Test func `a plan is only asked for, and made with --save`() async throws {
    let wish = [
      "migrate", "plan", "--cluster", "sud-1", "--cluster", "sud-2", "--motive", "capacity", "--reason", "plein",
      "--retention-days", "5", "--task-days", "3", "--per-day", "9", "--in-flight-per-operator", "2", "--day",
      "2026-11-24", "--blackout", "2026-12-20/2027-01-05", "--blackout", "2026-12-01/2026-12-02@operator:anfsi",
      "--after",
      "vigie/prod=annuaire/prod",
    ]
    let draft = MigrationDraft(
      motive: .capacity, reason: "plein", scope: MoveScopeView(.clusters(["sud-1", "sud-2"])),
      limits: .init(
        retentionDays: 5, perDay: 9, inFlightPerOperator: 2, days: ["2026-11-24"],
        blackouts: [
          .init(from: "2026-12-20", until: "2027-01-05"),
          .init(from: "2026-12-01", until: "2026-12-02", operator: "anfsi"),
        ],
        dependencies: [.init(first: "annuaire/prod", then: "vigie/prod")]), taskDays: 3)
    let (dry, asking) = try await asked(wish)
    #expect(asking.map(\.path) == ["/api/v1/migrations/plan"])
    #expect(try ModelJSON.decoder.decode(MigrationDraft.self, from: Data((asking.first?.body ?? "").utf8)) == draft)
    #expect(dry.output.contains("1 move(s) in 1 wave(s), 1 impossible") && !dry.output.contains("regie migrate start"))
    let (saved, making) = try await asked(wish + ["--save"])
    #expect(making.map(\.path) == ["/api/v1/migrations", "/api/v1/migrations/\(Samples.name)/plan"])
    #expect(saved.output.contains("regie migrate start \(Samples.name)"))
  }

  @Test func `all that the service takes of a wish can be said, and days as ranges`() async throws {
    let (_, asking) = try await asked([
      "evacuate", "sud", "--reason", "ferme", "--waves-per-day", "2", "--production-per-project", "3",
      "--no-rehearses", "--patience-minutes", "90", "--in-flight", "4", "--max-troubled=-1", "--day",
      "2027-01-12", "--day", "2026-12-30..2027-01-02", "--day", "2027-01-01",
    ])
    let days = ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-12"]
    let draft = MigrationDraft(
      motive: .departure, reason: "ferme", scope: MoveScopeView(.regions(["sud"])),
      limits: .init(days: days, wavesPerDay: 2, productionPerProject: 3, rehearses: false), patienceMinutes: 90,
      pace: .init(inFlight: 4, maxTroubled: -1))
    #expect(try ModelJSON.decoder.decode(MigrationDraft.self, from: Data((asking.first?.body ?? "").utf8)) == draft)
    let (_, plain) = try await asked(["evacuate", "sud", "--reason", "ferme", "--rehearses"])
    let body = try ModelJSON.decoder.decode(MigrationDraft.self, from: Data((plain.first?.body ?? "").utf8))
    #expect(body.limits.rehearses == true && body.limits.days == nil && body.pace == nil)
  }

  @Test(arguments: [
    ["--day", "demain"], ["--day", "2026-12-02..2026-12-01"], ["--day", "2026-12-01.."],
    ["--day", "2026-12-01..2026-12-02..2026-12-03"], ["--day", "2026-12-01..9999-12-31"],
    ["--blackout", "2026-12-20"], ["--blackout", "2026-12-20/demain"], ["--blackout", "2026-12-20/2026-12-21@lieu:x"],
    ["--blackout", "2026-12-20/2026-12-21@operator:"], ["--after", "vigie/prod"], ["--after", "vigie/prod=annuaire"],
  ])
  func `days and orders that are not understood are refused before anything is asked`(arguments: [String]) async throws
  {
    let run = try await Run.regie(
      ["evacuate", "sud", "--reason", "ferme", "--server", "http://127.0.0.1:1"] + arguments)
    #expect(run.code == 64 && run.output.contains("expected"), "\(run)")
  }

  @Test func `a region is emptied only with --yes`() async throws {
    let (dry, asking) = try await asked(["evacuate", "sud", "--reason", "ferme"])
    #expect(asking.map(\.path) == ["/api/v1/migrations/plan"])
    #expect(dry.output.contains("nothing is kept: --yes makes the migration"))
    let (made, making) = try await asked(["evacuate", "sud", "--reason", "ferme", "--yes"])
    let body = try ModelJSON.decoder.decode(MigrationDraft.self, from: Data((making.first?.body ?? "").utf8))
    #expect(making.first?.path == "/api/v1/migrations")
    #expect(body.motive == .departure && body.scope == MoveScopeView(.regions(["sud"])) && body.reason == "ferme")
    let (_, lost) = try await asked(["evacuate", "sud", "--reason", "feu", "--motive", "disaster", "--yes"])
    #expect(
      try ModelJSON.decoder.decode(MigrationDraft.self, from: Data((lost.first?.body ?? "").utf8)).motive == .disaster)
    for next in ["approve \(Samples.name) --as serviceBody", "start \(Samples.name)", "watch \(Samples.name)"] {
      #expect(made.output.contains("regie migrate \(next)"))
    }
  }

  @Test func `JSON and YAML are the service's own`() async throws {
    let (json, _) = try await asked(["migrate", "status", Samples.name, "-o", "json"])
    #expect(try ModelJSON.decoder.decode(MigrationView.self, from: Data(json.output.utf8)) == Samples.migration())
    let (yaml, _) = try await asked(["migrate", "show", Samples.moveName, "-o", "yaml"])
    #expect(yaml.output.contains("project: vigie\n"))
    let (plan, _) = try await asked(["evacuate", "sud", "--reason", "ferme", "-o", "json"])
    let decoded = try ModelJSON.decoder.decode(MigrationPlan.self, from: Data(plan.output.utf8))
    let sent = try Samples.plan()
    #expect(decoded.moves == sent.moves && decoded.waves == sent.waves)
  }

  @Test func `what the service does not know ends with 1, and says so`() async throws {
    let other = UUID().uuidString.lowercased()
    let (run, requests) = try await asked(["migrate", "approve", other, "--as", "serviceBody"], code: 1)
    #expect(requests.map(\.path) == ["/api/v1/migrations/\(other)", "/api/v1/moves/\(other)/approve"])
    #expect(run.output.contains("Introuvable : rien"))
  }

  @Test(arguments: [
    ["migrate", "plan", "--motive", "wish", "--reason", "R"],
    ["migrate", "plan", "--region", "a", "--project", "b", "--motive", "wish", "--reason", "R"],
    ["migrate", "plan", "--environment", "vigie", "--motive", "wish", "--reason", "R"],
    ["migrate", "plan", "--placement", "x", "--motive", "wish", "--reason", "R"],
    ["migrate", "plan", "--region", "a", "--motive", "fancy", "--reason", "R"], ["migrate", "done", "firstCopy", "x"],
    ["migrate", "done", "dance", "x", "--evidence", "E"],
    ["migrate", "done", "firstCopy", "x", "--environment-id", UUID().uuidString],
    ["migrate", "done", "createEnvironment", "x", "--environment-id", "y"], ["migrate", "confirm-removal", "x"],
    ["migrate", "approve", "x", "--as", "nobody"], ["migrate", "pace", "x"],
    ["migrate", "pace", "x", "--blackout", "2026-12-20"],
    ["migrate", "pace", "x", "--no-blackouts", "--blackout", "2026-12-20/2026-12-21"],
    ["migrate", "watch", "x", "--every", "0"],
    ["evacuate", "sud"],
  ])
  func `what is not understood ends with 64, and nothing is asked`(arguments: [String]) async throws {
    #expect(try await Run.regie(arguments).code == 64)
  }

  @Test func `it is watched until it has ended, a line for each change`() async throws {
    try await watch([.running, .running, .done], moved: 2, code: 0) { lines in
      #expect(lines.count == 2 && lines.first?.hasPrefix("under way ; 0/2 moved") == true, "\(lines)")
      #expect(lines.last?.hasPrefix("done ; 2/2 moved (100 %)") == true, "\(lines)")
    }
    try await watch([.done], moved: 1, lost: 1, code: 1) { #expect($0.last?.contains("1 not moved") == true) }
    try await watch([.cancelled], code: 1) { #expect($0.last?.hasPrefix("cancelled") == true) }
    try await watch([.running], extra: ["--for", "1"], code: 1) {
      #expect($0.last == "regie: it has not ended in time")
    }
  }

  private func watch(
    _ states: [CampaignState], moved: Int = 0, lost: Int = 0, extra: [String] = [], code: Int32,
    _ check: @Sendable ([String]) -> Void
  ) async throws {
    let looks = Looks()
    try await StubService.with { _ in
      let state = states[min(looks.next(), states.count - 1)]
      let isEnd = state.isEnd
      return try .init(try Samples.migration(state, moved: isEnd ? moved : 0, lost: isEnd ? lost : 0))
    } _: { _, address in
      let run = try await Run.regie(
        ["migrate", "watch", Samples.name, "--every", "1", "--server", address, "--lang", "en"] + extra)
      #expect(run.code == code, "\(run)")
      check(run.lines.filter { !$0.isEmpty })
    }
  }
}
