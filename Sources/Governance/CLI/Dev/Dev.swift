import ArgumentParser
import Foundation

/// `regie dev`: the whole system on this machine, and the main job played once.
struct Dev: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Tout le système sur cette machine, et le scénario principal. / The whole system on this machine, and the main scenario.",
    discussion: """
      Lance un PostgreSQL jetable, un courtier Kafka simulé, un cluster Kubernetes simulé par cluster de l'offre, le
      service central et un agent par zone ; puis place les projets d'exemple. Tout reste sur 127.0.0.1, et les données
      dans .regie/, refaites à chaque lancement. Ctrl-C arrête tout.

      Un dossier donné par --data-dir doit être vide, ou celui d'un lancement précédent : seul ce que celui-ci y a mis
      est effacé. / A folder given by --data-dir has to be empty or an earlier launch's: only what that put there is
      deleted.

      Ce que l'agent a fait sur un vrai cluster (--kubeconfig) y reste après l'arrêt, et se retire par / What the agent
      made on a real cluster stays there afterwards, and is removed by
        kubectl delete namespaces --selector regie.cloud-pi-native.fr/placement

      Avec --scenario evacuation une région annonce son départ : tout ce qu'elle a est déplacé, une cible échoue, son
      déplacement est ramené puis refait, le comité confirme, et le dernier namespace s'en va.
      """)

  /// What is played.
  enum Play: String, CaseIterable, ExpressibleByArgument {
    case main
    case evacuation
  }

  @Option(name: .long, help: "main : placer ; evacuation : une région s'en va. / What is played.")
  var scenario = Play.main

  @Option(name: .long, help: "Port de l'API ; un port libre sinon. / The API's port; a free one otherwise.")
  var port: Int?

  @Flag(
    name: .long, help: "S'arrêter après le scénario ; code 0 seulement si tout est prêt. / Stop after the scenario.")
  var exit = false

  @Option(
    name: .long, help: "Dossier ou fichiers de l'offre, de la politique et des projets. / Offer, policy and projects.")
  var examples: [String] = []

  @Option(
    name: .long, help: "Un vrai cluster : FICHIER, ou CLUSTER=FICHIER. Répétable. / A real cluster; may be repeated.")
  var kubeconfig: [String] = []

  @Option(
    name: .long, help: "Dossier des données, vide ou d'un lancement précédent. / Data folder, empty or a former one.")
  var dataDir = ".regie"

  func validate() throws {
    if let port, !(1024...65535).contains(port) {
      throw ValidationError("--port \(port) : attendu 1024 à 65535 / expected 1024 to 65535")
    }
  }

  func run() async throws {
    let stopsAfterScenario = exit
    let outcome = Outcome()
    do {
      let given = try DemoOffer.load(examples)
      let evacuation = scenario == .evacuation ? try EvacuationOffer(given) : nil
      let offer = evacuation?.offer ?? given
      let plan = try DevPlan(offer: offer, kubeconfigs: kubeconfig, port: port, dataDirectory: dataDir)
      try await untilTerminated {
        try await DevStack(plan: plan).run { running in
          let isReady =
            if let evacuation {
              try await EvacuationScenario(evacuation: evacuation, running: running).play()
            } else {
              try await Scenario(offer: offer, running: running).play()
            }
          await outcome.set(isReady)
          if !stopsAfterScenario {
            Console.note("\nCtrl-C pour tout arrêter. / Ctrl-C stops everything.")
            try await Task.sleep(for: .seconds(365 * 86_400))
          }
        }
      }
    } catch let error as DevError {
      Console.note("regie dev: \(error)")
      throw ExitCode(ExitStatus.refused)
    } catch let error as ClientError {
      Console.note("regie dev: \(error)")
      throw ExitCode(error.exitStatus)
    }
    if stopsAfterScenario, await !outcome.isReady { throw ExitCode(ExitStatus.refused) }
  }

  private actor Outcome {
    private(set) var isReady = false

    func set(_ isReady: Bool) {
      self.isReady = isReady
    }
  }
}

/// Why the system could not be started, and what to do.
struct DevError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
