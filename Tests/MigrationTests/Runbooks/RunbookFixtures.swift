import Events
import Foundation
import Model

@testable import Migration

enum Runbooks {
  static let first = UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xA1))
  static let second = UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xB2))

  static let here = RunbookFacts.Place(cluster: "nord-1", zone: "nord-usuel", region: "nord", operator: "dtnum")
  static let there = RunbookFacts.Place(cluster: "sud-2", zone: "sud-usuel", region: "sud", operator: "anfsi")
  static let elsewhere = RunbookFacts.Place(cluster: "est-1", zone: "est-usuel", region: "est", operator: "ovh")

  /// A team's move as it stands in a rig, or blank.
  static func move(
    _ rig: MoveRig? = nil, isEmergency: Bool = false, quota: ResourceAmounts? = nil
  ) -> RunbookFacts.Move {
    let planned = PlannedMove(
      source: first, project: "ccaf", environment: "prod", replica: 0, stage: "prod", from: "nord-1", to: "sud-2",
      quota: ResourceAmounts(cpu: 2500, memory: 4 << 30, gpu: 1, storage: 20 << 30, pods: 30), newName: "prodb",
      wave: 1)
    return RunbookFacts.Move(
      first, planned, quota: quota, terms: rig?.move.terms ?? Moves.terms(isEmergency: isEmergency, isInConsole: true),
      source: here, target: there, sourceNamespace: "b4qj--22dx", targetNamespace: "c7rk--22dx",
      services: [
        RunbookFacts.Service("postgresql", from: "15", to: "16"), RunbookFacts.Service("s3"),
        RunbookFacts.Service("gpu", from: "a", to: "a"),
      ], interconnections: ["RIE"],
      flows: [
        RunbookFacts.Flow(
          project: "ccaf", system: "Titres", request: second, state: LocalizedText(fr: "ouvert", en: "open"),
          isOpen: true),
        RunbookFacts.Flow(project: "vigie", system: "ccaf/prod", request: nil, state: nil, isOpen: false),
      ], state: rig?.move)
  }

  /// Another project's, whose namespaces are not known.
  static func otherMove() -> RunbookFacts.Move {
    let planned = PlannedMove(
      source: second, project: "vigie", environment: "dev", replica: 1, stage: "dev", from: "nord-1", to: "est-1",
      quota: ResourceAmounts(cpu: 1000), newName: "dev2", wave: 2)
    let terms = MigrationTerms(
      project: "vigie", environment: "dev", targetEnvironment: "dev2", source: second, isInConsole: false)
    return RunbookFacts.Move(second, planned, terms: terms, source: here, target: elsewhere)
  }

  static let blocked = BlockedMove(
    source: second, project: "vigie", environment: "lourd", replica: 0, cluster: "nord-1", mayStay: true,
    cause: .crowded, reasons: [], lost: [])

  static func facts(_ rig: MoveRig? = nil, isEmergency: Bool = false) -> RunbookFacts {
    RunbookFacts(
      migration: "evacuation-nord", motive: .departure, motiveText: "La région Nord ferme fin juin.",
      writtenAt: Moves.start,
      waves: [
        .init(number: 1, date: CalendarDay("2026-06-01"), moves: [move(rig, isEmergency: isEmergency)]),
        .init(number: 2, day: 1, moves: [otherMove()]),
      ],
      blocked: [blocked],
      contacts: [
        .init(.serviceBody, "bureau des migrations, migrations@exemple.gouv.fr, poste 4321"),
        .init(.targetOperator, "astreinte ANFSI, poste 1234"),
      ])
  }

  /// A rig in the console's zones, brought to a step.
  static func rig(at step: MigrationStep) -> MoveRig {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: step)
    return rig
  }

  static func writer(_ overrides: [String: String] = [:]) throws -> RunbookWriter {
    RunbookWriter(try RunbookTemplates(overrides: overrides))
  }

  /// The house's writer, made once.
  static let standard = Result { try writer() }

  static let team = RunbookReader.projectTeam("ccaf")

  static func markdown(
    _ facts: RunbookFacts, for reader: RunbookReader = team, in language: RunbookLanguage = .fr
  ) throws -> String {
    try standard.get().runbook(facts, for: reader, in: language, as: .markdown).text
  }
}
