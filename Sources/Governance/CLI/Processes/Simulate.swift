import ArgumentParser
import Logging
import ServiceLifecycle
import SimulatedCluster

/// `regie simulated-cluster`: the part of the Kubernetes API that Régie uses, in memory, on loopback.
struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulated-cluster",
    abstract: "Un cluster Kubernetes simulé, sur cette machine. / A simulated Kubernetes cluster on this machine.",
    discussion: "Affiche son adresse, puis sert jusqu'à SIGTERM. / Prints its address, then serves until SIGTERM.")

  @Option(name: .long, help: "Nom du cluster. / The cluster's name.")
  var name: String

  @Option(name: .long, help: "Port, ou 0 pour un port libre. / Port, or 0 for a free one.")
  var port = 0

  func validate() throws {
    guard port == 0 || (1024...65535).contains(port) else {
      throw ValidationError("--port \(port) : attendu 0, ou 1024 à 65535 / expected 0, or 1024 to 65535")
    }
  }

  func run() async throws {
    guard port == 0 || FreePorts.isFree(port) else {
      Console.note("regie simulated-cluster: \(DevStack.taken(port))")
      throw ExitCode(ExitStatus.refused)
    }
    let name = name
    var configuration = SimulatedCluster.Configuration()
    configuration.port = port
    configuration.onListening = { port in Console.print("server=http://127.0.0.1:\(port)") }
    let cluster = SimulatedCluster(name: name, configuration: configuration)
    try await untilTerminated { try await cluster.run() }
  }
}
