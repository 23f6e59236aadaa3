import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Requests

/// What is told, how it is signed, and when it is tried again.
struct WebhookTests {
  private static let now = Timestamp(microseconds: 1_795_428_000_000_000)

  private static func later(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: now.microseconds + seconds * 1_000_000)
  }

  /// As `printf '1795428000.{"text":"bonjour"}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f` has it.
  @Test func `the signature is what anybody computes`() {
    let body = Array(#"{"text":"bonjour"}"#.utf8)
    let secret = (0..<32).map(UInt8.init)
    #expect(
      WebhookSignature.header(secret: secret, seconds: 1_795_428_000, body: body)
        == "t=1795428000,v1=0255c14330edfd7f7cbac9316d999ef6d76c9586fa397c1941de5f52db33588e")
    #expect(
      WebhookSignature.header(secret: secret, seconds: 1_795_428_001, body: body).suffix(64)
        != WebhookSignature.header(secret: secret, seconds: 1_795_428_000, body: body).suffix(64))
  }

  @Test func `waits double from five seconds to an hour, with jitter, and a day later it is over`() {
    for (failures, least, most) in [(1, 2, 5), (2, 5, 10), (5, 40, 80), (11, 1800, 3600), (1000, 1800, 3600)] {
      for jitter in [0, 0.5, 0.999_999, 7] {
        let verdict = WebhookRetry.verdict(failures: failures, since: Self.now, now: Self.now, jitter: jitter)
        guard case .again(let at) = verdict else {
          Issue.record("\(failures)")
          continue
        }
        #expect(at >= Self.later(Int64(least)) && at <= Self.later(Int64(most)), "\(failures)")
      }
    }
    func verdict(after seconds: Int64, retryAfter: Int64? = nil, isGone: Bool = false) -> WebhookRetry.Verdict {
      WebhookRetry.verdict(
        failures: 1, since: Self.now, now: Self.later(seconds), retryAfter: retryAfter, jitter: 1, isGone: isGone)
    }
    #expect(verdict(after: 86_395) == .again(Self.later(86_400)))
    #expect(verdict(after: 86_396) == .dead)
    #expect(verdict(after: 0, isGone: true) == .dead)
    #expect(verdict(after: 0, retryAfter: 120) == .again(Self.later(120)))
    #expect(verdict(after: 0, retryAfter: 1) == .again(Self.later(5)), "never sooner than of itself")
    #expect(verdict(after: 0, retryAfter: .max) == .again(Self.later(3600)), "nobody puts it off for ever")
    #expect(verdict(after: 0, retryAfter: -5) == .again(Self.later(5)))
  }

  @Test func `a body is what Mattermost takes, French first, and the same by identifiers`() throws {
    let flow = try Flowing.flow(Flowing.both)
    let notes = WebhookNote.notes(of: flow, after: [.ask(["anfsi"])])
    #expect(notes.map(\.operator) == ["anfsi"] && notes.map(\.project) == [nil])
    let body = try #require(notes.first).body(at: "2026-11-23T11:00:00Z")
    let json = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    #expect(Set(json.keys) == ["text", "event", "at", "subject"])
    let lines = try #require(json["text"] as? String).split(separator: "\n")
    #expect(
      lines[0].hasPrefix(
        "**Régie** — flux à ouvrir ou à rejeter par anfsi au plus tard le 2026-11-30 : vigie/prod → chorus"))
    #expect(lines[1].hasPrefix("*flow to be opened"))
    let subject = try #require(json["subject"] as? [String: String])
    #expect(subject["kind"] == "flow" && subject["id"] == flow.id.uuidString.lowercased())
    #expect(!String(decoding: body, as: UTF8.self).contains("Échanges"), "a motive is for who may read the flow")
  }

  @Test func `a body is the same whenever it is written, byte for byte`() throws {
    let note = WebhookNote(
      .flowAsked, operator: "anfsi", text: LocalizedText(fr: "à ouvrir : a/b", en: "to open: a/b"),
      subject: WebhookNote.Subject(
        kind: "flow", id: "7", project: "vigie", environment: "prod", operator: "anfsi", state: "pending", dueAt: "d"))
    let wanted =
      #"{"at":"2026-11-23T11:00:00Z","event":"flow.asked","subject":{"dueAt":"d","environment":"prod","id":"7","#
      + #""kind":"flow","operator":"anfsi","project":"vigie","state":"pending"},"#
      + #""text":"**Régie** — à ouvrir : a/b\n*to open: a/b*"}"#
    let body = try note.body(at: "2026-11-23T11:00:00Z")
    #expect(String(decoding: body, as: UTF8.self) == wanted)
  }

  @Test func `a destination chooses among all events but the trial, which it is always told`() {
    #expect(
      WebhookEvent.choices.map(\.rawValue) == [
        "finding.opened", "finding.foreseen", "finding.due", "finding.resolved", "derogation.asked",
        "derogation.decided", "derogation.notified", "derogation.expiring", "derogation.ended", "flow.asked",
        "flow.reminder", "flow.overdue", "flow.decided", "move.task", "move.reminder", "move.blocked", "move.step",
        "migration.paused",
      ])
  }

  @Test func `the project at the other end is told that a flow with it is asked for, without an operator`() throws {
    let flow = try Flowing.flow(Flowing.both, system: "annuaire/prod")
    let notes = WebhookNote.notes(of: flow, after: [.ask(["anfsi"])])
    let peer = WebhookNote(
      .flowAsked, project: "annuaire",
      text: LocalizedText(
        fr: "un flux est demandé avec un environnement de votre projet : vigie/prod → annuaire/prod tcp/443",
        en: "a flow is asked for with an environment of your project: vigie/prod → annuaire/prod tcp/443"),
      subject: WebhookNote.Subject(
        kind: "flow", id: flow.id.uuidString.lowercased(), project: "vigie", environment: "prod", state: "pending"))
    #expect(notes.first == peer)
    #expect(notes.map(\.operator) == [nil, "anfsi"] && notes.map(\.project) == ["annuaire", nil])
    // Between environments of one project nobody else is told.
    let own = WebhookNote.notes(of: try Flowing.flow(Flowing.both, system: "vigie/dev"), after: [.ask(["anfsi"])])
    #expect(own.map(\.operator) == ["anfsi"] && own.map(\.project) == [nil])
  }

  @Test func `operators are told of their tasks, and the project of what becomes of its flow`() throws {
    var flow = try Flowing.flow(Flowing.both)
    let late = try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2027-01-04"))
    let all = WebhookNote.notes(of: flow, after: late)
    let board = all.filter(\.isForServiceBody)
    #expect(board.map(\.event) == [.flowOverdue, .flowOverdue] && board.map(\.subject.operator) == ["anfsi", "dtnum"])
    #expect(board.allSatisfy { $0.operator == nil && $0.project == nil })
    let notes = all.filter { !$0.isForServiceBody }
    #expect(notes.map(\.event) == [.flowReminder, .flowReminder, .flowOverdue, .flowOverdue])
    #expect(notes.map(\.operator) == ["anfsi", "dtnum", "anfsi", "dtnum"])
    #expect(notes.map(\.project) == [nil, nil, "vigie", "vigie"])
    let rejected = try flow.handle(
      .rejected(operator: "dtnum", reason: "non"), by: Asked.speaker("dtnum"), at: Flowing.noon("2027-01-05"))
    let ends = WebhookNote.notes(of: flow, after: rejected)
    #expect(ends.allSatisfy { $0.event == .flowDecided } && ends.map(\.operator) == [nil, "anfsi", "dtnum"])
  }

  @Test func `who has let a delay pass at another project's end is told to it, and not to who has asked`() throws {
    var flow = try Flowing.flow(Flowing.both, system: "annuaire/prod")
    let late = try flow.handle(.clock, by: Asked.clock, at: Flowing.noon("2027-01-04"))
    let notes = WebhookNote.notes(of: flow, after: late).filter { $0.event == .flowOverdue && !$0.isForServiceBody }
    #expect(notes.map(\.operator) == ["anfsi", nil, "dtnum"])
    #expect(notes.map(\.project) == [nil, "vigie", "vigie"])
    let untold = try #require(notes.first { $0.operator == nil })
    #expect(!"\(untold)".contains("anfsi") && untold.subject.dueAt != nil)
  }

  @Test(arguments: FlowAction.Deed.allCases)
  func `of how a flow ends both teams and its operators are told, and of nothing on the way`(
    deed: FlowAction.Deed
  ) throws {
    let flow = try Flowing.flow(Flowing.both, system: "annuaire/prod")
    let notes = WebhookNote.notes(of: flow, after: [.tell(deed)])
    guard [.opened, .rejected, .withdrawn, .lapsed, .suspended].contains(deed) else {
      #expect(notes.isEmpty)
      return
    }
    #expect(notes.map(\.event) == [.flowDecided, .flowDecided, .flowDecided, .flowDecided])
    #expect(notes.map(\.project) == ["vigie", "annuaire", nil, nil])
    #expect(notes.map(\.operator) == [nil, nil, "anfsi", "dtnum"])
    #expect(notes.map(\.subject.operator) == notes.map(\.operator))
    #expect(notes.allSatisfy { $0.text.fr == "flux à ouvrir : vigie/prod → annuaire/prod tcp/443" })
    #expect(notes.allSatisfy { !$0.isForServiceBody && $0.subject.dueAt == nil })
  }

  @Test func `who has to close is asked and reminded, and nobody else`() throws {
    var flow = try Flowing.flow(Flowing.both)
    for name in ["anfsi", "dtnum"] {
      _ = try flow.handle(.opened(operator: name), by: Asked.speaker(name), at: Flowing.noon("2026-11-24"))
    }
    _ = try flow.handle(.withdrawn(reason: nil), by: Asked.team, at: Flowing.noon("2026-11-25"))
    let due = ParisTime.moment(Asked.day("2026-12-02"), hour: 17)
    let subject = WebhookNote.Subject(
      kind: "flow", id: flow.id.uuidString.lowercased(), project: "vigie", environment: "prod", operator: "anfsi",
      state: "withdrawn", dueAt: "\(due)")
    #expect(
      WebhookNote.notes(of: flow, after: [.askToClose(["anfsi"])]) == [
        WebhookNote(
          .flowAsked, operator: "anfsi",
          text: LocalizedText(
            fr: "flux à fermer par anfsi au plus tard le 2026-12-02 : vigie/prod → chorus tcp/443",
            en: "flow to be closed by anfsi by 2026-12-02: vigie/prod → chorus tcp/443"), subject: subject)
      ])
    #expect(
      WebhookNote.notes(of: flow, after: [.remindToClose(["anfsi"])]) == [
        WebhookNote(
          .flowReminder, operator: "anfsi",
          text: LocalizedText(
            fr: "le délai de anfsi pour fermer finit le 2026-12-02 : flux vigie/prod → chorus tcp/443",
            en: "the delay of anfsi for closing ends on 2026-12-02: flow vigie/prod → chorus tcp/443"),
          subject: subject)
      ])
  }

  @Test func `a derogation is told when it is decided, notified, about to end and over, and no more`() throws {
    let request = try Asked.request(in: .notified)
    let told = DerogationAction.Deed.allCases.map { deed in
      WebhookNote.notes(of: request, after: [.tell(deed)]).map(\.event)
    }
    let ended: [WebhookEvent] = [.derogationEnded]
    #expect(told == [[], [.derogationDecided], [.derogationNotified], ended, ended, [.derogationExpiring], ended])
    let asked = WebhookNote.notes(of: request, asking: ["anfsi", "dtnum"])
    #expect(asked.map(\.operator) == ["anfsi", "dtnum"] && asked.map(\.subject.operator) == ["anfsi", "dtnum"])
    #expect(asked.allSatisfy { $0.event == .derogationAsked && $0.project == nil })
  }

  @Test func `what others have written stands in a text, and does nothing there`() {
    #expect(WebhookNote.plain("a [b](https://x) **c**") == "a \\[b\\](https://x) \\*\\*c\\*\\*")
    #expect(WebhookNote.plain("@all\nx\r\ny") == "@\u{200B}all x y")
    for mark in "*_`[]<>\\~|#!" { #expect(WebhookNote.plain("a\(mark)b") == "a\\\(mark)b") }
    for blank in ["\n", "\r", "\r\n", "\t"] { #expect(WebhookNote.plain("a\(blank)b") == "a b") }
    #expect(WebhookNote.plain(String(repeating: "é", count: 1000)).count == 300)
  }
}
