import ArgumentParser
import Telemetry

/// The governance service: the API, the relay and the status consumer, configured by its environment.
@main
struct GovernanceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "governance",
    abstract: "Le service central : politique, décisions, publication. "
      + "/ The central service: policy, decisions, publication.",
    discussion: """
      Tout se règle par variables d'environnement, dont celles de libpq (DATABASE_URL ou PG*) et KAFKA_* :

      \(EnvironmentVariable.text(EnvironmentReader.variables { GovernanceSettings(&$0) }))
      """,
    version: GovernanceVersion.current)

  func run() async throws {
    let settings: GovernanceSettings
    do {
      settings = try EnvironmentReader.read { GovernanceSettings(&$0) }
    } catch {
      throw ValidationError("\(error)")
    }
    try await GovernanceWiring(settings: settings).run()
  }
}

/// The service's version, as `/metrics` says it.
enum GovernanceVersion {
  static let current = "0.1.0"
}
