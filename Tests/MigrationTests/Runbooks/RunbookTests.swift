import Events
import Foundation
import Model
import Testing

@testable import Migration

struct RunbookTests {
  @Test func `a blank runbook has every task of its party with its exact command, and every box is empty`() throws {
    for language in RunbookLanguage.allCases {
      let text = try Runbooks.markdown(Runbooks.facts(), in: language)
      let quoted = language == .fr ? "ce qui le montre" : "what shows it"
      for kind in MigrationTask.Kind.allCases {
        let identifier = kind == .createEnvironment ? " --environment-id UUID" : ""
        let command =
          "\nregie migrate done \(kind.rawValue) 00000000-0000-4000-8000-0000000000a1 --evidence \"\(quoted)\"\(identifier)\n"
        let isTeams = Moves.terms(isInConsole: true).tasks.contains(kind) && kind.owner == .projectTeam
        #expect(text.contains(command) == isTeams, "\(kind)")
      }
      #expect(!text.contains("- [x]") && text.contains("- [ ]"))
      #expect(text.contains("regie migrate approve 00000000-0000-4000-8000-0000000000a1 --as projectTeam\n"))
      #expect(text.contains("regie migrate status evacuation-nord\nregie migrate watch evacuation-nord\n"))
      let loss = language == .fr ? "ce qui est perdu" : "what is lost"
      #expect(
        text.contains(
          "\nregie migrate rollback 00000000-0000-4000-8000-0000000000a1 --accept-loss \"\(loss)\"\n"))
    }
  }

  @Test func `the service body reads of everything, and orders what is its own`() throws {
    let text = try Runbooks.markdown(Runbooks.facts(), for: .serviceBody)
    for command in [
      "start evacuation-nord", "pause evacuation-nord", "resume evacuation-nord",
      "cut-over 00000000-0000-4000-8000-0000000000a1", "cut-over 00000000-0000-4000-8000-0000000000b2",
      "confirm-removal 00000000-0000-4000-8000-0000000000a1 --typed prod",
      "confirm-removal 00000000-0000-4000-8000-0000000000b2 --typed dev",
      "approve 00000000-0000-4000-8000-0000000000a1 --as serviceBody",
    ] { #expect(text.contains("\nregie migrate \(command)\n"), "\(command)") }
    #expect(text.contains("## Ne peut bouger : vigie, lourd"))
    #expect(text.contains("Reste sur « nord-1 ». La place manque"))
    #expect(text.contains("## Vague 1 : 2026-06-01") && text.contains("## Vague 2 : jour 2"))
    #expect(text.contains("- [ ] ouvrir les flux (l’opérateur d’accueil)"))
  }

  @Test func `each reads of what is theirs, and of nothing else`() throws {
    var facts = Runbooks.facts()
    for team in ["ccaf", "vigie"] {
      facts.contacts.append(.init(.projectTeam, "équipe \(team), poste 77", project: team))
    }
    #expect(
      RunbookReader.all(of: facts) == [
        .projectTeam("ccaf"), .projectTeam("vigie"), .sourceOperator("dtnum"), .targetOperator("anfsi"),
        .targetOperator("ovh"), .serviceBody,
      ])
    let sees: [(RunbookReader, ccaf: Bool, vigie: Bool, lourd: Bool)] = [
      (.projectTeam("ccaf"), true, false, false), (.projectTeam("vigie"), false, true, true),
      (.sourceOperator("dtnum"), true, true, false), (.sourceOperator("ovh"), false, false, false),
      (.targetOperator("anfsi"), true, false, false), (.targetOperator("ovh"), false, true, false),
      (.serviceBody, true, true, true),
    ]
    for (reader, ccaf, vigie, lourd) in sees {
      for format in RunbookFormat.allCases {
        let text = try Runbooks.standard.get().runbook(facts, for: reader, in: .fr, as: format).text
        #expect(text.contains("ccaf : prod devient prodb") == ccaf, "\(reader)")
        #expect(text.contains("vigie : dev devient dev2") == vigie, "\(reader)")
        #expect(text.contains("lourd") == lourd, "\(reader)")
        #expect(text.contains("équipe ccaf, poste 77") == ccaf, "\(reader)")
        #expect(text.contains("équipe vigie, poste 77") == vigie, "\(reader)")
        #expect(text.contains("Aucun déplacement ne vous concerne.") == (!ccaf && !vigie))
      }
    }
  }

  @Test func `operators read what their part is, and have the tasks that are theirs`() throws {
    let target = try Runbooks.markdown(Runbooks.facts(), for: .targetOperator("anfsi"))
    #expect(target.contains("Vous accueillez.") && !target.contains("Vous gardez le départ en vie"))
    #expect(target.contains("migrate done flows") && target.contains("migrate done switchNames"))
    #expect(target.contains("--as targetOperator") && !target.contains("migrate done secrets"))
    #expect(target.contains("Interconnexion à rétablir : RIE."))
    let source = try Runbooks.markdown(Runbooks.facts(), for: .sourceOperator("dtnum"))
    #expect(source.contains("Vous gardez le départ en vie") && !source.contains("migrate done"))
    #expect(!source.contains("--as sourceOperator"), "nobody asks for its agreement")
  }

  @Test
  func `a living runbook shows what was done and by whom, what is open and until when, and what stands in the way`()
    throws
  {
    let rig = Runbooks.rig(at: .targetReady)
    rig.feed(.done(.secrets, evidence: "commit 4f2a"), by: Moves.team)
    rig.see(.target, .active, faults: ["silent"])
    rig.feed(.clock, after: 8)
    let text = try Runbooks.markdown(Runbooks.facts(rig))
    #expect(text.contains("**Version vivante**, écrite le 2026-05-28 20:26 UTC"))
    #expect(text.contains("**Arrivée prête**, bloqué, depuis le 2026-05-28 20:26 UTC."))
    #expect(text.contains("- [x] **Fait** le 2026-05-28 20:26 UTC par oidc:team : commit 4f2a"))
    #expect(!text.contains("Rechiffrer pour cette clé"), "what was done needs no instructions")
    #expect(text.contains("**À faire maintenant**, avant le 2026-06-04 20:26 UTC : **le délai est passé**. "))
    #expect(
      text.contains("- **Obstacle** : L’arrivée n’est pas en état : l’agent de la zone ne donne plus signe de vie. "))
    #expect(text.contains("L’opérateur d’accueil corrige"))
    #expect(text.contains("- À faire (l’équipe du projet) : adapter les valeurs."))
    #expect(text.contains("- [x] l’équipe du projet (oidc:team)"))
    #expect(!text.contains("migrate approve"), "all have agreed")
    #expect(text.contains("- [ ] ouvrir les flux (l’opérateur d’accueil), avant le 2026-06-04 20:26 UTC"))
    #expect(text.contains("| Déplacements | 1, dont 0 finis |"))
    let english = try Runbooks.markdown(Runbooks.facts(rig), in: .en)
    #expect(english.contains("**Target ready**, blocked, since 2026-05-28 20:26 UTC."))
  }

  @Test func `who has not agreed yet is asked to, once`() throws {
    let rig = Runbooks.rig(at: .planned)
    let facts = Runbooks.facts(rig)
    #expect(try Runbooks.markdown(facts).contains("--as projectTeam"))
    rig.feed(.approved(.projectTeam), by: Moves.team)
    let text = try Runbooks.markdown(Runbooks.facts(rig))
    #expect(!text.contains("--as projectTeam") && text.contains("- [ ] l’opérateur d’accueil\n"))
    #expect(try Runbooks.markdown(Runbooks.facts(rig), for: .targetOperator("anfsi")).contains("--as targetOperator"))
    rig.feed(.rolledBack(acceptedLoss: nil))
    let ended = try Runbooks.markdown(Runbooks.facts(rig), for: .targetOperator("anfsi"))
    #expect(!ended.contains("--as targetOperator"), "it has ended")
  }

  @Test(
    arguments: zip(
      [MigrationStep.planned, .finalCopy, .cutOver, .verified, .drainingSource, .removed, .done],
      ["free", "free", "costly", "costly", "closed", "closed", ""]))
  func `the way back that is told is the one there is`(_ step: MigrationStep, _ way: String) throws {
    let text = try Runbooks.markdown(Runbooks.facts(Runbooks.rig(at: step)))
    let told = [
      ("free", "**Avant la bascule**, une commande suffit"), ("costly", "**Après la bascule**, l’arrivée a"),
      ("closed", "**Une fois le départ à vider**, on ne revient plus"),
    ].filter { text.contains($0.1) }.map(\.0)
    #expect(told.joined(separator: " ") == way)
    #expect(text.contains("#### Comment revenir") == !way.isEmpty)
    let blank = try Runbooks.markdown(Runbooks.facts())
    #expect(blank.contains("**Avant la bascule**, une") && blank.contains("on ne revient plus"))
  }

  @Test func `a cut-over that has begun makes going back costly before it is done`() throws {
    let rig = Runbooks.rig(at: .finalCopy)
    rig.finish(.secrets, .values, .flows)
    rig.feed(.cutOverBegins)
    #expect(rig.move.step == .finalCopy)
    let text = try Runbooks.markdown(Runbooks.facts(rig))
    #expect(text.contains("**Après la bascule**, l’arrivée a") && !text.contains("une commande suffit"))
  }

  @Test(arguments: [MigrationStep.approved, .preparingTarget, .targetReady, .finalCopy, .cutOver, .verified, .removed])
  func `after a restore the way back that is told is the one that the machine demands`(_ step: MigrationStep) throws {
    let rig = Runbooks.rig(at: step)
    rig.feed(.recovered(source: .active), by: Moves.nobody)
    let text = try Runbooks.markdown(Runbooks.facts(rig))
    let english = try Runbooks.markdown(Runbooks.facts(rig), in: .en)
    let tellsFree = text.contains("**Avant la bascule**, une commande suffit")
    let tellsCostly = text.contains("--accept-loss")
    // Where it was led over in this life, that is known.
    let isUnsure = rig.move.cutOverBegunAt == nil
    let tellsUnsure = [
      text.contains("**La base de Régie a été restaurée**"), english.contains("**Régie’s database was restored**"),
    ]
    let isBack = rig.feed(.rolledBack(acceptedLoss: nil))
    let demandsCopy = isBack && rig.move[.reverseCopy] != nil
    #expect(tellsCostly == demandsCopy && tellsFree == (isBack && !demandsCopy))
    #expect(tellsUnsure == [isUnsure && demandsCopy, isUnsure && demandsCopy])
    #expect(demandsCopy == [.targetReady, .finalCopy, .cutOver, .verified].contains(step))
  }

  @Test func `on the way back tasks lead from the target to the source, in the order in which they are done`() throws {
    let rig = Runbooks.rig(at: .cutOver)
    rig.feed(.rolledBack(acceptedLoss: nil))
    rig.see(.source, .active)
    let text = try Runbooks.markdown(Runbooks.facts(rig))
    #expect(text.contains("mettre « prodb » en lecture seule"))
    #expect(text.contains("kubectl --context sud-2 -n c7rk--22dx get deployments"))
    #expect(text.contains("Copier vers « prod » ce qui a été écrit depuis la bascule"))
    #expect(text.contains("Le retour est en cours.") && text.contains("Obstacle"))
    let body = try Runbooks.markdown(Runbooks.facts(rig), for: .serviceBody)
    #expect(body.contains("confirm-target-removal 00000000-0000-4000-8000-0000000000a1 --typed prodb\n"))
    let mine = body.components(separatedBy: "### vigie")[0]
    #expect(!mine.contains("cut-over 0"), "nothing is cut over on the way back")
    let order = ["arrêter les écritures (", "recopier vers le départ (", "basculer les noms ("]
    let places = order.map { mine.range(of: $0)?.lowerBound }
    #expect(places.compactMap(\.self).count == 3 && places.compactMap(\.self) == places.compactMap(\.self).sorted())
    rig.feed(.rolledBack(acceptedLoss: "les écritures de 20 h à 21 h"))
    #expect(
      try Runbooks.markdown(Runbooks.facts(rig)).contains(
        "- Perte acceptée : les écritures de 20 h à 21 h (oidc:body, 2026-05-28 20:26 UTC)"))
  }

  @Test func `where other replicas are elsewhere, one cluster alone is emptied, and nothing is deleted`() throws {
    var facts = Runbooks.facts()
    let alone = [
      "supprimer l’environnement « prod » : lire", "migrate done removeEnvironment", "ou ses répliques à 0.",
      "plus rien n’appelle « prod ».", "les répliques de « prod » et suspendre",
    ]
    let shared = [
      "Ne pas supprimer l’environnement « prod » dans la console", "à 0, sur le cluster « nord-1 » et là seulement",
      "n’appelle « prod » sur le cluster « nord-1 »", "« prod », sur le cluster « nord-1 » et là seulement,",
    ]
    func told(_ facts: RunbookFacts, _ words: [String]) throws -> Int {
      let text = try Runbooks.markdown(facts)
      return words.count { text.contains($0) }
    }
    #expect(try told(facts, alone) == alone.count && told(facts, shared) == 0)
    facts.waves[0].moves[0].targetHasOthers = true
    #expect(try told(facts, alone) == alone.count && told(facts, shared) == 0)
    facts.waves[0].moves[0].sourceHasOthers = true
    #expect(try told(facts, alone) == 0 && told(facts, shared) == shared.count)
    #expect(try Runbooks.markdown(facts, in: .en).contains("Do not delete the environment “prod” in the console"))
    // On the way back it is the target that is stopped.
    let rig = Runbooks.rig(at: .cutOver)
    rig.feed(.rolledBack(acceptedLoss: nil))
    var back = Runbooks.facts(rig)
    back.waves[0].moves[0].sourceHasOthers = true
    #expect(try Runbooks.markdown(back).contains("« prodb » en lecture seule, ou ses répliques à 0."))
    back.waves[0].moves[0].targetHasOthers = true
    #expect(try Runbooks.markdown(back).contains("sur le cluster « sud-2 » et là seulement : d’autres"))
  }

  @Test func `with the source gone a backup is restored, and it is said so`() throws {
    let blank = try Runbooks.markdown(Runbooks.facts(isEmergency: true))
    #expect(blank.contains("**Le départ est perdu.**") && blank.contains("migrate done restoreBackup"))
    #expect(!blank.contains("migrate done firstCopy"))
    let rig = Runbooks.rig(at: .targetReady)
    #expect(try !Runbooks.markdown(Runbooks.facts(rig)).contains("**Le départ est perdu.**"))
    rig.feed(.sourceLost(acceptedLoss: "depuis hier"))
    #expect(try Runbooks.markdown(Runbooks.facts(rig)).contains("**Le départ est perdu.**"))
  }

  @Test func `how to declare a lost source gone is told where nobody has seen it again, and else how to remove it`()
    throws
  {
    let rig = Runbooks.rig(at: .cutOver)
    rig.feed(.sourceLost(acceptedLoss: "depuis hier"))
    rig.bring(to: .drainingSource)
    let move = "00000000-0000-4000-8000-0000000000a1"
    for (language, reason) in [
      (RunbookLanguage.fr, "pourquoi on ne le reverra pas"), (.en, "why it will not be seen again"),
    ] {
      let text = try Runbooks.markdown(Runbooks.facts(rig), for: .serviceBody, in: language)
      #expect(text.contains("\nregie migrate declare-gone \(move) --typed prod --reason \"\(reason)\"\n"))
      #expect(!text.contains("confirm-removal \(move)"), "it would be refused")
    }
    let blank = try Runbooks.markdown(Runbooks.facts(isEmergency: true), for: .serviceBody)
    #expect(blank.contains("declare-gone \(move)"))
    rig.see(.source)
    let back = try Runbooks.markdown(Runbooks.facts(rig), for: .serviceBody)
    #expect(back.contains("confirm-removal \(move) --typed prod\n") && !back.contains("declare-gone"))
  }

  @Test func `what is not known is not made up`() throws {
    let text = try Runbooks.markdown(Runbooks.facts(), for: .projectTeam("vigie"))
    #expect(text.contains("-n $FROM_NAMESPACE get") && text.contains("-n $TO_NAMESPACE get"))
    #expect(text.contains("| inconnu ici | connu une fois créé |"))
    #expect(text.contains("quota 1 CPU."))
    #expect(!text.contains("pg_dump --format"), "it has no database")
    #expect(!text.contains("migrate done createEnvironment"), "it is not in the console")
    var facts = Runbooks.facts()
    (facts.contacts, facts.motiveText) = ([], nil)
    #expect(try Runbooks.markdown(facts).contains("Aucun contact n’a été donné"))
    #expect(try Runbooks.markdown(facts).contains("| Motif | départ d’un opérateur ou d’une région |"))
  }

  @Test func `amounts and times are told in full`() throws {
    let text = try Runbooks.markdown(Runbooks.facts())
    #expect(text.contains("quota 2,5 CPU, 4Gi, 1 GPU, 20Gi de stockage, 30 pods."))
    #expect(text.contains("chaque tâche a 7 jours") && text.contains("gardé 30 jours"))
    #expect(try Runbooks.markdown(Runbooks.facts(), in: .en).contains("quota 2.5 CPU, 4Gi, 1 GPU, 20Gi of storage"))
    // What is to be made in the console is what the target has by now.
    var larger = Runbooks.facts()
    larger.waves[0].moves = [Runbooks.move(quota: ResourceAmounts(cpu: 3000))]
    let told = try Runbooks.markdown(larger)
    #expect(told.contains("cluster « sud-2 », étape « prod », quota 3 CPU.") && !told.contains("2,5 CPU"))
    larger.waves[0].moves = [Runbooks.move(quota: ResourceAmounts(cpu: 3000, pods: 1))]
    #expect(try Runbooks.markdown(larger).contains("quota 3 CPU, 1 pod."))
  }

  @Test func `a guide says what becomes otherwise for this source, this target and these services`() throws {
    let guide = try Runbooks.standard.get().guide(Runbooks.facts(), project: "ccaf", in: .fr, as: .markdown)
    #expect(guide.fileName == "ccaf.projectTeam.guide.fr.md" && guide.format.mediaType.hasPrefix("text/markdown"))
    #expect(guide.text.contains("**L’opérateur change**") && guide.text.contains("**La région change**"))
    #expect(guide.text.contains("- **postgresql** (15 → 16) : **la version change** ; essayer"))
    #expect(guide.text.contains("- **s3** (– → –) : nouveaux seaux"))
    #expect(guide.text.contains("- **gpu** (a → a) : Vérifier qu’il est ouvert"))
    #expect(guide.text.contains("- RIE : flux à rouvrir") && !guide.text.contains("vigie"))
    let other = try Runbooks.standard.get().guide(Runbooks.facts(), project: "vigie", in: .en, as: .html)
    #expect(other.text.contains("The project declares none.") && other.text.contains("lourd can not be moved"))
    #expect(other.format.mediaType == "text/html; charset=utf-8")
    var near = Runbooks.facts()
    near.waves[0].moves[0].target = Runbooks.here
    let same = try Runbooks.standard.get().guide(near, project: "ccaf", in: .fr, as: .markdown).text
    #expect(same.contains("L’opérateur reste le même.") && !same.contains("La région change"))
    let none = try Runbooks.standard.get().guide(Runbooks.facts(), project: "nul", in: .fr, as: .markdown).text
    #expect(none.contains("Aucun de vos environnements ne bouge."))
  }

  @Test func `a wave of a plan has its moves, but for what is not to be read of`() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["prod": "prod 1 a", "dev": "dev 1 a", "test": "dev 1 a"])
    let plan = try world.plan()
    let waves = plan.waves.map { planned in
      RunbookFacts.Wave(planned, of: plan) { move in
        let terms = MigrationTerms(
          project: move.project, environment: move.environment, targetEnvironment: move.newName, source: move.source)
        return move.environment == "test"
          ? nil : RunbookFacts.Move(move.source, move, terms: terms, source: Runbooks.here, target: Runbooks.there)
      }
    }
    #expect(waves.map { $0.moves.map(\.terms.environment) } == [["dev"], ["prod"]])
    #expect(waves.map(\.number) == [1, 2] && waves.map(\.day) == plan.waves.map(\.day))
    #expect(waves.map(\.date) == plan.waves.map(\.date))
  }
}
