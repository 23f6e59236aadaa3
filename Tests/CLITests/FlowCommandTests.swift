import Contract
import Events
import Foundation
import Model
import Requests
import Testing

@testable import CLI

/// `regie flow …`: what is sent, and what people read.
@Suite(.timeLimit(.minutes(3)))
struct FlowCommandTests {
  private static let id = UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID()
  private static let path = "/api/v1/flows/0a000000-0000-4000-8000-00000000000a"
  /// Monday, 23 November 2026, 11:00 in Paris.
  private static let monday = Timestamp(microseconds: 1_795_428_000_000_000)
  private static let team = RequestActor(principal: "oidc:team", isApplicant: true)
  private static let wish = FlowWish(
    project: "vigie", environment: "prod", system: "chorus", direction: .outbound, protocol: .tcp, ports: [443, 8443],
    motive: "Échanges")

  private static func flow() throws -> NetworkFlow {
    try NetworkFlow(
      id: id, wish: wish,
      ground: .ends([
        FlowEnd(.environment, operator: "dtnum", region: "nord", sensitivity: .usuel),
        FlowEnd(.system, operator: "anfsi", region: "sud", sensitivity: .restricted),
      ]), policyDelay: nil, by: team, at: monday)
  }

  private static func view(_ flow: NetworkFlow, asOf: Timestamp = monday) -> FlowView {
    FlowView(flow, number: 1, revision: 1, asOf: asOf)
  }

