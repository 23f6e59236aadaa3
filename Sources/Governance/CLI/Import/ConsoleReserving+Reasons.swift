import Contract
import Foundation
import Model
import Placement

/// What is said of an environment that is not in the ledger, or not as the console has it.
extension ConsoleReserving {
  /// What Régie has of a project otherwise than the facts: who may be where it runs is decided by these, and a reservation
  /// is of the document that is stored.
  func differences(_ known: Resource<ProjectSpec>, _ project: Resource<ProjectSpec>) -> [String] {
    let (there, here) = (known.spec, project.spec)
    let fields = [
      ("organisation", "organisation", there.organisation, here.organisation),
      ("public", "audience", there.audience.rawValue, here.audience.rawValue),
      ("classes de données", "data classes", Self.list(there.dataClasses), Self.list(here.dataClasses)),
    ]
    return fields.filter { $0.2 != $0.3 }.map { french, english, there, here in
      text("\(french) : Régie a \(there), les faits \(here)", "\(english): Régie has \(there), the facts \(here)")
    }
  }

  private static func list(_ names: [String]) -> String { Set(names).sorted().joined(separator: ", ") }

  /// What the ledger has otherwise than the console.
  func differences(_ known: PlacementSpec, _ one: Running) -> [String] {
    guard known.cluster == one.cluster, known.environmentID == one.environment.consoleID else {
      return [
        text(
          "Régie le connaît sur \(known.cluster), ou sous un autre identifiant",
          "Régie knows it on \(known.cluster), or under another identifier")
      ]
    }
    return differences(stage: known.stage, known.quota, one)
  }

  /// What Régie has otherwise than the console, of what the console says.
  func differences(stage: String, _ quota: ResourceList, _ one: Running) -> [String] {
    var reasons: [String] = []
    let name = one.environment.stage
    if stage != name {
      reasons.append(
        text(
          "Régie le connaît au stade \(stage), la console à \(name)", "Régie has stage \(stage), the console \(name)"))
    }
    let (known, wanted) = (ResourceAmounts(quota), ResourceAmounts(one.environment.quota))
    for (resource, there, here) in [
      (CountedResource.cpu, quota.cpu, one.environment.quota.cpu),
      (.memory, quota.memory, one.environment.quota.memory), (.gpu, quota.gpu, one.environment.quota.gpu),
    ] where known[resource] != wanted[resource] {
      let (there, here) = (there?.description ?? "0", here?.description ?? "0")
      reasons.append(
        text(
          "Régie compte \(there) de \(resource.rawValue), la console \(here)",
          "Régie has \(there) of \(resource.rawValue), the console \(here)"))
    }
    return reasons
  }

  /// What the cluster that it runs on says, or what is said of the project.
  func reasons(_ explanation: ExplanationView, _ one: Running) -> [String] {
    let candidate = explanation.environments.first { $0.environment == one.environment.name }?.candidates
      .first { $0.cluster == one.cluster }
    let said = (candidate?.reasons ?? []).map(\.sentence) + explanation.reasons.map(\.sentence)
    return said.isEmpty ? [explanation.outcome.rawValue] : said
  }

  func elsewhere(
    _ reservation: ReservationView, _ explanation: ExplanationView, _ one: Running
  ) -> [String] {
    let there = Set(reservation.places.map(\.cluster)).sorted().joined(separator: ", ")
    let said =
      explanation.environments.first { $0.environment == one.environment.name }?.candidates
      .first { $0.cluster == one.cluster }?.reasons.map(\.sentence) ?? []
    return said + [text("Régie le placerait sur \(there)", "Régie would place it on \(there)")]
  }

  func text(_ french: String, _ english: String) -> String { client.language == .fr ? french : english }
}
