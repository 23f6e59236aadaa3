import ArgumentParser
import Board
import Contract
import Events
import Model
import NIOHTTP1

/// The versions of one thing.
enum HistoryText {
  /// Asks for them, and prints them. A policy has versions of its own.
  static func show(_ kind: Kind, _ name: String, _ client: APIClient, _ output: OutputFormat) async throws {
    switch kind {
    case .operator, .chain, .region, .zone, .cluster:
      let versions: [ResourceVersionView] = try await client.all(
        "/api/v1/\(kind.plural)/\(APIClient.part(name))/history")
      Console.print(try output.render(versions) ?? table(versions, client.language))
    case .policy:
      let versions: [PolicyVersionView] = try await client.all("/api/v1/policy/versions")
      Console.print(try output.render(versions) ?? table(versions, client.language))
    case .project, .derogation, .placement, .migration, .flowRequest:
      throw ValidationError(
        "--history : operators, chains, regions, zones, clusters, policies ; voir / see also regie audit")
    }
  }

  static func table(_ versions: [ResourceVersionView], _ language: Language) -> String {
    var table = Table(
      language == .fr
        ? ["NUMÉRO", "QUAND", "CE QUI S’EST PASSÉ", "GÉNÉRATION", "PAR"]
        : ["NUMBER", "WHEN", "WHAT HAPPENED", "GENERATION", "BY"])
    for version in versions {
      table.add(
        String(version.number), version.at.description, version.change.rawValue,
        version.resource.metadata.generation.map(String.init) ?? "–", version.principal ?? "–")
    }
    return table.render()
  }

  private static func table(_ versions: [PolicyVersionView], _ language: Language) -> String {
    var table = Table(
      language == .fr
        ? ["VERSION", "EN VIGUEUR DEPUIS", "ORIGINE", "PAR"] : ["VERSION", "IN FORCE FROM", "ORIGIN", "BY"])
    for version in versions {
      table.add(
        String(version.version), version.effectiveAt.description, version.origin.rawValue,
        version.principal ?? "–")
    }
    return table.render()
  }
}