  @Test func `each command sends what it says, with a key of its own`() async throws {
    let asked = try Self.flow()
    try await StubService.with { request in
      let isList = request.path.hasPrefix("/api/v1/flows") && request.method == "GET" && !request.path.contains("0a0")
      return isList ? try .init(ListView(items: [Self.view(asked)], next: nil)) : try .init(Self.view(asked))
    } _: { stub, address in
      let id = Self.id.uuidString.lowercased()
      for arguments in [
        ["request", "vigie", "prod", "chorus", "--port", "443", "--port", "8443", "--motive", "Échanges"],
        ["open", id, "--operator", "dtnum", "--revision", "1"], ["reject", id, "--reason", "non", "--revision", "7"],
        ["close", id, "--operator", "dtnum", "--revision", "1"], ["withdraw", id], ["show", id],
        ["list", "--project", "vigie"], ["overdue", "--operator", "dtnum"],
        ["overdue", "--escalated"],
      ] {
        let run = try await Run.regie(["flow"] + arguments + ["--server", address])
        #expect(run.code == 0, "\(arguments): \(run)")
      }
      #expect(
        stub.requests.map { "\($0.method) \($0.path)\($0.query.isEmpty ? "" : "?" + $0.query)" } == [
          "POST /api/v1/flows", "POST \(Self.path)/open", "POST \(Self.path)/reject", "POST \(Self.path)/close",
          "POST \(Self.path)/withdraw",
          "GET \(Self.path)", "GET /api/v1/flows?project=vigie", "GET /api/v1/flows?overdue=true&operator=dtnum",
          "GET /api/v1/flows?escalated=true",
        ])
      let keys = stub.requests.compactMap { $0.headers["idempotency-key"] }
      #expect(keys.count == 5 && Set(keys).count == 5)
      // An operator speaks of the flow as it says that it has seen it.
      #expect(stub.requests.map { $0.headers["if-match"] }.compactMap(\.self) == ["\"1\"", "\"7\"", "\"1\""])
      let wish = try ModelJSON.decoder.decode(FlowWish.self, from: Data((stub.requests.first?.body ?? "").utf8))
      #expect(wish == Self.wish)
    }
  }

  @Test(arguments: [
    ["request", "vigie", "prod", "chorus", "--motive", "M"], ["request", "vigie", "prod", "chorus", "--port", "443"],
    ["request", "vigie", "prod", "chorus", "--port", "ssh", "--motive", "M"], ["reject", "x"], ["open"],
  ])
  func `what is not understood ends with 64`(arguments: [String]) async throws {
    #expect(try await Run.regie(["flow"] + arguments).code == 64)
  }

  @Test func `what others have written in a flow turns no terminal, and makes no line of the program's`() throws {
    var view = Self.view(try Self.flow())
    (view.motive, view.reason) = ("a\u{9B}2K\nb", "c\u{202E}\nd")
    let told = FlowText.render(view, language: .fr)
    for text in ["« a\u{FFFD}2K\n    b »", "motif : c\u{FFFD}\n    d"] {
      #expect(told.contains(text), "\(told.debugDescription)")
    }
  }

  @Test func `who does not say what he went by is shown his ends, and nothing is sent`() async throws {
    let asked = try Self.flow()
    try await StubService.with { _ in
      try .init(Self.view(asked))
    } _: { stub, address in
      for act in [["open"], ["close"], ["reject", "--reason", "non"]] {
        let arguments = ["flow", act[0], Self.id.uuidString.lowercased()] + act.dropFirst() + ["--server", address]
        let run = try await Run.regie(arguments)
        #expect(run.code == ExitStatus.refused && run.output.contains("--revision 1"), "\(run)")
      }
      #expect(stub.requests.map(\.method) == ["GET", "GET", "GET"])
    }
  }

  @Test func `who opens or closes is shown which ends, and of which revision`() throws {
    var flow = try Self.flow()
    func shown(_ act: FlowAct, _ name: String?, _ language: Language = .en) -> String {
      FlowText.concerned(by: act, in: Self.view(flow), of: name, language: language)
        .split(separator: "\n").first.map(String.init) ?? ""
    }
    #expect(shown(.open, "dtnum") == "ends to be opened, revision 1: dtnum/nord/usuel")
    #expect(shown(.reject, nil, .fr) == "bouts à ouvrir, révision 1 : dtnum/nord/usuel, anfsi/sud/DR")
    #expect(shown(.close, "dtnum") == "ends to be closed, revision 1: none")
    let speaker = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
    _ = try flow.handle(.opened(operator: "dtnum"), by: speaker, at: Self.monday)
    #expect(shown(.open, nil) == "ends to be opened, revision 1: anfsi/sud/DR")
    _ = try flow.handle(.withdrawn(reason: "assez"), by: Self.team, at: Self.monday)
    #expect(shown(.close, "dtnum", .fr) == "bouts à fermer, révision 1 : dtnum/nord/usuel")
    #expect(FlowText.render(Self.view(flow), language: .en).contains("(revision 1)"))
  }

  @Test func `a flow is told with what it crosses, who has to act, and what is late`() throws {
    var flow = try Self.flow()
    let told = FlowText.render(Self.view(flow), language: .en).split(separator: "\n")
    #expect(told[0].hasPrefix("0a000000-0000-4000-8000-00000000000a: to be opened by anfsi, dtnum, by 2026-11-30"))
    #expect(told[1] == "vigie/prod → chorus tcp/443,8443: “Échanges”")
    #expect(told[2] == "dtnum/nord/usuel, anfsi/sud/DR — 5 working days, crosses regions, crosses sensitivities")
    let later = Timestamp(microseconds: Self.monday.microseconds + 20 * 86_400_000_000)
    _ = try flow.handle(.clock, by: Self.team, at: later)
    let late = FlowText.overdue([Self.view(flow, asOf: later)])
    #expect(late.split(separator: "\n").count == 3 && late.contains("12d"), "\(late)")
    #expect(FlowText.table([Self.view(flow, asOf: later)]).contains("anfsi,dtnum"))
    let speaker = RequestActor(principal: "oidc:dtnum", operator: "dtnum")
    _ = try flow.handle(.opened(operator: "dtnum"), by: speaker, at: later)
    _ = try flow.handle(.withdrawn(reason: "assez"), by: Self.team, at: later)
    let ended = FlowText.render(Self.view(flow, asOf: later), language: .fr)
    #expect(ended.contains(": retiré\n") && ended.contains("motif : assez"))
    #expect(ended.contains("reste à fermer : dtnum/nord/usuel"), "\(ended)")
    #expect(ended.contains("à fermer par dtnum avant "), "\(ended)")
    let last = Timestamp(microseconds: later.microseconds + 20 * 86_400_000_000)
    #expect(FlowText.overdue([Self.view(flow, asOf: last)]).contains("dtnum"))
  }
}
