import ArgumentParser
import Contract
import Foundation
import Model
import Placement
import Policy

/// `regie simulate`: where projects would go, and what would change, offline.
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract:
      "Dire où iraient des projets, et ce qui changerait, sans service. / Say where projects would go, offline.",
    discussion: """
      Les projets sont vus dans l'ordre de leurs noms ; les placements donnés avec eux sont déjà là. Avec --against, la \
      politique ou l'offre d'aujourd'hui, ce qui change de l'une à l'autre. Toute qualification déclarée compte, reconnue \
      ou non.

      Codes de sortie : 0 tout est placé et conforme ; 1 sinon ; 2 fichiers illisibles ou incomplets.
      Exit codes: 0 all is placed and complies; 1 otherwise; 2 files that can not be read, or lack something.
      """)

  @OptionGroup var language: LanguageOption
  @OptionGroup var day: DayOption

  @Option(name: .long, help: "La politique. / The policy.")
  var policy: String

  @Option(name: .long, parsing: .upToNextOption, help: "L'offre : fichiers ou dossiers. / The offer: files or folders.")
  var offer: [String]

  @Option(
    name: .long, parsing: .upToNextOption,
    help: """
      Projets, placements, dérogations : fichiers ou dossiers ; sinon ceux qui sont avec l'offre. / Projects, placements, \
      derogations; else those that are with the offer.
      """)
  var projects: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "La politique ou l'offre d'aujourd'hui, à comparer. / Today's policy or offer, to compare with.")
  var against: [String] = []

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    let language = try language.language()
    let proposed = try OfflineFiles.read([policy])
    let offer = try OfflineFiles.read(offer)
    let projects = projects.isEmpty ? offer : try OfflineFiles.read(projects)
    let today = try OfflineFiles.read(against)
    for files in [proposed, offer, projects, today] { try files.requireSound(language) }
    let spec = try proposed.onlyPolicy(language)
    let subjects = Self.subjects(in: projects.resources)
    let proposal = Offer(offer.resources)
    let after = try simulation(spec, proposal, projects)
    guard !against.isEmpty else {
      let outcomes = after.outcomes(of: subjects)
      let note = DeclaredQualifications.note(on: proposal, in: language)
      Console.print(try output.render(outcomes) ?? SimulationText.render(outcomes, language, note: note))
      if outcomes.contains(where: { $0.outcome != .placed || $0.isBroken }) {
        throw ExitCode(ExitStatus.refused)
      }
      return
    }
    let present = today.holdsOffer ? Offer(today.resources) : proposal
    let before = try simulation(today.policies.isEmpty ? spec : try today.onlyPolicy(language), present, projects)
    let changes = after.changes(of: subjects, from: before)
    let note = DeclaredQualifications.note(on: proposal, present, in: language)
    Console.print(try output.render(changes) ?? SimulationText.render(changes, language, note: note))
    if changes.contains(where: { $0.after.outcome != .placed || $0.after.isBroken }) {
      throw ExitCode(ExitStatus.refused)
    }
  }

  private func simulation(_ policy: PolicySpec, _ offer: Offer, _ projects: OfflineFiles) throws -> Simulation {
    let derogations = projects.resources.compactMap { resource in
      if case .derogation(let derogation) = resource { derogation } else { nil }
    }
    let day = try day.chosen()
    return Simulation(
      offer: offer, policy: policy, derogations: derogations, day: day, now: DayOption.end(of: day))
  }

  /// The projects, each with its placements that are not removed.
  static func subjects(in resources: [AnyResource]) -> [Simulation.Subject] {
    var existing: [String: [ExistingPlacement]] = [:]
    for case .placement(let placement) in resources where placement.spec.phase != .removed {
      existing[placement.spec.project, default: []].append(ExistingPlacement(placement.spec))
    }
    return resources.compactMap { resource in
      guard case .project(let project) = resource else { return nil }
      return Simulation.Subject(project: project, existing: existing[project.name] ?? [])
    }
  }
}
