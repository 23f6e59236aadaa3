import Contract
import Events
import Foundation
import Model
import Requests
import Testing

@testable import CLI

/// `regie derogation …`: what is sent, and what people read.
@Suite(.timeLimit(.minutes(3)))
struct DerogationCommandTests {
  private static let id = UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID()
  private static let path = "/api/v1/derogation-requests/0a000000-0000-4000-8000-00000000000a"
  private static let admin = RequestActor(principal: "oidc:admin", isApplicant: true, operator: "dtnum", isAdmin: true)

  private static let moment = DerogationMoment(
    at: Timestamp(microseconds: 1_800_000_000_000_000),
    policy: PolicySpec(
      title: LocalizedText(fr: "Politique"), dataClasses: [],
      rules: [
        PolicySpec.Rule(id: "near", motive: LocalizedText(fr: "Près"), effect: .forbid, places: LabelSelector())
      ]),
    operators: ["dtnum"])

  private static func request() throws -> DerogationRequest {
    try DerogationRequest(
      id: id,
      scope: .init(project: "vigie", rules: ["near"], stages: ["prod"], validUntil: CalendarDay("2999-06-30")),
      motive: "Le temps de migrer", costAcceptedBy: "Mme Durand",
      by: RequestActor(principal: "oidc:team", isApplicant: true), at: moment)
  }

  private static func view(_ request: DerogationRequest) -> DerogationRequestView {
    DerogationRequestView(request, number: 1, revision: 1, asOf: moment.at)
  }

  @Test func `each command sends what it says, with a key of its own`() async throws {
    let asked = try Self.request()
    try await StubService.with { _ in
      try .init(Self.view(asked))
    } _: { stub, address in
      let id = Self.id.uuidString
      for arguments in [
        [
          "request", "vigie", "near", "--motive", "M", "--cost-accepted-by", "D", "--stage", "prod", "--until",
          "2999-06-30",
        ],
        ["opine", id, "favourable", "oui", "--operator", "dtnum"],
        ["opine", id, "reserved", "oui", "--homologation", "--author", "P"],
        ["decide", id, "granted", "--reason", "m"],
        ["notify", id], ["revoke", id, "--reason", "m"], ["withdraw", id], ["show", id],
      ] {
        let run = try await Run.regie(["derogation"] + arguments + ["--server", address])
        #expect(run.code == 0, "\(arguments): \(run)")
      }
      #expect(
        stub.requests.map { "\($0.method) \($0.path.lowercased())" } == [
          "POST /api/v1/derogation-requests", "POST \(Self.path)/opinions", "POST \(Self.path)/opinions",
          "POST \(Self.path)/decide", "POST \(Self.path)/notify", "POST \(Self.path)/revoke",
          "POST \(Self.path)/withdraw", "GET \(Self.path)",
        ])
      let keys = stub.requests.compactMap { $0.headers["idempotency-key"] }
      #expect(keys.count == 7 && Set(keys).count == 7)
      let wish = try ModelJSON.decoder.decode(DerogationWish.self, from: Data((stub.requests.first?.body ?? "").utf8))
      #expect(
        wish
          == DerogationWish(
            project: "vigie", rules: ["near"], stages: ["prod"], motive: "M", costAcceptedBy: "D",
            validUntil: CalendarDay("2999-06-30")))
      #expect(stub.requests[4].body.isEmpty)
    }
  }

  @Test(arguments: [
    ["opine", "x", "perhaps", "oui"], ["opine", "x", "reserved", "oui", "--homologation", "--operator", "dtnum"],
    ["opine", "x", "reserved", "oui", "--homologation", "--author", "P", "--operator", "dtnum"],
    ["decide", "x", "maybe", "--reason", "m"], ["decide", "x", "granted"], ["revoke", "x"],
    ["request", "vigie", "--motive", "M"], ["request", "vigie", "near"],
    ["request", "vigie", "near", "--motive", "M", "--until", "demain"],
  ])
  func `what is not understood ends with 64`(arguments: [String]) async throws {
    #expect(try await Run.regie(["derogation"] + arguments).code == 64)
  }

  @Test func `what others have written in a request turns no terminal, and makes no line of the program's`() throws {
    var view = Self.view(try Self.request())
    view.motive = "a\u{9B}2K\nb"
    view.ending = DerogationRequest.Ending(reason: "c\u{202E}\nd", principal: "oidc:team")
    view.verdict = Verdict(.refused, reason: "e\u{1B}[2K\nf", principal: "oidc:admin", at: Self.moment.at)
    let told = DerogationText.render(view, language: .fr)
    for text in ["« a\u{FFFD}2K\n    b »", "fin : c\u{FFFD}\n    d", "refusée : e\u{FFFD}[2K\n    f"] {
      #expect(told.contains(text), "\(told.debugDescription)")
    }
  }

  @Test func `a request is told with its scope, who bears the cost, and what was said`() throws {
    var request = try Self.request()
    #expect(
      DerogationText.render(Self.view(request), language: .en).split(separator: "\n") == [
        "0a000000-0000-4000-8000-00000000000a: requested", "“Le temps de migrer”",
        "vigie: near, prod, until 2999-06-30", "the extra cost is accepted by Mme Durand",
        "opinions that are missing: operator, homologation",
      ])
    let events: [DerogationEvent] = [
      .opined(.operator("dtnum"), .favourable, text: "oui", author: nil),
      .opined(.homologation, .reserved, text: "sous réserve", author: "M. Petit"),
      .decided(.granted, reason: "motivé"), .notified,
    ]
    for event in events { _ = try request.handle(event, by: Self.admin, at: Self.moment) }
    let told = DerogationText.render(Self.view(request), language: .fr)
    #expect(told.contains("accordée et notifiée, en vigueur : derogation-0a000000"))
    #expect(told.contains("accordée : motivé") && told.contains("M. Petit") && told.contains("sous réserve"))
    #expect(DerogationText.table([Self.view(request)]).contains("notified"))
    _ = try request.handle(.revoked(reason: "assez"), by: Self.admin, at: Self.moment)
    let ended = DerogationText.render(Self.view(request), language: .fr)
    #expect(ended.contains(": révoquée\n") && ended.contains("fin : assez"))
  }
}
