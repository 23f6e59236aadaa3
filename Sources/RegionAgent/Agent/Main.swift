import ArgumentParser
import Telemetry

/// The region agent: one per zone, stateless, configured by its environment.
@main
struct RegionAgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "region-agent",
    abstract:
      "Tient les espaces de noms et quotas d'une zone comme décidé. / Keeps a zone's namespaces and quotas as decided.",
    discussion: """
      Tout se règle par variables d'environnement :

      \(EnvironmentVariable.text(EnvironmentReader.variables { AgentSettings(&$0) }))
      """,
    version: AgentVersion.current)

  func run() async throws {
    let settings: AgentSettings
    do {
      settings = try EnvironmentReader.read { AgentSettings(&$0) }
    } catch {
      throw ValidationError("\(error)")
    }
    try await AgentWiring(settings: settings).run()
  }
}

/// The agent's version, as heartbeats and `/metrics` say it.
enum AgentVersion {
  static let current = "0.1.0"
}
