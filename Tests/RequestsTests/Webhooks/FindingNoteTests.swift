import Foundation
import Model
import Requests
import Testing

/// What people are told to do about a finding.
struct FindingNoteTests {
  private static func text(_ event: WebhookEvent, mayStay: Bool) throws -> LocalizedText {
    WebhookNote.finding(
      event, id: UUID(), project: "vigie", environment: "prod", operator: "dtnum", rules: ["closed"],
      dueOn: try #require(CalendarDay("2026-12-24")), mayStay: mayStay
    ).text
  }

  @Test func `what may stay is to be decided on again, and what has to go is to be migrated`() throws {
    for event in [WebhookEvent.findingOpened, .findingDue] {
      let (going, staying) = (try Self.text(event, mayStay: false), try Self.text(event, mayStay: true))
      #expect(going.fr.contains("migrer ou obtenir une dérogation") && going.en?.contains("migrate or obtain") == true)
      #expect(staying.fr.contains("décider de nouveau, pour qu’une autre chaîne y livre, ou obtenir une dérogation"))
      #expect(staying.en?.contains("decide again, so that another chain delivers to it, or obtain") == true)
      #expect(!staying.fr.contains("migrer"))
    }
    let replaced = WebhookNote.finding(
      .findingResolved, id: UUID(), project: "vigie", environment: "prod", operator: "dtnum", rules: ["closed"],
      dueOn: try #require(CalendarDay("2026-12-24")), isReplaced: true)
    #expect(replaced.text.fr == "remplacé par un autre constat : vigie/prod (closed)")
    #expect(try Self.text(.findingResolved, mayStay: true) == Self.text(.findingResolved, mayStay: false))
  }

  @Test(arguments: [false, true])
  func `where a region goes to another operator, both are told of its finding, and not the project`(
    isDueTold: Bool
  ) throws {
    let (id, due) = (UUID(), try #require(CalendarDay("2026-12-24")))
    func handed(to next: String) -> [WebhookNote] {
      WebhookNote.handedOver(
        id: id, project: "vigie", environment: "prod", from: "dtnum", to: next, rules: ["closed", "near"], dueOn: due,
        isDueTold: isDueTold)
    }
    func note(_ event: WebhookEvent, _ name: String, _ state: String, _ text: LocalizedText) -> WebhookNote {
      WebhookNote(
        event, operator: name, text: text,
        subject: WebhookNote.Subject(
          kind: "finding", id: id.uuidString.lowercased(), project: "vigie", environment: "prod", operator: name,
          state: state, dueAt: "2026-12-24"))
    }
    let what = "vigie/prod (closed, near)"
    let opened = note(
      .findingOpened, "anfsi", "open",
      LocalizedText(
        fr: "non conforme, migrer ou obtenir une dérogation au plus tard le 2026-12-24 : \(what)",
        en: "not compliant, migrate or obtain a derogation by 2026-12-24: \(what)"))
    let near = note(
      .findingDue, "anfsi", "open",
      LocalizedText(
        fr: "l’échéance du 2026-12-24 approche, migrer ou obtenir une dérogation : \(what)",
        en: "the deadline of 2026-12-24 is near, migrate or obtain a derogation: \(what)"))
    let gone = note(
      .findingResolved, "dtnum", "handedOver",
      LocalizedText(
        fr: "passé à un autre opérateur avec sa région : \(what)",
        en: "gone to another operator with its region: \(what)"))
    #expect(handed(to: "anfsi") == (isDueTold ? [opened, near, gone] : [opened, gone]))
    #expect(handed(to: "dtnum") == [], "the region is another, and its operator the same")
  }
}
