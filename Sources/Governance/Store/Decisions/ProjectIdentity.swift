import Foundation
import Model
import Postgres

/// The UUIDs that a project and its environments are known by: the console's, or minted once.
struct ProjectIdentity: Sendable {
  var projectID: UUID
  /// By environment name.
  var environmentIDs: [String: UUID]
  /// What environments have become that were moved, by their old names.
  var moved: [String: String] = [:]

  /// What is named after the identifiers: they change no more. What is only reserved is named when it is confirmed.
  struct Use: Sendable {
    /// The environments that have placements.
    var environments: Set<String>

    init(environments: Set<String>) { self.environments = environments }

    init(_ held: [PlacementRecord]) {
      environments = Set(held.filter { !$0.isUnconfirmed }.map(\.spec.environment))
    }
  }

  static func inUse(_ present: UUID, path: String) -> StoreError {
    let id = present.uuidString.lowercased()
    return StoreError(
      .conflict, path: path, "namespaces are named after another identifier, \(id)",
      fr: "des espaces de noms portent déjà un autre identifiant, \(id)", accepted: id)
  }
}
