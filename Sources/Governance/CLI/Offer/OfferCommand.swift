import ArgumentParser
import Contract
import Events
import Model
import NIOHTTP1
import Policy

/// `regie offer`: the current offer and policy, as everybody may read them.
struct OfferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offer",
    abstract: "L'offre et la politique courantes, publiques. / The current offer and policy, public.",
    subcommands: [OfferCurrent.self, OfferHistory.self])
}

/// `regie offer current`.
struct OfferCurrent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "current",
    abstract: "L'offre et la politique, en phrases ou en entier. / Offer and policy, in sentences or as a whole.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Celle d'un moment (RFC 3339). / That of a moment.")
  var at: String?

  @Option(name: .shortAndLong, help: "table (phrases), json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let query = at.map { "?at=\(APIClient.part($0))" } ?? ""
      let answer = try await client.send(.GET, "/api/v1/offer/current\(query)")
      let offer: PublicOffer = try answer.decode()
      let sentences = client.language == .fr ? offer.summary.fr : offer.summary.en
      Console.print(try output.render(offer) ?? sentences.joined(separator: "\n"))
      if answer.headers.first(name: "regie-stale") == "true" {
        Console.note("regie: \(StaleText.render(client.language))")
      }
    }
  }
}

/// `regie offer history`.
struct OfferHistory: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Quand l'offre publique a changé. / When the public offer has changed.")

  @OptionGroup var options: ClientOptions

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let publications: [OfferPublicationView] = try await client.all("/api/v1/offer/history")
      Console.print(try output.render(publications) ?? Self.table(publications, client.language))
    }
  }

  static func table(_ publications: [OfferPublicationView], _ language: Language) -> String {
    var table = Table(language == .fr ? ["DEPUIS", "POLITIQUE", "EMPREINTE"] : ["SINCE", "POLICY", "DIGEST"])
    for publication in publications {
      table.add(
        publication.publishedAt.description, publication.policyVersion.map(String.init) ?? "–", publication.digest)
    }
    return table.render()
  }
}
