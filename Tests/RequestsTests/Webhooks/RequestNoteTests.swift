import Events
import Foundation
import Model
import Testing

@testable import Requests

/// What is told of requests, word by word, and to whom: nobody is told what is not his to know.
struct RequestNoteTests {
  private typealias Told = (
    state: DerogationRequest.State, deed: DerogationAction.Deed, event: WebhookEvent, fr: String, en: String
  )

  @Test func `a project is told how its derogation stands, and not what was decided before that counts`() throws {
    let table: [Told] = [
      (
        .decided, .decided, .derogationDecided, "dérogation décidée, qui ne vaut qu’une fois notifiée",
        "derogation decided, which counts only once it is notified"
      ),
      (
        .notified, .notified, .derogationNotified, "dérogation accordée et notifiée",
        "derogation granted and notified"
      ),
      (
        .declined, .notified, .derogationNotified, "dérogation refusée et notifiée",
        "derogation refused and notified"
      ),
      (
        .notified, .expiring, .derogationExpiring, "la dérogation prend fin le 2027-06-30",
        "the derogation ends on 2027-06-30"
      ),
      (.expired, .expired, .derogationEnded, "dérogation échue", "derogation expired"),
      (.revoked, .revoked, .derogationEnded, "dérogation révoquée", "derogation revoked"),
      (.withdrawn, .withdrawn, .derogationEnded, "dérogation retirée", "derogation withdrawn"),
    ]
    for row in table {
      let request = try Asked.request(in: row.state)
      let wanted = WebhookNote(
        row.event, project: "vigie",
        text: LocalizedText(fr: "\(row.fr) : vigie, near", en: "\(row.en): vigie, near"),
        subject: WebhookNote.Subject(
          kind: "derogation-request", id: request.id.uuidString.lowercased(), project: "vigie",
          state: row.state.rawValue, dueAt: "2027-06-30"))
      #expect(WebhookNote.notes(of: request, after: [.end, .tell(row.deed)]) == [wanted], "\(row.state), \(row.deed)")
    }
  }

  @Test func `operators are asked what they think, each for itself, of one without an end too`() throws {
    let request = try Asked.request(rules: ["near", "far"])
    let wanted = ["anfsi", "dtnum"].map { name in
      WebhookNote(
        .derogationAsked, operator: name,
        text: LocalizedText(
          fr: "dérogation demandée, un avis est attendu : vigie, near, far",
          en: "derogation asked for, an opinion is wanted: vigie, near, far"),
        subject: WebhookNote.Subject(
          kind: "derogation-request", id: request.id.uuidString.lowercased(), project: "vigie", operator: name,
          state: "requested"))
    }
    #expect(WebhookNote.notes(of: request, asking: ["anfsi", "dtnum"]) == wanted)
    #expect(WebhookNote.notes(of: request, asking: []).isEmpty)
  }

  private static func subject(of flow: NetworkFlow, _ name: String?) -> WebhookNote.Subject {
    WebhookNote.Subject(
      kind: "flow", id: flow.id.uuidString.lowercased(), project: "vigie", environment: "prod", operator: name,
      state: "pending", dueAt: "\(ParisTime.moment(Asked.day("2026-11-30"), hour: 17))")
  }

  private static func late(_ name: String, _ what: String) -> LocalizedText {
    LocalizedText(
      fr: "délai dépassé par \(name), le comité est saisi du flux \(what)",
      en: "\(name) has let the delay pass, the board has been told of flow \(what)")
  }

  @Test func `what is late is told to the board, to who is late and to who has asked`() throws {
    let flow = try Flowing.flow(Flowing.both)
    let text = Self.late("anfsi", "vigie/prod → chorus tcp/443")
    let subject = Self.subject(of: flow, "anfsi")
    #expect(
      WebhookNote.notes(of: flow, after: [.escalate(["anfsi"])]) == [
        WebhookNote(.flowOverdue, isForServiceBody: true, text: text, subject: subject),
        WebhookNote(.flowOverdue, operator: "anfsi", project: "vigie", text: text, subject: subject),
      ])
    #expect(
      WebhookNote.notes(of: flow, after: [.remind(["anfsi"])]) == [
        WebhookNote(
          .flowReminder, operator: "anfsi",
          text: LocalizedText(
            fr: "le délai de anfsi finit le 2026-11-30 pour le flux vigie/prod → chorus tcp/443",
            en: "the delay of anfsi ends on 2026-11-30 for flow vigie/prod → chorus tcp/443"), subject: subject)
      ])
  }

  @Test func `who has asked learns of another project's end that it is late, and not whose that is`() throws {
    let flow = try Flowing.flow(Flowing.both, system: "annuaire/prod")
    let what = "vigie/prod → annuaire/prod tcp/443"
    let (far, near) = (Self.late("anfsi", what), Self.late("dtnum", what))
    #expect(
      WebhookNote.notes(of: flow, after: [.escalate(["anfsi", "dtnum"])]) == [
        WebhookNote(.flowOverdue, isForServiceBody: true, text: far, subject: Self.subject(of: flow, "anfsi")),
        WebhookNote(.flowOverdue, operator: "anfsi", text: far, subject: Self.subject(of: flow, "anfsi")),
        WebhookNote(
          .flowOverdue, project: "vigie",
          text: LocalizedText(
            fr: "délai dépassé à l’autre bout, le comité est saisi du flux \(what)",
            en: "the delay has passed at the far end, the board has been told of flow \(what)"),
          subject: Self.subject(of: flow, nil)),
        WebhookNote(.flowOverdue, isForServiceBody: true, text: near, subject: Self.subject(of: flow, "dtnum")),
        WebhookNote(
          .flowOverdue, operator: "dtnum", project: "vigie", text: near, subject: Self.subject(of: flow, "dtnum")),
      ])
  }

  @Test func `a flow is told with its direction and its first ten ports`() throws {
    let flow = try NetworkFlow(
      id: UUID(),
      wish: FlowWish(
        project: "vigie", environment: "prod", system: "a*b", direction: .inbound, protocol: .udp,
        ports: Array(1...12), motive: "Échanges"),
      ground: .ends([Flowing.end()]), policyDelay: nil, by: Asked.team, at: Flowing.noon("2026-11-23"))
    let notes = WebhookNote.notes(of: flow, after: [.ask(["dtnum"])])
    #expect(
      notes.map(\.text.fr) == [
        "flux à ouvrir ou à rejeter par dtnum au plus tard le 2026-11-30 : vigie/prod ← a\\*b udp/1,2,3,4,5,6,7,8,9,10"
      ])
    #expect(
      notes.map(\.text.en) == [
        "flow to be opened or rejected by dtnum by 2026-11-30: vigie/prod ← a\\*b udp/1,2,3,4,5,6,7,8,9,10"
      ])
  }
}
