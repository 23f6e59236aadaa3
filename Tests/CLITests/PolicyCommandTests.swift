import Contract
import Events
import Foundation
import Model
import NIOConcurrencyHelpers
import Policy
import Testing

@testable import CLI

/// `regie policy diff`, `regie policy impact` and `regie findings`.
@Suite(.timeLimit(.minutes(3)))
struct PolicyCommandTests {
  private static let policy = "\(OfflineTests.examples)/policy.yaml"

  private static func changed(to path: String) throws {
    let text = try String(contentsOfFile: policy, encoding: .utf8)
    try write(text.replacing("values: [dtnum, anfsi]", with: "values: [anfsi]"), to: path)
  }

  @Test func `two files are compared without a service, and it ends with 1 where they differ`() async throws {
    try await withFolder { folder in
      try Self.changed(to: "\(folder)/p.yaml")
      let same = try await Run.regie("policy", "diff", Self.policy, Self.policy)
      #expect(same.code == 0 && same.output == "Rien ne diffère.\n")
      let other = try await Run.regie("policy", "diff", Self.policy, "\(folder)/p.yaml", "--lang", "en")
      #expect(other.code == 1)
      #expect(
        other.lines.filter { !$0.isEmpty } == [
          "   PART  NAME                    WHAT CHANGES",
          "~  rule  dr-operateurs-internes  The rule “dr-operateurs-internes” changes: places: "
            + "region.operator in (anfsi, dtnum) → region.operator = anfsi.",
        ])
      let json = try await Run.regie("policy", "diff", Self.policy, "\(folder)/p.yaml", "-o", "json")
      let view = try ModelJSON.decoder.decode(DifferenceView.self, from: Data(json.output.utf8))
      #expect(json.code == 1 && view.entries.map(\.change) == [.changed] && view.from == nil)
      let none = try await Run.regie("policy", "diff", Self.policy, "\(OfflineTests.examples)/offer")
      #expect(none.code == 2)
    }
  }

  @Test(arguments: [["4"], ["p.yaml", "4"], ["1", "2", "3"], []])
  func `what can not be compared ends with 64`(arguments: [String]) async throws {
    #expect(try await Run.regie(["policy", "diff"] + arguments).code == 64)
  }

  /// A draft as the service answers it.
  private static let drafted = """
    {"id": "5A0F3C52-8F1E-4C59-9D6C-2F1B8A7E4C10", "kind": "emergency", "state": "draft", "closing": false,
     "outdated": false, "base": 2, "author": "dtnum", "principal": "local", "createdAt": "2026-11-20T13:12:45.820461Z",
     "votes": [], "revision": 1, "asOf": "2026-11-20T13:12:45.820461Z", "digest": ""}
    """

  @Test(arguments: [["emergency", policy], ["rollback", "1"]])
  func `a draft that is refused to the vote at once is not left behind`(command: [String]) async throws {
    let path = "/api/v1/policy/drafts"
    let draft = "\(path)/5A0F3C52-8F1E-4C59-9D6C-2F1B8A7E4C10"
    for (status, deletes) in [(422, ["DELETE \(draft) operator=dtnum"]), (503, [])] {
      try await StubService.with { request in
        switch (request.method, request.path) {
        case ("POST", path): return .init(Self.drafted, status: 201)
        case ("DELETE", _): return .init("", status: 204)
        default: return try .init(Problem(status: status, code: "x", title: "Refusé", detail: "cela relâche"))
        }
      } _: { stub, address in
        let run = try await Run.regie(
          ["policy"] + command + ["--motive", "m", "--operator", "dtnum", "--server", address])
        #expect(run.code != 0 && run.output.contains("cela relâche"), "\(run)")
        let asked = stub.requests.map { "\($0.method) \($0.path) \($0.query)" }
        #expect(asked.count == 2 + deletes.count && Array(asked.dropFirst(2)) == deletes, "\(asked)")
      }
    }
  }

  /// Drafts as the service keeps them: one for each key; what was discarded is so for good.
  private struct Drafts: Sendable {
    var keys: [String] = []
    var discarded: Set<String> = []
    /// How many are refused to the vote yet.
    var refusals = 2

    private static func drafted(_ id: String, _ state: String = "draft") -> StubService.Answer {
      let text = PolicyCommandTests.drafted.replacing("5A0F3C52-8F1E-4C59-9D6C-2F1B8A7E4C10", with: id)
      return .init(text.replacing("\"draft\"", with: "\"\(state)\""), status: 201)
    }

    mutating func answer(_ request: StubService.Request) throws -> StubService.Answer {
      let parts = request.path.split(separator: "/").dropFirst(3).map(String.init)
      switch (request.method, parts.first, parts.count) {
      case ("POST", "drafts", 1):
        let key = request.headers["idempotency-key"] ?? ""
        let isReplay = keys.contains(key)
        if !isReplay { keys.append(key) }
        var answer = Self.drafted("5A0F3C52-8F1E-4C59-9D6C-2F1B8A7E4C1\(keys.firstIndex(of: key) ?? 9)")
        answer.isReplay = isReplay
        return answer
      case ("GET", "drafts", 2): return Self.drafted(parts[1], discarded.contains(parts[1]) ? "discarded" : "draft")
      case ("DELETE", "drafts", 2):
        discarded.insert(parts[1])
        return .init("", status: 204)
      case ("POST", "drafts", 3) where refusals > 0:
        refusals -= 1
        return try .init(Problem(status: 422, .invalid, title: "Refusé", detail: "cela relâche"))
      case ("POST", "drafts", 3) where !discarded.contains(parts[1]): return Self.drafted(parts[1], "open")
      case ("POST", _, _): return try .init(Problem(status: 409, .proposalState, title: "Refusé", detail: "abandonné"))
      default: return try .init(Problem(status: 404, .notFound, title: "Introuvable", detail: "rien"))
      }
    }
  }

  @Test(arguments: [["emergency", policy], ["rollback", "1"]])
  func `a command whose draft was refused begins another one when it is given again under its key`(
    command: [String]
  ) async throws {
    let drafts = NIOLockedValueBox(Drafts())
    try await StubService.with { request in
      try drafts.withLockedValue { try $0.answer(request) }
    } _: { _, address in
      for code: Int32 in [1, 1, 0, 0] {
        let run = try await Run.regie(
          ["policy"] + command + ["--motive", "m", "--idempotency-key", "k-1", "--server", address])
        #expect(run.code == code, "\(run)")
      }
      let kept = drafts.withLockedValue { $0 }
      #expect(kept.keys.first == "k-1" && kept.keys.count == 3, "\(kept)")
      #expect(kept.discarded.count == 2)
    }
  }

  @Test func `versions and files are sent to where they are known`() async throws {
    let view = DifferenceView(PolicyDifference(from: Self.empty, to: Self.empty), from: 1, to: 2, language: .fr)
    try await StubService.with { _ in
      try .init(view)
    } _: { stub, address in
      for arguments in [["1", "2"], ["1", Self.policy], [Self.policy]] {
        let run = try await Run.regie(["policy", "diff", "--server", address] + arguments)
        #expect(run.code == 0, "\(run)")
      }
      #expect(
        stub.requests.map { "\($0.method) \($0.path) \($0.query)" } == [
          "GET /api/v1/policy/versions/1/difference/2 ", "POST /api/v1/policy:difference base=1",
          "POST /api/v1/policy:difference ",
        ])
    }
  }

  private static let empty = PolicySpec(title: LocalizedText(fr: "P"), dataClasses: [])

  private static let day = CalendarDay("2026-12-24")!

  /// - Parameter isOwn: whether what it has found is told to somebody who is given no counts.
  private static func impact(
    _ state: ImpactView.State, done: Int64 = 0, summary: Impact.Summary? = nil, isOwn: Bool = false
  ) -> ImpactView {
    let result = ImpactView.Result(
      digest: isOwn ? nil : String(repeating: "0", count: 64), summary: summary, asOf: Timestamp(microseconds: 0),
      policyVersion: 1, offerVersion: 1, snapshotDigest: "", day: day, seconds: 1, stale: true)
    return ImpactView(
      id: UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID(), subject: nil,
      requestedAt: Timestamp(microseconds: 0), state: state, failure: nil, follows: false,
      progress: .init(done: done, total: 10), result: isOwn || summary != nil ? result : nil)
  }

  /// A value that only the service makes.
  private static func read<Value: Decodable>(_ text: String) throws -> Value {
    try ModelJSON.decoder.decode(Value.self, from: Data(text.utf8))
  }

  private static func line() throws -> NonComplianceView {
    let item: Impact.NonCompliance = try read(
      """
      {"project": "vigie", "environment": "prod", "replica": 0, "cluster": "idf-1", "region": "idf",
        "operator": "dtnum", "already": false, "rules": ["r"], "reasons": [{"code": "RuleForbids",
        "parameters": {"rule": "r", "motive": "M.", "motiveEN": "M.", "demand": "d"}}]}
      """)
    return NonComplianceView(item, .en)
  }

  private static func move() throws -> Impact.Migration {
    try read(#"{"project": "vigie", "environment": "prod", "replica": 0, "from": "idf-1"}"#)
  }

  @Test func `an impact is waited for with progress, and told line by line with what it is true of`() async throws {
    let final: Impact.Summary = try Self.read(
      """
      {"projects": 10, "placements": 20, "nonCompliant": 1, "alreadyNonCompliant": 0, "compliantAgain": 0,
        "regionChanges": 0, "noLongerPlaceable": 0, "placeableAgain": 0, "migrations": 1, "migrationsThatDoNotFit": 1}
      """)
    let view = try Self.line()
    let move = try Self.move()
    let id = "0a000000-0000-4000-8000-00000000000a"
    try await StubService.with { request in
      switch request.path {
      case "/api/v1/policy/impacts": return try .init(Self.impact(.running, done: 4), status: 202)
      case "/api/v1/policy/impacts/\(id)": return try .init(Self.impact(.done, done: 10, summary: final))
      case "/api/v1/policy/impacts/\(id)/non-compliances": return try .init(ListView(items: [view], next: nil))
      case "/api/v1/policy/impacts/\(id)/migrations": return try .init(ListView(items: [move], next: nil))
      default: return .init(#"{"items": []}"#)
      }
    } _: { stub, address in
      let run = try await Run.regie(
        "policy", "impact", Self.policy, "--wait", "--lang", "en", "--server", address)
      #expect(run.code == 1)
      #expect(
        run.lines.filter { !$0.isEmpty } == [
          "4 of 10 projects",
          "PROJECT  WHAT CHANGES   ENVIRONMENT  FROM   TO       WHY",
          "vigie    non-compliant  prod/0       idf-1  no room  Rule r forbids it: M.",
          "10 projects, 20 placements: non-compliant 1, already 0, compliant again 0, no longer placeable 0, "
            + "migrations 1 of which without room 1, better elsewhere 0",
          "true at 1970-01-01T00:00:00.000000Z; has changed since",
        ])
      #expect(stub.requests.first?.method == "POST")
      let later = try await Run.regie("policy", "impact", Self.policy, "--server", address)
      #expect(later.code == 0 && later.output == "\(id)  running  4 projets sur 10\n")
      let cancelled = try await Run.regie("policy", "impact", id, "--cancel", "--server", address)
      #expect(cancelled.code == 1)
      #expect(stub.requests.contains { $0.method == "DELETE" && $0.path.hasSuffix(id) })
      #expect(try await Run.regie("policy", "impact", Self.policy, "--cancel").code == 64)
    }
  }

  @Test func `who is told of what is on its own clusters is given no counts, and counts that`() async throws {
    let line = try Self.line()
    let move = try Self.move()
    let view = Self.impact(.done, done: 10, isOwn: true)
    let path = "/api/v1/policy/impacts/\(view.id.uuidString.lowercased())"
    try await StubService.with { request in
      switch request.path {
      case path: return try .init(view)
      case "\(path)/non-compliances":
        return try .init(ImpactItemsView(items: [line], next: nil, withheld: true))
      case "\(path)/migrations": return try .init(ImpactItemsView(items: [move], next: nil, withheld: true))
      default: return .init(#"{"items": [], "withheld": true}"#)
      }
    } _: { _, address in
      let id = view.id.uuidString
      let run = try await Run.regie("policy", "impact", id, "--lang", "en", "--server", address)
      #expect(run.code == 1)
      let lines = run.lines.filter { !$0.isEmpty }
      #expect(
        lines.dropFirst(2) == [
          "nothing is said here of other operators, nor of what would be better elsewhere or no longer placeable",
          "on your clusters: non-compliant 1, already 0, migrations 1 of which without room 1",
          "true at 1970-01-01T00:00:00.000000Z; has changed since",
        ])
      let machine = try await Run.regie("policy", "impact", id, "-o", "json", "--server", address)
      #expect(machine.code == 1 && !machine.output.contains("summary"))
    }
  }

  @Test func `that there is no room is told of a move that leads nowhere, and of nothing that has no move`() throws {
    var details = ImpactText.Details(nonCompliances: [try Self.line()])
    let view = Self.impact(.done, done: 10, isOwn: true)
    let unmoved = ImpactText.render(view, details, .en)
    #expect(unmoved.contains("idf-1  no move  Rule r") && !unmoved.contains("no room"), "\(unmoved)")
    #expect(ImpactText.render(view, details, .fr).contains("idf-1  pas de déplacement  Rule r"))
    details.migrations = [try Self.move()]
    let homeless = ImpactText.render(view, details, .en)
    #expect(homeless.contains("idf-1  no room  Rule r") && !homeless.contains("no move"), "\(homeless)")
  }

  @Test func `a finding that needs no migration says what is to be done`() throws {
    let reason = try JSONDecoder().decode(
      ExplanationView.ReasonView.self,
      from: Data(
        #"{"code":"RuleForbids","category":"restriction","temporary":false,"parameters":{},"sentence":"Non.","remedy":""}"#
          .utf8))
    var finding = FindingView(
      id: UUID(), state: .open, placement: UUID(), project: "vigie", environment: "prod", replica: 0, cluster: "idf-1",
      zone: "idf", region: "idf", operator: "dtnum", policyVersion: 7, rules: ["r"], reasons: [reason], mayStay: true,
      openedAt: Timestamp(microseconds: 0), dueOn: Self.day, resolvedAt: nil, resolution: nil)
    #expect(Findings.table([finding], .fr).contains("Non. (sur place : regie place)"))
    #expect(Findings.table([finding], .en).contains("Non. (stays: regie place)"))
    finding.state = .resolved
    #expect(!Findings.table([finding], .en).contains("regie place"))
  }

  @Test func `findings are listed as asked, and it ends with 1 where some are open`() async throws {
    let finding = FindingView(
      id: UUID(), state: .overdue, placement: UUID(), project: "vigie", environment: "prod", replica: 1,
      cluster: "idf-1", zone: "idf", region: "idf", operator: "dtnum", policyVersion: 7, rules: ["r"], reasons: [],
      openedAt: Timestamp(microseconds: 0), dueOn: Self.day,
      resolvedAt: nil, resolution: nil)
    try await StubService.with { request in
      try .init(ListView(items: request.query.contains("vigie") ? [finding] : [], next: nil))
    } _: { stub, address in
      let run = try await Run.regie(
        "findings", "--project", "vigie", "--operator", "dtnum", "--state", "overdue", "--server", address)
      #expect(run.code == 1)
      #expect(
        run.lines.filter { !$0.isEmpty } == [
          "PROJET  ENVIRONNEMENT  CLUSTER  OPÉRATEUR  ÉTAT     ÉCHÉANCE    VERSION  POURQUOI",
          "vigie   prod/1         idf-1    dtnum      overdue  2026-12-24  7",
        ])
      #expect(stub.requests.last?.query == "project=vigie&operator=dtnum&state=overdue")
      #expect(try await Run.regie("findings", "--server", address).code == 0)
      #expect(try await Run.regie("findings", "--state", "late", "--server", address).code == 64)
    }
  }
}
