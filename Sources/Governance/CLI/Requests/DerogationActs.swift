import ArgumentParser
import Contract
import Model
import Requests

/// `regie derogation opine ID POSITION TEXT`.
struct DerogationOpine: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "opine",
    abstract: "Donner un avis. / Give an opinion.",
    discussion: """
      D'un opérateur (--operator), ou de l'autorité d'homologation (--homologation ; avec --author pour qui le consigne).
      Of an operator (--operator), or of the homologation authority (--homologation; with --author by who writes it down).
      """)

  @OptionGroup var options: ClientOptions
  @OptionGroup var request: DerogationActOptions

  @Argument(help: "favourable, reserved ou unfavourable.", transform: DerogationOpine.position)
  var position: Opinion.Position

  @Argument(help: "L'avis. / The opinion.")
  var text: String

  @Option(name: .long, help: "L'opérateur pour lequel vous parlez. / The operator you speak for.")
  var `operator`: String?

  @Flag(name: .long, help: "L'avis de l'autorité d'homologation. / The homologation authority's opinion.")
  var homologation = false

  @Option(name: .long, help: "Qui donne l'avis, si ce n'est vous. / Who gives the opinion, if not you.")
  var author: String?

  private static func position(_ text: String) throws -> Opinion.Position {
    guard let position = Opinion.Position(rawValue: text) else {
      throw ValidationError("« \(text) » : attendu / expected favourable, reserved, unfavourable")
    }
    return position
  }

  func validate() throws {
    guard !homologation || `operator` == nil else {
      throw ValidationError("--homologation va sans --operator / takes no --operator")
    }
  }

  func run() async throws {
    try await reporting {
      let wish = OpinionWish(
        party: homologation ? .homologation : .operator, operator: `operator`, position: position, text: text,
        author: author)
      try await request.act("opinions", wish, options)
    }
  }
}

/// `regie derogation decide ID granted|refused`.
struct DerogationDecide: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide", abstract: "Accorder ou refuser ; rien ne vaut avant d'être notifié. / Grant or refuse.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var request: DerogationActOptions

  @Argument(help: "granted ou refused : accordée, refusée.", transform: DerogationDecide.outcome)
  var outcome: Verdict.Outcome

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String

  private static func outcome(_ text: String) throws -> Verdict.Outcome {
    guard let outcome = Verdict.Outcome(rawValue: text) else {
      throw ValidationError("« \(text) » : attendu / expected granted, refused")
    }
    return outcome
  }

  func run() async throws {
    try await reporting {
      try await request.act("decide", VerdictWish(outcome: outcome, reason: reason), options)
    }
  }
}

/// `regie derogation notify ID`.
struct DerogationNotify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notify",
    abstract: "Notifier la décision : elle vaut à partir de là. / Notify the decision: it counts from then on.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var request: DerogationActOptions

  func run() async throws {
    try await reporting { try await request.act("notify", ReasonWish?.none, options) }
  }
}

/// `regie derogation revoke ID`.
struct DerogationRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Révoquer une dérogation notifiée. / Revoke a derogation that was notified.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var request: DerogationActOptions

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String

  func run() async throws {
    try await reporting { try await request.act("revoke", ReasonWish(reason: reason), options) }
  }
}

/// `regie derogation withdraw ID`.
struct DerogationWithdraw: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Retirer une demande. / Take a request back.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var request: DerogationActOptions

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String?

  func run() async throws {
    try await reporting { try await request.act("withdraw", ReasonWish(reason: reason), options) }
  }
}
