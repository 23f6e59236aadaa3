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
}
