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
      // What was decided counts, and of what was not the plan.
      guard view.entries.allSatisfy({ $0.commit?.placed ?? ($0.status == .placed) }), !commit || view.committed else {
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
      let decision = entry.commit.map { commit in
        let id =
          wide ? commit.decision.uuidString.lowercased() : String(commit.decision.uuidString.prefix(8)).lowercased()
        return commit.asPlanned ? id : "\(id) (!)"
      }
      table.add(
        entry.project, status(entry, dryRun: view.dryRun, french: french), places(of: entry) ?? "-",
        entry.problem?.detail ?? why(entry, language), decision ?? "-")
    }
    return [BasisText.render(view.basis, language: language), summary(view, french: french), "", table.render()]
      .joined(separator: "\n")
  }

  /// Where it is, or goes: as planned, where it was not decided otherwise; nil where that is not known, or is nowhere.
  private static func places(of entry: BatchView.Entry) -> String? {
    guard !entry.places.isEmpty else { return nil }
    if let commit = entry.commit {
      // Beside a stored answer the plan is that of now: where something is by now, it may have been moved to since.
      guard commit.asPlanned, !commit.replayed else { return nil }
    }
    return plannedPlaces(entry)
  }

  private static func plannedPlaces(_ entry: BatchView.Entry) -> String {
    entry.places.map { place in
      "\(place.environment)\(place.replica == 0 ? "" : "/\(place.replica)"): \(place.cluster)"
    }.joined(separator: ", ")
  }

  /// That it did not go as planned, or else the first reason, how many more there are, and how they go together.
  private static func why(_ entry: BatchView.Entry, _ language: Language) -> String {
    if let commit = entry.commit, !commit.asPlanned {
      // The places of a stored answer are those of now.
      let places = commit.replayed ? "" : plannedPlaces(entry)
      let planned = places.isEmpty ? "" : " (\(places))"
      return language == .fr
        ? "n’a pu aller où c’était prévu\(planned) : regie explain \(entry.project)"
        : "could not go where it was planned to\(planned): regie explain \(entry.project)"
    }
    // Those beside a stored answer are of now, too.
    guard entry.commit?.replayed != true, let first = entry.reasons.first else { return "-" }
    let more = entry.reasons.count > 1 ? " (+\(entry.reasons.count - 1))" : ""
    let conflict = ExplanationText.conflict(entry.conflict, of: entry.reasons, language)
    return first.sentence + more + (conflict.map { " " + $0 } ?? "")
  }

  private static func summary(_ view: BatchView, french: Bool) -> String {
    guard !view.dryRun else { return plan(view, french ? "placés" : "placed", french: french) }
    let count = "\(view.entries.count { $0.commit?.asPlanned == true })/\(view.entries.count)"
    let decided = french ? "décidés comme prévu : \(count)" : "decided as planned: \(count)"
    // Nothing is decided on a name that is given once more.
    let told = view.entries.filter { $0.status != .repeated }
    // All of it was decided before, by another plan than that of now.
    if !told.isEmpty, told.allSatisfy({ $0.commit?.replayed == true }) { return decided }
    return plan(view, french ? "prévus" : "planned", french: french) + "\n" + decided
  }

  /// What the search has found, before anything was decided.
  private static func plan(_ view: BatchView, _ verb: String, french: Bool) -> String {
    let counts = "\(view.value.placed)/\(view.entries.count) \(verb)"
    let best = view.bound.placed
    switch (view.outcome, french) {
    case (.optimal, true): return "\(counts) : rien de mieux n'est possible"
    case (.optimal, false): return "\(counts): nothing better is possible"
    case (.undecided, true):
      let nodes = Counted.fr(view.nodes, "nœud", "nœuds")
      return "\(counts), une proposition : au plus \(best) ; recherche arrêtée à \(nodes)"
        + (view.isExhausted == true ? view.nodes < 2 ? ", épuisé (--budget)" : ", qui étaient épuisés (--budget)" : "")
    case (.undecided, false):
      return "\(counts), a proposal: \(best) at most; the search ended at \(Counted.en(view.nodes, "node", "nodes"))"
        + (view.isExhausted == true ? ", for it had no more (--budget)" : "")
    case (.unplaceable, true): return "tous ne tiennent pas : aucun n'est placé"
    case (.unplaceable, false): return "not all fit: none is placed"
    }
  }

  /// What has become of a project: its decision says so, and not the plan. Where one was asked for and none was made,
  /// what has a place is only planned.
  private static func status(_ entry: BatchView.Entry, dryRun: Bool, french: Bool) -> String {
    if let commit = entry.commit {
      guard commit.placed else { return french ? "non placé" : "not placed" }
      return commit.asPlanned ? name(.placed, french: french) : french ? "placé autrement" : "placed otherwise"
    }
    let isOnlyPlanned = !dryRun && entry.status == .placed
    return isOnlyPlanned ? (french ? "prévu, non décidé" : "planned, not decided") : name(entry.status, french: french)
  }

  private static func name(_ status: BatchEntry.Status, french: Bool) -> String {
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
