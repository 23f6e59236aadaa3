import Events
import Foundation
import Model
import Testing

@testable import Migration

struct SentenceTests {
  private static let obstacles: [MigrationObstacle] =
    [
      .noTarget(["CapacityShort"]), .targetIllegal(["RuleForbids", "AudienceRefused"]),
      .targetNotReady(["quota"]), .targetGone, .sourceGone, .sourceLate, .targetLate, .wayBackLosesWrites,
    ] + MigrationTask.Kind.allCases.map { .overdue($0) } + MigrationAct.allCases.map { .waiting($0) }

  private static let awaited: [MigrationAwaited] =
    [.start, .place, .cutOver, .retention, .removalConfirmation, .goneDeclaration, .targetRemovalConfirmation]
    + MigrationSide.allCases.map { .agent($0) } + MigrationParty.allCases.map { .approval($0) }
    + MigrationTask.Kind.allCases.map { .task($0) }

  private static let holds: [CampaignHold] = [
    .approvals, .halted, .elsewhere(UUID()), .dependencyLost(UUID()), .wave(1),
    .waveDay(Campaigns.day("2026-11-27")), .dependency(UUID()), .room(UUID()),
    .blackout(until: Campaigns.day("2026-11-27")), .perDay(3), .inFlight(3), .operator("dtnum"),
    .production(project: "basegun"),
  ]

  @Test func `titles are short, in two languages, and each stands for one thing`() {
    let all: [[LocalizedText]] = [
      MigrationStep.allCases.map(\.title), EnvironmentMigration.Standing.allCases.map(\.title),
      MigrationTask.Kind.allCases.map(\.title), MigrationAct.allCases.map(\.title),
      MigrationParty.allCases.map(\.title),
      MigrationSide.allCases.map(\.title), MoveMotive.allCases.map(\.title),
    ]
    for texts in all {
      for text in texts {
        #expect(text.fr.count < 48 && (text.en?.count ?? 99) < 48 && text.fr != text.en, "\(text)")
        #expect(!text.fr.hasSuffix(".") && text.en?.hasSuffix(".") == false)
      }
      #expect(Set(texts.map(\.fr)).count == texts.count && Set(texts.map(\.en)).count == texts.count)
    }
  }

  @Test func `sentences are whole ones, in two languages, and each says one thing`() {
    let all: [[LocalizedText]] = [
      MigrationStep.allCases.map(\.sentence), MigrationTask.Kind.allCases.map(\.sentence),
      BlockedMove.Cause.allCases.map(\.sentence), Self.obstacles.map(\.sentence),
      Self.awaited.map(\.sentence), Self.holds.map(\.sentence), MigrationRefusal.Code.allCases.map(\.sentence),
    ]
    for texts in all {
      for text in texts {
        for part in [text.fr, text.english] {
          #expect(part.first?.isUppercase == true && part.hasSuffix(".") && !part.contains("'"), "\(part)")
        }
        #expect(text.en != nil && text.fr != text.en)
      }
      #expect(Set(texts.map(\.fr)).count == texts.count && Set(texts.map(\.en)).count == texts.count)
    }
    for remedy in Self.obstacles.map(\.remedy) {
      #expect(remedy.fr.hasSuffix(".") && remedy.english.hasSuffix(".") && remedy.fr != remedy.en)
    }
  }

  @Test func `each reason for which a move does not begin has a word of its own`() {
    #expect(Set(Self.holds.map(\.name)).count == Self.holds.count)
  }

