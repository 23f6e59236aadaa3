import ArgumentParser
import Contract

/// `regie flow open ID`.
struct FlowOpen: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open", abstract: "Dire ouverts ses bouts d'un flux. / Say that one's ends of a flow are open.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var flow: FlowActOptions
  @OptionGroup var speaker: FlowSpeaker

  func run() async throws {
    try await reporting { try await flow.act(.open, by: speaker, options) }
  }
}

/// `regie flow reject ID`.
struct FlowReject: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "Rejeter un flux. / Reject a flow.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var flow: FlowActOptions
  @OptionGroup var speaker: FlowSpeaker

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String

  func run() async throws {
    try await reporting { try await flow.act(.reject, reason: reason, by: speaker, options) }
  }
}

/// `regie flow close ID`.
struct FlowClose: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "close",
    abstract: "Dire fermé ce qui restait ouvert. / Say that what was left open is closed.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var flow: FlowActOptions
  @OptionGroup var speaker: FlowSpeaker

  func run() async throws {
    try await reporting { try await flow.act(.close, by: speaker, options) }
  }
}

/// `regie flow withdraw ID`.
struct FlowWithdraw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Retirer un flux demandé ou ouvert. / Take back a flow, asked for or open.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var flow: FlowActOptions

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String?

  func run() async throws {
    try await reporting { try await flow.act("withdraw", ReasonWish(reason: reason), options) }
  }
}
