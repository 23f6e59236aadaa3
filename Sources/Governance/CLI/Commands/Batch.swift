import ArgumentParser
import Contract
import Foundation
import Model
import NIOCore
import NIOHTTP1
import Placement

/// `regie batch PROJECT…`.
struct Batch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Placer plusieurs projets à la fois. / Place several projects at once.",
    discussion: """
      Sans --commit, rien n'est décidé : on voit où chacun irait. Les projets doivent être enregistrés (regie apply).
      Without --commit nothing is decided: one sees where each would go. Projects must be stored (regie apply).

      Codes de sortie : 0 tous placés ; 1 sinon. / Exit codes: 0 all placed; 1 otherwise.
      """)

  private static let patience = TimeAmount.minutes(10)

  @OptionGroup var options: ClientOptions

  @Argument(help: "Noms des projets, dans l'ordre. / The projects' names, in order.")
  var projects: [String] = []

  @Option(
    name: [.customShort("f"), .customLong("filename")],
    help: "Fichiers ou dossiers des projets, déjà enregistrés. / Files or folders of the projects, stored already.")
  var files: [String] = []

  @Flag(name: .long, help: "Décider et réserver, comme prévu. / Decide and reserve, as planned.")
  var commit = false

  @Flag(name: .long, help: "Tous ou aucun. / All or none.")
  var allOrNothing = false

  @Flag(name: .long, help: "Proposer aussi des déplacements. / Propose moves too.")
  var mayMove = false

  @Option(name: .long, help: "Nœuds de recherche au plus, 1 à 10000000. / Nodes of the search at most.")
  var budget: Int?

  @Flag(name: .long, help: "Décider même si rien de mieux n'est exclu. / Decide even if better is not excluded.")
  var acceptUndecided = false

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, wide, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard !commit || !mayMove else {
      throw ValidationError(
        "--commit ou --may-move, pas les deux : un déplacement est une migration / not both: a move is a migration")
    }
    guard !projects.isEmpty || !files.isEmpty else {
      throw ValidationError("des noms de projets ou -f FICHIER sont attendus / projects' names or -f FILE are wanted")
    }
  }

  /// Those that are named, then those of the files.
  private func names() throws -> [String] {
    let found = try ResourceFiles.read(files).filter { $0.kind == .project }.map(\.metadata.name)
    guard files.isEmpty || !found.isEmpty else {
      throw ValidationError("aucun projet dans ces fichiers / no project in these files")
    }
    return projects + found.filter { !projects.contains($0) }
  }

  private func ask(_ body: BatchBody, _ client: APIClient) async throws -> APIClient.Answer {
    let (path, text) = ("/api/v1/placements:batch", try JSONEncoder().encode(body))
    guard commit else { return try await client.send(.POST, path, body: text, timeout: Self.patience) }
    return try await client.change(path, body: text, key: key.orNew, timeout: Self.patience)
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let body = BatchBody(
        projects: try names(), dryRun: !commit, allOrNothing: allOrNothing, mayMove: mayMove, nodeBudget: budget,
        acceptUndecided: acceptUndecided)
      let view: BatchView = try await ask(body, client).decode()
      Console.print(
        try output.render(view) ?? BatchText.render(view, language: client.language, wide: output == .wide))
      guard view.entries.allSatisfy({ $0.status == .placed }), !commit || view.committed else {
        throw ExitCode(ExitStatus.refused)
      }
    }
  }
}

/// What becomes of a batch, for people.
enum BatchText {
  static func render(_ view: BatchView, language: Language, wide: Bool) -> String {
    let french = language == .fr
    var table = Table("PROJECT", "STATUS", "PLACES", french ? "POURQUOI" : "WHY", french ? "DÉCISION" : "DECISION")
    for entry in view.entries {
      let places = entry.places.map { place in
        "\(place.environment)\(place.replica == 0 ? "" : "/\(place.replica)"): \(place.cluster)"
      }
      let decision = entry.commit.map { commit in
        let id =
          wide ? commit.decision.uuidString.lowercased() : String(commit.decision.uuidString.prefix(8)).lowercased()
        return commit.asPlanned ? id : "\(id) (!)"
      }
      table.add(
        entry.project, status(entry.status, french: french), places.isEmpty ? "-" : places.joined(separator: ", "),
        entry.problem?.detail ?? why(entry, language), decision ?? "-")
    }
    return [BasisText.render(view.basis, language: language), summary(view, french: french), "", table.render()]
      .joined(separator: "\n")
  }

  /// The first reason, how many more there are, and how they go together.
  private static func why(_ entry: BatchView.Entry, _ language: Language) -> String {
    guard let first = entry.reasons.first else { return "-" }
    let more = entry.reasons.count > 1 ? " (+\(entry.reasons.count - 1))" : ""
    let conflict = ExplanationText.conflict(entry.conflict, of: entry.reasons, language)
    return first.sentence + more + (conflict.map { " " + $0 } ?? "")
  }

  private static func summary(_ view: BatchView, french: Bool) -> String {
    let counts = "\(view.value.placed)/\(view.entries.count)"
    let best = view.bound.placed
    switch (view.outcome, french) {
    case (.optimal, true): return "\(counts) placés : rien de mieux n'est possible"
    case (.optimal, false): return "\(counts) placed: nothing better is possible"
    case (.undecided, true):
      return "\(counts) placés, une proposition : au plus \(best) ; recherche arrêtée à \(view.nodes) nœuds"
        + (view.isExhausted == true ? ", qui étaient épuisés (--budget)" : "")
    case (.undecided, false):
      return "\(counts) placed, a proposal: \(best) at most; the search ended at \(view.nodes) nodes"
        + (view.isExhausted == true ? ", for it had no more (--budget)" : "")
    case (.unplaceable, true): return "tous ne tiennent pas : aucun n'est placé"
    case (.unplaceable, false): return "not all fit: none is placed"
    }
  }

  private static func status(_ status: BatchEntry.Status, french: Bool) -> String {
    guard french else { return status.rawValue }
    return switch status {
    case .placed: "placé"
    case .withheld: "retenu"
    case .crowdedOut: "évincé"
    case .wouldMove: "à déplacer"
    case .unplaceable: "sans place"
    case .undecided: "non décidé"
    case .repeated: "répété"
    }
  }
}
