public import Foundation
import Model

/// The identifiers under which the console has created what was reserved.
public struct ConfirmationRequest: Codable, Sendable, Hashable {
  /// The project's.
  public var projectID: UUID
  /// Those of the environments that are reserved, by name: all of them, and no other.
  public var environmentIDs: [String: UUID]

  /// A confirmation.
  public init(projectID: UUID, environmentIDs: [String: UUID]) {
    self.projectID = projectID
    self.environmentIDs = environmentIDs
  }
}

extension ConfirmationRequest {
  /// Whether these are the identifiers that a confirmed reservation has.
  func agrees(with record: ReservationRecord) -> Bool {
    record.placements.allSatisfy {
      $0.spec.projectID == projectID && $0.spec.environmentID == environmentIDs[$0.spec.environment]
    }
  }

  /// - Throws: ``StoreError`` of kind `invalid` unless each environment that is reserved has an identifier of its own,
  ///   and no other environment has one.
  func check(against record: ReservationRecord) throws(StoreError) {
    let reserved = Set(record.placements.map(\.spec.environment))
    let accepted = reserved.sorted().joined(separator: ", ")
    for name in environmentIDs.keys.sorted() where !reserved.contains(name) {
      throw StoreError(
        .invalid, path: "environmentIDs.\(name)", "the reservation is not for this environment",
        fr: "la réservation ne porte pas sur cet environnement", accepted: accepted)
    }
    for name in reserved.sorted() where environmentIDs[name] == nil {
      throw StoreError(
        .invalid, path: "environmentIDs.\(name)", "the environment has no identifier",
        fr: "l’environnement n’a pas d’identifiant", accepted: accepted)
    }
    guard Set(environmentIDs.values).count == environmentIDs.count else {
      throw StoreError(
        .invalid, path: "environmentIDs", "two environments have one identifier",
        fr: "deux environnements ont le même identifiant", accepted: "UUID × \(environmentIDs.count)")
    }
  }
}
