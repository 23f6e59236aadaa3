import ArgumentParser
import Contract
import Foundation
import NIOHTTP1

/// `regie policy draft FILE`.
struct PolicyDraft: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draft",
    abstract: "Commencer un brouillon, ou l'enregistrer. / Begin a draft, or write it anew.",
    discussion: "Sans fichier, le texte est celui de ce qu'il amende ou de sa version de départ.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions

  @Argument(help: "Fichier, ou - pour l'entrée standard. / File, or -.")
  var file: String?

  @Option(name: .long, help: "Le brouillon à enregistrer. / The draft to write anew.")
  var id: String?

  @Option(
    name: .long,
    help: "Sa révision quand il a été lu ; quelle qu'elle soit sinon. / Its revision when it was read; else any.")
  var revision: Int64?

  @Option(name: .long, help: "La version dont il part. / The version that it is based on.")
  var base: Int64?

  @Option(name: .long, help: "La proposition qu'il amende. / The proposal that it amends.")
  var amends: String?

  @OptionGroup var key: KeyOption

  func validate() throws {
    guard id == nil || (file != nil && amends == nil) else {
      throw ValidationError("--id demande un fichier, et pas --amends / --id takes a file, and not --amends")
    }
    guard revision == nil || id != nil else {
      throw ValidationError("--revision va avec --id / --revision goes with --id")
    }
    guard id == nil || key.idempotencyKey == nil else {
      throw ValidationError("--idempotency-key va sans --id / --idempotency-key goes without --id")
    }
  }

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client(), key: key.orNew)
      let base = ("base", base.map(String.init))
      let view: ProposalView
      if let id, let file {
        view = try await client.rewrite(id, file, board.query([base]), over: revision)
      } else {
        view = try await client.draft(file, board.query([base, ("amends", amends)]))
      }
      try board.show(view, client.client.language)
    }
  }
}

/// `regie policy rebase DRAFT`.
struct PolicyRebase: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebase",
    abstract: "Reprendre un brouillon sur la version en place. / Rebase a draft on the present version.",
    discussion: "Code de sortie 1 où les deux changent la même règle. / Exit code 1 where both change the same rule.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions

  @Argument(help: "Le brouillon. / The draft.")
  var draft: String

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client())
      try board.show(
        try await client.write(.POST, "drafts/\(APIClient.part(draft))/rebase\(board.query())"), client.client.language)
    }
  }
}

/// `regie policy propose DRAFT`.
struct PolicyPropose: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "propose", abstract: "Soumettre un brouillon au vote. / Put a draft to the vote.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions
  @OptionGroup var motive: MotiveOptions
  @OptionGroup var key: KeyOption

  @Argument(help: "Le brouillon. / The draft.")
  var draft: String

  func validate() throws { _ = try motive.wish(for: nil) }

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client(), key: key.orNew)
      try board.show(
        try await client.propose(draft, try motive.wish(for: board.operator)), client.client.language)
    }
  }
}

/// `regie policy rollback VERSION`.
struct PolicyRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Proposer le texte d'une version plus ancienne. / Propose the text of an older version.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions
  @OptionGroup var motive: MotiveOptions
  @OptionGroup var key: KeyOption

  @Argument(help: "Le numéro de la version. / The version's number.")
  var version: Int64

  func validate() throws { _ = try motive.wish(for: nil) }

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client(), key: key.orNew)
      try board.show(
        try await client.proposeAtOnce(
          nil, board, [("restores", String(version))], try motive.wish(for: board.operator)),
        client.client.language)
    }
  }
}

/// `regie policy emergency FILE`.
struct PolicyEmergency: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "emergency",
    abstract:
      "Proposer une restriction d'urgence, que deux opérateurs suffisent à prendre. / Propose an emergency restriction."
  )

  @OptionGroup var options: ClientOptions
  @OptionGroup var board: BoardOptions
  @OptionGroup var motive: MotiveOptions
  @OptionGroup var key: KeyOption

  @Argument(
    help: "La politique en vigueur, avec les restrictions de plus. / The policy in force, and further restrictions.")
  var file: String

  func validate() throws { _ = try motive.wish(for: nil) }

  func run() async throws {
    try await reporting {
      let client = BoardClient(client: try options.client(), key: key.orNew)
      try board.show(
        try await client.proposeAtOnce(
          file, board, [("kind", "emergency")], try motive.wish(for: board.operator)), client.client.language)
    }
  }
}
