import Events
import Foundation
import Model
import Testing

@testable import Requests

/// What is written in requests is read by those who decide on them, on terminals too.
struct RequestTextTests {
  private static let unruly = ["a\u{1B}[2Kb", "a\u{9B}2Kb", "a\u{202E}b", "a\rb", "a\u{FEFF}b"]

  private static func refusal(_ body: () throws -> Void) -> RequestRefusal? {
    do {
      try body()
      return nil
    } catch {
      return error as? RequestRefusal
    }
  }

  @Test(arguments: unruly) func `what turns a terminal is refused by its field`(text: String) throws {
    var request = try Asked.request(in: .requested)
    var notified = try Asked.request(in: .notified)
    var flow = try Flowing.flow()
    let (noon, moment) = (Flowing.noon("2026-11-24"), Asked.moment("2026-11-03"))
    let refused: [(String, () throws -> Void)] = [
      ("motive", { _ = try Asked.request(motive: text) }), ("costAcceptedBy", { _ = try Asked.request(cost: text) }),
      ("reason", { _ = try request.handle(.withdrawn(reason: text), by: Asked.team, at: moment) }),
      (
        "text",
        {
          _ = try request.handle(
            .opined(.operator("dtnum"), .favourable, text: text, author: nil), by: Asked.speaker("dtnum"), at: moment)
        }
      ),
      ("reason", { _ = try notified.handle(.revoked(reason: text), by: Asked.admin, at: moment) }),
      ("motive", { _ = try Flowing.flow(motive: text) }), ("system", { _ = try Flowing.flow(system: text) }),
      (
        "reason",
        {
          _ = try flow.handle(.rejected(operator: "dtnum", reason: text), by: Asked.speaker("dtnum"), at: noon)
        }
      ),
      ("reason", { _ = try flow.handle(.withdrawn(reason: text), by: Asked.team, at: noon) }),
    ]
    for (path, act) in refused {
      let refusal = Self.refusal(act)
      #expect(refusal?.code == .badText && refusal?.path == path, "\(path)")
      #expect(refusal?.accepted == PlainText.accepted)
    }
  }

  @Test func `lines, joiners and other scripts are taken`() {
    for text in ["un\n\tdeux", "👩‍👩‍👧", "می\u{200C}خواهم", "עברית"] {
      #expect(Self.refusal { _ = try Asked.request(motive: text) } == nil)
    }
  }

  @Test func `a flow that takes another's place keeps the words that were taken once`() throws {
    func flow(isCarriedOver: Bool) throws -> NetworkFlow {
      try NetworkFlow(
        id: UUID(),
        wish: FlowWish(
          project: "vigie", environment: "prod2", system: "chorus", direction: .outbound, protocol: .tcp, ports: [443],
          motive: "a\u{9B}b"),
        ground: .ends([Flowing.end()]), policyDelay: nil, isCarriedOver: isCarriedOver, by: Asked.team,
        at: Flowing.noon("2026-11-23"))
    }
    #expect(try flow(isCarriedOver: true).wish.motive == "a\u{9B}b")
    #expect(Self.refusal { _ = try flow(isCarriedOver: false) }?.path == "motive")
  }
}