  @Test func `an obstacle names what it is about, and whose it is to end it`() {
    let unready = MigrationObstacle.targetNotReady(["silent", "derogationEnds/secret", "what a later version says"])
    #expect(
      unready.sentence.en
        == "The target is not as it must be: the zone's agent is not heard any more, a derogation that it rests on is about to end, or has ended."
    )
    #expect(MigrationObstacle.targetNotReady(["?"]).sentence.fr == "L’arrivée n’est pas en état.")
    let late = MigrationObstacle.overdue(.flows)
    #expect(late.sentence.fr == "Le délai est passé pour : ouvrir les flux.")
    #expect(late.remedy.en == "To be done by the operator that it goes to. Being late deletes nothing.")
    #expect(MigrationAwaited.task(.verify).sentence.fr == "À faire (l’équipe du projet) : vérifier l’application.")
  }

  @Test func `why there is no place is in no sentence: it goes to everybody who has a part in the move`() {
    let amounts = #"{"code":"CapacityShort","parameters":{"free":"3","committed":"12"}}"#
    #expect(MigrationObstacle.noTarget([amounts]).sentence == MigrationObstacle.noTarget([]).sentence)
    #expect(MigrationObstacle.targetIllegal([amounts]).sentence == MigrationObstacle.targetIllegal([]).sentence)
    #expect(MigrationObstacle.noTarget([]).sentence.en == "No cluster has a place for the target.")
  }

  /// Every refusal that these acts meet at any step, alone and with something else done before.
  private static func refusals() -> Set<MigrationRefusal> {
    var found: Set<MigrationRefusal> = []
    let acts: [MigrationEvent] =
      [
        .approved(.targetOperator), .started(changes: []), .started(changes: ["policy"]), .cutOverBegins,
        .removalConfirmed(typed: "prod"), .removalConfirmed(typed: "x"), .sourceLost(acceptedLoss: "all of it"),
        .goneDeclared(typed: "prod"),
        .paused, .resumed, .rolledBack(acceptedLoss: nil), .rolledBack(acceptedLoss: " "),
        .targetRemovalConfirmed(typed: "prodb"), .targetRemovalConfirmed(typed: "x"), .givenUp(reason: ""),
      ] + MigrationTask.Kind.allCases.map { .done($0, evidence: "seen") }
    let before: [(MoveRig) -> Void] = [
      { _ in }, { $0.feed(.paused) }, { $0.see(.target, .removed) }, { $0.see(.target, .frozen) },
      { $0.see(.source) }, { $0.finish(.secrets, .values, .flows) },
      {
        $0.finish(.secrets, .values, .flows)
        $0.see(.target, .frozen)
      },
      {
        $0.finish(.secrets, .values, .flows)
        $0.feed(.cutOverBegins)
      },
      {
        $0.finish(.emptySource, .dashboards)
        $0.see(.target, .frozen)
      },
      {
        $0.finish(.emptySource, .dashboards)
        $0.feed(.removalConfirmed(typed: "prod"))
      },
      {
        $0.see(.source, .active)
        $0.finish(.stopWrites, .reverseCopy, .switchNames)
        $0.feed(.targetRemovalConfirmed(typed: "prodb"))
      },
      { $0.feed(.rolledBack(acceptedLoss: nil)) },
      {
        $0.feed(.rolledBack(acceptedLoss: nil))
        $0.see(.source, .active)
      },
      { $0.feed(.sourceLost(acceptedLoss: "all of it")) },
      {
        $0.feed(.sourceLost(acceptedLoss: "all of it"))
        $0.see(.source)
      },
    ]
    for isEmergency in [false, true] {
      for step in MigrationStep.allCases {
        for change in before {
          let rig = MoveRig(Moves.terms(isEmergency: isEmergency, isInConsole: true))
          rig.bring(to: step)
          change(rig)
          for act in acts {
            for actor in [Moves.body, Moves.nobody] {
              let tried = rig.copy()
              tried.feed(act, by: actor)
              if let refusal = tried.refusal { found.insert(refusal) }
            }
          }
        }
      }
    }
    return found
  }

  @Test func `whatever the machine refuses is said in whole French, and nothing of a program's words is left in it`() {
    let found = Self.refusals()
    // Numbers are a campaign's.
    #expect(Set(found.map(\.code)) == Set(MigrationRefusal.Code.allCases).subtracting([.badNumber, .blackout]))
    #expect(Set(MigrationRefusal.phrases.keys).subtracting(found.map(\.accepted)).sorted() == [], "never said")
    let names = Set(MigrationStep.allCases.map(\.rawValue) + MigrationTask.Kind.allCases.map(\.rawValue))
    for refusal in found {
      let sentence = refusal.sentence
      #expect(sentence.fr.hasPrefix(refusal.code.sentence.fr) && sentence.fr.hasSuffix("."), "\(refusal)")
      #expect(sentence.english.hasPrefix(refusal.code.sentence.english), "\(refusal)")
      let words = Set(sentence.fr.split { !$0.isLetter }.map(String.init))
      #expect(words.isDisjoint(with: names.subtracting(["values", "secrets", "flows"])), "\(sentence.fr)")
      // What would be accepted is told, but where there is nothing to tell.
      let tells = ["Il faut :", "Le peuvent :", "Sont à faire :", "Aucune", "Accepté :", "Il s’appelle"]
        .contains(where: sentence.fr.contains)
      #expect(tells || refusal.accepted == "—" || refusal.accepted == "", "\(refusal): \(sentence.fr)")
    }
  }

  @Test func `a refusal says what is at fault and what would be accepted`() {
    let rig = MoveRig()
    func says(_ event: MigrationEvent, by actor: MigrationActor = Moves.body) -> LocalizedText? {
      rig.feed(event, by: actor)
      return rig.refusal?.sentence
    }
    #expect(
      says(.approved(.targetOperator), by: Moves.team)?.fr
        == "Vous n’agissez pas au nom de la partie à qui revient cet acte. Le peuvent : l’opérateur d’accueil.")
    #expect(
      says(.cutOverBegins)?.fr
        == "Le déplacement n’en est pas à l’étape où cela se fait. Étape : planifié. Il faut : copie finale vérifiée.")
    #expect(
      says(.done(.firstCopy, evidence: "x"))?.en == "The task is not to be done now. None is.")
    rig.bring(to: .targetReady)
    #expect(
      says(.done(.verify, evidence: "x"))?.fr
        == "La tâche n’est pas à faire maintenant. Sont à faire : faire la première copie, rechiffrer les secrets, "
        + "adapter les valeurs, ouvrir les flux.")
    #expect(
      says(.done(.firstCopy, evidence: " "))?.en
        == "A text is empty, too long, or has control characters. At fault: evidence. Accepted: 1 … 4096 bytes.")
    rig.bring(to: .finalCopy)
    #expect(
      says(.cutOverBegins)?.fr == "Ce qui doit être fait avant ne l’est pas. Il faut : rechiffrer les secrets.")
    rig.bring(to: .drainingSource)
    #expect(
      says(.removalConfirmed(typed: "prd"))?.fr
        == "Le nom tapé n’est pas celui de l’environnement. Il s’appelle « prod ».")
    #expect(
      says(.rolledBack(acceptedLoss: nil))?.fr
        == "D’ici on ne revient plus : seul un nouveau déplacement ramène. Étape : départ à vider. "
        + "Il faut : un nouveau déplacement en sens inverse.")
  }

  @Test func `a plan that has moved names what has changed`() {
    let rig = MoveRig()
    rig.bring(to: .approved)
    #expect(!rig.feed(.started(changes: ["policy", "cluster a"])))
    #expect(
      rig.refusal?.sentence.fr
        == "Ce sur quoi le plan reposait a changé. Changé : policy; cluster a. Il faut : un nouveau plan.")
  }
}
