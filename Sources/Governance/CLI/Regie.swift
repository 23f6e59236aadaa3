import ArgumentParser

/// The client of the governance service, and the whole system on one machine for a try.
@main
struct Regie: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regie",
    abstract: "Placer des projets, et savoir pourquoi. / Place projects, and know why.",
    discussion: """
      Le service est trouvé par --server ou REGIE_SERVER (http://127.0.0.1:8080 par défaut), ou par --context ou
      REGIE_CONTEXT dans le fichier REGIE_CONFIG (~/.config/regie/config.yaml). Qui le demande est connu par REGIE_TOKEN,
      REGIE_API_KEY (ou …_FILE), ou par « regie login ».

      Codes de sortie : 0 fait ; 1 refusé, ou pas encore prêt ; 2 fichier illisible, pour les commandes qui en lisent sans
      service (policy lint, policy diff, simulate, audit verify, import console, signing-key) ; 64 mauvais usage ; 69 le
      service est injoignable, ou ne peut répondre en ce moment (503 : voir le code du problème) ; 74 la réponse n'a pas pu
      être écrite.
      """,
    version: "0.1.0",
    subcommands: [
      Apply.self, Get.self, Delete.self, Place.self, Batch.self, Query.self, Validate.self, Explain.self,
      Reserve.self, Confirm.self, Cancel.self, DecisionCommand.self, Audit.self, Recover.self, PolicyCommand.self,
      Login.self, WhoAmI.self, KeyCommand.self, SigningKeyCommand.self,
      Findings.self, Capacity.self, OfferCommand.self, DiffCommand.self, QualificationCommand.self,
      DerogationCommand.self, FlowCommand.self, WebhookCommand.self, MigrateCommand.self, Evacuate.self,
      SimulateCommand.self, ImportCommand.self, Dev.self, Broker.self, Simulate.self,
      Guard.self,
    ])

  static func main() async {
    await Self.main(nil)
    // Done, but whoever has asked does not have all of the answer.
    if Console.isCut { Self.exit(withError: ExitCode(ExitStatus.unwritten)) }
  }
}
