import ArgumentParser
import Contract
import Events
import Foundation
import Model
import NIOHTTP1
import Policy

/// `regie diff --from MOMENT [--to MOMENT]`.
struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Ce qui a changé de l'offre et de la politique entre deux moments. / What changed between two moments.",
    discussion: """
      Ce qu'un opérateur garde pour lui n'est dit qu'à lui, au comité, à l'administration et aux auditeurs.
      What an operator keeps to itself is told to itself, the board, administrators and auditors only.

      Codes de sortie : 0 rien ne diffère ; 1 quelque chose. / Exit codes: 0 nothing differs; 1 something does.
      """)

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Le moment d'avant (RFC 3339), ou un jour. / The moment before, or a day.")
  var from: String

  @Option(name: .long, help: "Le moment d'après ; maintenant s'il manque. / The moment after; now if absent.")
  var to: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let end = to.map { "&to=\(APIClient.part(Self.moment($0)))" } ?? ""
      let view: OfferDifferenceView = try await client.send(
        .GET, "/api/v1/offer/diff?from=\(APIClient.part(Self.moment(from)))\(end)"
      ).decode()
      Console.print(try output.render(view) ?? OfferDifferenceText.render(view, client.language))
      if !view.isEmpty { throw ExitCode(ExitStatus.refused) }
    }
  }

  /// A day is its beginning, UTC.
  static func moment(_ text: String) -> String { CalendarDay(text) == nil ? text : "\(text)T00:00:00Z" }
}

/// Differences between two moments as people read them.
enum OfferDifferenceText {
  static func render(_ view: OfferDifferenceView, _ language: Language) -> String {
    var lines: [String] = []
    if view.from < view.wholeSince {
      lines.append(
        language == .fr
          ? "Avant le \(view.wholeSince), on ne sait que ce qui n'a plus changé depuis."
          : "Of what was before \(view.wholeSince), only what has not changed since is known.")
    }
    var table = Table(language == .fr ? ["", "PARTIE", "NOM", "CE QUI CHANGE"] : ["", "PART", "NAME", "WHAT CHANGES"])
    for entry in view.entries {
      table.add(DifferenceText.sign(entry.change), entry.part.rawValue, entry.name, entry.sentence)
    }
    for entry in view.policy.entries {
      table.add(DifferenceText.sign(entry.change), entry.part.rawValue, entry.name ?? "-", entry.sentence)
    }
    if view.policy.from != view.policy.to {
      let (before, after) = (view.policy.from.map(String.init) ?? "–", view.policy.to.map(String.init) ?? "–")
      lines.append(
        language == .fr ? "Politique : version \(before) → \(after)" : "Policy: version \(before) → \(after)")
    }
    if view.entries.isEmpty, view.policy.entries.isEmpty {
      lines.append(language == .fr ? "Rien ne diffère." : "Nothing differs.")
    } else {
      lines.append(table.render())
    }
    return lines.joined(separator: "\n")
  }
}
