import Contract
import Events
import Foundation
import Migration
import Model
import Requests
import Testing

@testable import CLI

/// What is counted is said of one as of one, and of two as of many, in both languages.
struct CountedTextTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What is said where there are so many.
    var text: @Sendable (_ count: Int, _ language: Language) throws -> String
    /// Of one and of two, in French and in English: a part of it.
    var french: (one: String, two: String)
    var english: (one: String, two: String)
  }

  private static let cases: [Case] = [
    Case(
      testDescription: "clusters that no table shows", text: { try Self.omission($0, $1) },
      french: (
        "  1 autre n’est pas montré (1 possible en tout)", "  2 autres ne sont pas montrés (2 possibles en tout)"
      ),
      english: ("  1 other is not shown (1 eligible in all)", "  2 others are not shown (2 eligible in all)")),
    Case(
      testDescription: "clusters that are withheld", text: { try Self.withholding($0, $1) },
      french: (
        "  1 autre ne regarde pas qui demande, et n’est ni montré ni compté",
        "  2 autres ne regardent pas qui demande, et ne sont ni montrés ni comptés"
      ),
      english: (
        "  1 other is none of the asker’s business, and neither shown nor counted",
        "  2 others are none of the asker’s business, and neither shown nor counted"
      )),
    Case(
      testDescription: "what a recovery changes, and what stands",
      text: { RecoveryText.render(Self.recovery($0), language: $1) },
      french: ("1 placement change, 1 reste :", "2 placements changent, 2 restent :"),
      english: ("1 placement changes, 1 stands:", "2 placements change, 2 stand:")),
    Case(
      testDescription: "days of a migration", text: { try Self.migration($0, $1) },
      french: ("tâches en 1 jour, sources gardées 1 jour,", "tâches en 2 jours, sources gardées 2 jours,"),
      english: ("tasks within 1 day, sources kept 1 day,", "tasks within 2 days, sources kept 2 days,")),
    Case(
      testDescription: "what a migration has not moved", text: { try Self.migration($0, $1) },
      french: (" ; 1 non déplacé ;", " ; 2 non déplacés ;"), english: (" ; 1 not moved ;", " ; 2 not moved ;")),
    Case(
      testDescription: "placements of a migration",
      text: { count, _ in MigrationText.scope(MoveScopeView(.selection((0..<count).map { _ in UUID() }))) },
      french: ("1 placement", "2 placements"), english: ("1 placement", "2 placements")),
    Case(
      testDescription: "working days of a flow", text: { try Self.flow($0, $1) },
      french: (" — 1 jour ouvré,", " — 2 jours ouvrés,"), english: (" — 1 working day,", " — 2 working days,")),
    Case(
      testDescription: "projects that an impact has looked at",
      text: { ImpactText.progress(Self.impact(of: $0), $1) },
      french: ("1 projet sur 1", "2 projets sur 2"), english: ("1 of 1 project", "2 of 2 projects")),
  ]

  @Test(arguments: cases)
  func `one is not told as many`(example: Case) throws {
    for (count, french, english) in [
      (1, example.french.one, example.english.one), (2, example.french.two, example.english.two),
    ] {
      for (language, words) in [(Language.fr, french), (.en, english)] {
        let told = try example.text(count, language)
        let isSaid = told == words || told.split(separator: "\n").contains { $0.contains(words) }
        #expect(isSaid, "“\(words)” is not in: \(told)")
        let isDoubled = told.contains("\(words)s")
        #expect(!isDoubled, "\(told)")
      }
    }
  }

  private static func omission(_ count: Int, _ language: Language) throws -> String {
    var explanation = try Samples.explanation(placed: true, omitted: count)
    for index in explanation.environments.indices { explanation.environments[index].accepted = count }
    return ExplanationText.render(explanation, language: language)
  }

  private static func withholding(_ count: Int, _ language: Language) throws -> String {
    var explanation = try Samples.explanation(placed: true)
    for index in explanation.environments.indices { explanation.environments[index].withheld = count }
    return ExplanationText.render(explanation, language: language)
  }

  private static func recovery(_ count: Int) -> RecoveryView {
    let change = RecoveryView.Change(
      placement: UUID(), action: .adopted, project: "vigie", environment: "prod", zone: "r1", cluster: "a",
      namespace: "n", from: nil, to: "2.8")
    return RecoveryView(
      plan: "0f", restored: true, needed: true, recovered: false, suspendedAt: nil, signs: [], epoch: 1, nextEpoch: 2,
      unchanged: count, changes: Array(repeating: change, count: count), findings: [])
  }

  private static func migration(_ count: Int, _ language: Language) throws -> String {
    var view = try MigrateSamples.migration(.running, lost: count)
    (view.taskDays, view.retentionDays) = (count, count)
    return MigrationText.render(view, language: language)
  }

  private static func flow(_ count: Int, _ language: Language) throws -> String {
    let flow = try NetworkFlow(
      id: UUID(),
      wish: FlowWish(
        project: "vigie", environment: "prod", system: "chorus", direction: .outbound, protocol: .tcp, ports: [443],
        motive: "Échanges"),
      ground: .ends([
        FlowEnd(.environment, operator: "dtnum", region: "nord", sensitivity: .usuel),
        FlowEnd(.system, operator: "anfsi", region: "sud", sensitivity: .restricted),
      ]), policyDelay: nil, by: RequestActor(principal: "oidc:team", isApplicant: true), at: MigrateSamples.monday)
    var view = FlowView(flow, number: 1, revision: 1, asOf: MigrateSamples.monday)
    view.delayDays = count
    return FlowText.render(view, language: language)
  }

  private static func impact(of count: Int) -> ImpactView {
    ImpactView(
      id: UUID(), subject: nil, requestedAt: Timestamp(microseconds: 0), state: .running, failure: nil, follows: false,
      progress: .init(done: Int64(count), total: Int64(count)), result: nil)
  }
}
