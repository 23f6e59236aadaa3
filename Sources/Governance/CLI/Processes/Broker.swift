import ArgumentParser
import Foundation
import KafkaMock

/// `regie broker`: Kafka's wire protocol on loopback, for `regie dev` and tests. Nothing it holds survives it.
struct Broker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Un courtier Kafka simulé, sur cette machine. / A simulated Kafka broker on this machine.",
    discussion: "Affiche son adresse, puis sert jusqu'à SIGTERM. / Prints its address, then serves until SIGTERM.")

  @Option(name: .long, help: "Nombre de courtiers, 1 à 5. / Number of brokers.")
  var brokers = 1

  func validate() throws {
    guard (1...5).contains(brokers) else {
      throw ValidationError("--brokers \(brokers) : attendu 1 à 5 / expected 1 to 5")
    }
  }

  func run() async throws {
    try await untilTerminated {
      try await MockBroker.run(brokers: brokers) { Console.print("bootstrap.servers=\($0)") }
    }
  }
}
