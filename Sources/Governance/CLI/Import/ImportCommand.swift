import ArgumentParser
import Contract
import Foundation
import Model
import Placement
import Policy

/// `regie import`: what others know, as resources.
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Reprendre ce que d'autres savent. / Take over what others know.",
    subcommands: [ImportConsole.self])
}

/// `regie import console`: the console's zones, clusters, projects and environments, offline.
struct ImportConsole: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "console",
    abstract:
      "Reprendre la console : ce qui manque pour décider, et ce qui ne serait pas conforme. / Import the console.",
    discussion: """
      Le dossier contient zones.json, stages.json, clusters.json, projects.json et environments.json, comme l'API de la \
      console les donne. Ce que la console ne sait pas (région, sensibilité, centres de données, organisation, public, \
      classes de données) vient du fichier --facts. Avec --offer (opérateurs, régions, chaînes), ce que les faits nomment y \
      est cherché, et ce qui y est déjà, zones et clusters, garde son nom et tout ce dont ni la console ni les faits \
      ne disent rien ; avec --policy de plus, ce qui tourne déjà est jugé là où il est, et toute qualification déclarée \
      compte, reconnue ou non. Avec --reserve, ce qui est complet est demandé au service (clusters et \
      politique appliqués avant) : réservé là où il tourne et confirmé avec les identifiants de la console, ou refusé \
      avec les raisons, aussi hors des modes adopt et observe ; rien ne bouge, et recommencer ne change rien.

      Codes de sortie : 0 rien ne manque, tout est conforme et réservé ; 1 sinon ; 2 fichiers illisibles ou incomplets.
      Exit codes: 0 nothing is missing, all complies and is reserved; 1 otherwise; 2 files that can not be read, or lack
      something.
      """)

  @OptionGroup var language: LanguageOption
  @OptionGroup var day: DayOption

  @Argument(help: "Le dossier. / The folder.")
  var folder: String

  @Option(name: .long, help: "Ce que la console ne sait pas, en YAML. / What the console does not know, as YAML.")
  var facts: String?

  @Option(name: .long, help: "La politique. / The policy.")
  var policy: String?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "L'offre déjà déclarée : fichiers ou dossiers. / What is on offer already: files or folders.")
  var offer: [String] = []

  @Option(name: .long, help: "Où écrire ce qui est complet, pour « regie apply ». / Where to write what is complete.")
  var resources: String?

  @Flag(
    name: .long,
    help:
      "Réserver là où il tourne ce qui tourne déjà, et le confirmer. / Reserve what runs where it runs, and confirm it."
  )
  var reserve = false

  @Option(name: .long, help: "Adresse du service, avec --reserve (REGIE_SERVER). / The service's address.")
  var server: String?

  @Option(name: .long, help: "Contexte du fichier de configuration, avec --reserve (REGIE_CONTEXT). / A context.")
  var context: String?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard reserve || (server == nil && context == nil) else {
      throw ValidationError("--server, --context : attendus avec --reserve / expected with --reserve")
    }
    guard policy == nil || !offer.isEmpty else {
      throw ValidationError("--policy : attendu avec --offer / expected with --offer")
    }
  }

  func run() async throws {
    try await reporting { try await take() }
  }

  private func take() async throws {
    let language = try language.language()
    let (export, facts) = try read(language)
    let offer = try offered(language)
    let client = try reserve ? self.client() : nil
    var (declared, failure): ([Resource<ClusterSpec>], (any Error)?) = ([], nil)
    if let client {
      // Where the service does not say, what can be told without it is told all the same.
      do { declared = try await clusters(client) } catch { failure = error }
    }
    let imported = ConsoleImport(export, facts, on: offer.map { Offer($0) }, declared: declared)
    let outcomes = try judge(imported, on: offer ?? [], language)
    if let resources {
      let text = try imported.resources.map { try YAMLWriter.text($0) }.joined(separator: "---\n")
      try Data(text.utf8).write(to: URL(filePath: resources), options: .atomic)
    }
    var report = ConsoleImportReport(imported, outcomes)
    if let client { failure = await reserve(imported, ConsoleReserving(client: client), into: &report, after: failure) }
    Console.print(try output.render(report) ?? report.text(language))
    if let failure { throw failure }
    if !report.isSound { throw ExitCode(ExitStatus.refused) }
  }

  private func read(_ language: Language) throws -> (ConsoleExport, ConsoleFacts) {
    do {
      let export = try ConsoleExport.read(folder: folder)
      guard let facts else { return (export, ConsoleFacts()) }
      guard let data = FileManager.default.contents(atPath: facts) else {
        throw ValidationError("\(facts) : fichier absent ou illisible / missing, or can not be read")
      }
      do throws(DocumentErrors) {
        return (export, try DocumentText(String(decoding: data, as: UTF8.self)).decode())
      } catch {
        for problem in error.problems { Console.note(LintLine(problem, in: facts).text(language)) }
        throw ExitCode(ExitStatus.unreadable)
      }
    } catch let error as ValidationError {
      Console.note("regie: \(error.message)")
      throw ExitCode(ExitStatus.unreadable)
    }
  }

  private func client() throws -> APIClient {
    let given = [("--server", server), ("--context", context), ("--lang", language.lang)]
    return try ClientOptions.parse(given.flatMap { name, value in value.map { [name, $0] } ?? [] }).client()
  }

  /// The clusters that the service tells of: they keep the names that they have there.
  private func clusters(_ client: APIClient) async throws -> [Resource<ClusterSpec>] {
    try await client.resources(.cluster).items.compactMap { view in
      if case .cluster(let cluster) = view.resource { cluster } else { nil }
    }
  }

  /// What already runs, asked of the service, project by project.
  ///
  /// - Parameter earlier: what broke it off before anything was asked for.
  /// - Returns: what broke it off: then what came behind is told as not asked for.
  private func reserve(
    _ imported: ConsoleImport, _ reserving: ConsoleReserving, into report: inout ConsoleImportReport,
    after earlier: (any Error)?
  ) async -> (any Error)? {
    var (outcomes, failure): ([ConsoleReserving.Outcome], (any Error)?) = ([], earlier)
    for subject in imported.subjects.sorted(by: { $0.project.name < $1.project.name }) where !subject.existing.isEmpty {
      let running = imported.running(of: subject)
      if failure == nil {
        let taken = await reserving.reserve(subject.project, running)
        outcomes += taken.outcomes
        failure = taken.failure
        if taken.isMarked { report.marked = (report.marked ?? []) + [subject.project.name] }
      } else {
        outcomes += running.map { ConsoleReserving.Outcome($0, of: subject.project, .notAsked) }
      }
    }
    report.reserved = outcomes
    return failure
  }

  /// What is on offer, where somebody says it.
  private func offered(_ language: Language) throws -> [AnyResource]? {
    guard !offer.isEmpty else { return nil }
    let files = try OfflineFiles.read(offer)
    try files.requireSound(language)
    return files.resources
  }

  /// What already runs, where it is; nil where there is nothing to judge it by.
  private func judge(
    _ imported: ConsoleImport, on offer: [AnyResource], _ language: Language
  ) throws -> [SimulatedProject]? {
    guard let policy else { return nil }
    let proposed = try OfflineFiles.read([policy])
    try proposed.requireSound(language)
    let day = try day.chosen()
    let simulation = Simulation(
      offer: Offer(imported.resources + offer), policy: try proposed.onlyPolicy(language), day: day,
      now: DayOption.end(of: day))
    return simulation.outcomes(of: imported.subjects)
  }
}
