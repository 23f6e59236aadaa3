import Events
public import Foundation
import Model

extension StoreError {
  /// There is no such reservation, or none that may be known of.
  public static func noReservation(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(
      .notFound, path: "id", "there is no reservation \(id)", fr: "il n’existe pas de réservation \(id)")
  }

  /// `record` waits for its confirmation, and is not to be changed until then.
  static func reservationPending(_ record: PlacementRecord) -> StoreError {
    let (name, id) = (record.spec.environment, record.reservation?.uuidString.lowercased() ?? "?")
    return StoreError(
      .reservationPending, path: "project", "environment “\(name)” is held by reservation \(id)",
      fr: "l’environnement « \(name) » est tenu par la réservation \(id)",
      accepted: "confirm, cancel / confirmer, annuler")
  }

  /// A reservation is for what is new; `record` is there, and would be changed.
  static func notReservable(_ record: PlacementRecord) -> StoreError {
    let (name, cluster) = (record.spec.environment, record.spec.cluster)
    return StoreError(
      .conflict, path: "project", "environment “\(name)” has a placement on \(cluster), which this would change",
      fr: "l’environnement « \(name) » a sur \(cluster) un placement que ceci changerait",
      accepted: "POST /api/v1/placements")
  }

  /// The reservation can no longer be confirmed.
  static func ended(_ record: ReservationRecord) -> StoreError {
    let isCancelled = record.state == .cancelled
    let at = "\(record.cancelledAt ?? record.expiresAt)"
    return StoreError(
      .reservationEnded, path: "id", "the reservation \(isCancelled ? "was cancelled" : "expired") at \(at)",
      fr: "la réservation a \(isCancelled ? "été annulée" : "expiré") le \(at)",
      accepted: "POST /api/v1/reservations")
  }
}
