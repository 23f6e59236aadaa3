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

  @Flag(
    name: .long,
    help: """
      Vérifier clés, bus, clusters et droits, dire ce qui manque, et finir : 0 si rien ne manque, 1 sinon. / \
      Check keys, bus, clusters and rights, say what is missing, and end: 0 if nothing is, else 1.
      """)
  var check = false

  @Option(name: .shortAndLong, help: "Avec --check / with --check: text, json.")
  var output = CheckOutput.text

  func run() async throws {
    let settings: AgentSettings
    do {
      settings = try EnvironmentReader.read { AgentSettings(&$0) }
    } catch {
      throw ValidationError("\(error)")
    }
    let wiring = AgentWiring(settings: settings)
    guard check else { return try await wiring.run() }
    let report = await wiring.check()
    print(output == .json ? try report.json() : report.text())
    if !report.isGood { throw ExitCode(1) }
  }
}

/// How `--check` answers.
enum CheckOutput: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

/// The agent's version, as heartbeats and `/metrics` say it.
enum AgentVersion {
  static let current = "0.1.0"
}
