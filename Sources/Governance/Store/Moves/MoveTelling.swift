import Events
import Foundation
import Migration
import Model
import Requests

extension MoveFact {
  /// What everybody is told of a move.
  init(_ record: MoveRecord, epoch: Int64) {
    let move = record.move
    self.init(
      epoch: epoch, revision: record.revision, move: move.id, migration: record.migration, source: move.terms.source,
      target: move.target, step: Step(move.step), standing: Standing(move.standing))
  }
}

extension MigrationFact {
  /// What everybody is told of a migration.
  init(_ campaign: MigrationCampaign, revision: Int64, epoch: Int64) {
    let state: State =
      switch campaign.state {
      case .planned: .planned
      case .running: .running
      case .paused: .paused
      case .cancelling: .cancelling
      case .cancelled: .cancelled
      case .done: .done
      }
    self.init(epoch: epoch, revision: revision, migration: campaign.id, state: state)
  }
}

extension MoveFact.Step {
  fileprivate init(_ step: MigrationStep) {
    self =
      switch step {
      case .planned: .planned
      case .approved: .approved
      case .preparingTarget: .preparingTarget
      case .targetReady: .targetReady
      case .firstCopy: .firstCopy
      case .writesStopped: .writesStopped
      case .finalCopy: .finalCopy
      case .cutOver: .cutOver
      case .verified: .verified
      case .drainingSource: .drainingSource
      case .removed: .removed
      case .done: .done
      case .rollingBack: .rollingBack
      case .rolledBack: .rolledBack
      case .failed: .failed
      }
  }
}

extension MoveFact.Standing {
  fileprivate init(_ standing: EnvironmentMigration.Standing) {
    self =
      switch standing {
      case .running: .running
      case .blocked: .blocked
      case .paused: .paused
      case .ended: .ended
      }
  }
}

extension MoveRecord {
  /// What those who have a part in it are told.
  func notes(of notices: [MigrationNotice]) -> [WebhookNote] {
    notices.flatMap { notice -> [WebhookNote] in
      switch notice {
      case .reached(let step) where step.isEnd || step == .preparingTarget || step == .cutOver || step == .rollingBack:
        let title = step.title
        return everybodyAndServiceBody(
          .moveStep,
          LocalizedText(
            fr: "déplacement de \(what) : \(title.fr)", en: "move of \(what): \(title.en ?? title.fr)"))
      case .awaited(let act): return awaited(.moveTask, act, fr: "à faire", en: "to be done")
      case .actReminder(let act): return awaited(.moveReminder, act, fr: "rappel", en: "reminder")
      case .opened(let kind): return [task(.moveTask, kind, fr: "à faire", en: "to be done")]
      case .reminder(let kind): return [task(.moveReminder, kind, fr: "rappel", en: "reminder")]
      case .blocked(let obstacle):
        let sentence = obstacle.sentence
        return everybodyAndServiceBody(
          .moveBlocked,
          LocalizedText(
            fr: "déplacement de \(what) arrêté : \(sentence.fr)",
            en: "move of \(what) is held up: \(sentence.en ?? sentence.fr)"))
      case .reached, .cleared, .paused, .removalOrdered: return []
      }
    }
  }

  private var what: String {
    "\(move.terms.project)/\(move.terms.environment) → \(move.terms.targetEnvironment)"
  }

  private func task(_ event: WebhookEvent, _ kind: MigrationTask.Kind, fr: String, en: String) -> WebhookNote {
    let (title, due) = (kind.title, move[kind]?.dueAt.map { "\($0)" })
    let text = LocalizedText(fr: "\(fr) pour \(what) : \(title.fr)", en: "\(en) for \(what): \(title.en ?? title.fr)")
    switch kind.owner {
    case .sourceOperator: return note(event, operator: route.sourceOperator, text, due)
    case .targetOperator: return note(event, operator: route.targetOperator, text, due)
    case .projectTeam: return note(event, project: move.terms.project, text, due)
    case .serviceBody: return note(event, isForServiceBody: true, text, due)
    }
  }

  /// Who waits for it knows whom to ask, and the service body what is its own to do.
  private func awaited(_ event: WebhookEvent, _ act: MigrationAct, fr: String, en: String) -> [WebhookNote] {
    let (due, title) = (move.actDueAt.map { ", \($0)" } ?? "", move.title(of: act))
    let text = LocalizedText(
      fr: "\(fr) pour \(what) : \(title.fr) (\(act.owner.fr)\(due))",
      en: "\(en) for \(what): \(title.en ?? title.fr) (\(act.owner.en ?? act.owner.fr)\(due))")
    let others = everybody(event, text)
    guard isOfServiceBody(act) else { return others }
    return others + [note(event, isForServiceBody: true, text, move.actDueAt.map { "\($0)" })]
  }

  /// All acts are the service body's, but for an agreement that it has given already, or that is not asked of it.
  private func isOfServiceBody(_ act: MigrationAct) -> Bool {
    act != .approve || move.terms.approvers.contains(.serviceBody) && move.approvals[.serviceBody] == nil
  }

  /// The team and both operators; one that runs both ends is told once.
  private func everybody(_ event: WebhookEvent, _ text: LocalizedText) -> [WebhookNote] {
    [note(event, project: move.terms.project, text, nil)]
      + Set([route.sourceOperator, route.targetOperator]).sorted().map { note(event, operator: $0, text, nil) }
  }

  private func everybodyAndServiceBody(_ event: WebhookEvent, _ text: LocalizedText) -> [WebhookNote] {
    everybody(event, text) + [note(event, isForServiceBody: true, text, nil)]
  }

  private func note(
    _ event: WebhookEvent, operator name: String? = nil, project: String? = nil, isForServiceBody: Bool = false,
    _ text: LocalizedText, _ due: String?
  ) -> WebhookNote {
    WebhookNote(
      event, operator: name, project: project, isForServiceBody: isForServiceBody, text: text,
      subject: WebhookNote.Subject(
        kind: "move", id: move.id.uuidString.lowercased(), project: move.terms.project,
        environment: move.terms.environment, operator: name, state: move.step.rawValue, dueAt: due))
  }
}

extension MigrationRecord {
  /// What the service body is told of a migration as a whole: what nobody has done, and only it can undo.
  func notes(of notices: [CampaignNotice]) -> [WebhookNote] {
    notices.compactMap { notice in
      guard case .pausedItself(let troubled) = notice else { return nil }
      return WebhookNote(
        .migrationPaused, isForServiceBody: true,
        text: LocalizedText(
          fr: "migration suspendue d’elle-même : \(Counted.fr(troubled, "déplacement", "déplacements")) en difficulté",
          en: "migration paused itself: \(Counted.en(troubled, "move", "moves")) in trouble"),
        subject: WebhookNote.Subject(
          kind: "migration", id: id.uuidString.lowercased(), state: campaign.state.rawValue))
    }
  }
}
