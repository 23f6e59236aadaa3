import ArgumentParser
import Board
import Contract
import Foundation
import Model
import NIOHTTP1

/// `regie policy vote PROPOSAL for|against|abstain`.
struct PolicyVote: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vote", abstract: "Voter, ou changer sa voix. / Vote, or change one's vote.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions

  @Argument(help: "La proposition. / The proposal.")
  var proposal: String

  @Argument(help: "for, against ou abstain : pour, contre, abstention.", transform: PolicyVote.choice)
  var choice: Vote.Choice

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String?

  @Flag(
    name: .long,
    help: "Voter sans attendre que l'effet soit connu. / Vote before it is known what would change.")
  var withoutImpact = false

  private static func choice(_ text: String) throws -> Vote.Choice {
    guard let choice = Vote.Choice(rawValue: text) else {
      throw ValidationError("« \(text) » : attendu / expected for, against, abstain")
    }
    return choice
  }

  func validate() throws {
    guard board.operator != nil else {
      throw ValidationError("--operator : l'opérateur dont c'est la voix / the operator whose vote it is")
    }
  }

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client())
      let name = APIClient.part(board.operator ?? "")
      let body = try ModelJSON.encoder.encode(
        VoteWish(choice: choice, reason: reason, withoutImpact: withoutImpact ? true : nil))
      try board.show(
        try await client.write(.PUT, "proposals/\(APIClient.part(proposal))/votes/\(name)", body),
        client.client.language)
    }
  }
}

/// `regie policy comment PROPOSAL TEXT`.
struct PolicyComment: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "comment", abstract: "Commenter une proposition. / Comment on a proposal.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions
  @OptionGroup var key: KeyOption

  @Argument(help: "La proposition. / The proposal.")
  var proposal: String

  @Argument(help: "Ce qu'il y a à en dire. / What is to be said of it.")
  var text: String

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client(), key: key.orNew)
      let body = try ModelJSON.encoder.encode(CommentWish(text: text, operator: board.operator))
      try board.show(
        try await client.change("proposals/\(APIClient.part(proposal))/comments", body), client.client.language)
    }
  }
}

/// `regie policy withdraw PROPOSAL`.
struct PolicyWithdraw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Retirer une proposition. / Take a proposal back.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions
  @OptionGroup var key: KeyOption

  @Argument(help: "La proposition. / The proposal.")
  var proposal: String

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String?

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client(), key: key.orNew)
      let body = try ModelJSON.encoder.encode(WithdrawalWish(reason: reason, operator: board.operator))
      try board.show(
        try await client.change("proposals/\(APIClient.part(proposal))/withdraw", body), client.client.language)
    }
  }
}
