import Events
import Foundation

/// What a decision is made for.
enum DecisionPurpose: Sendable, Hashable {
  /// Placements that are published at once, under identifiers minted here.
  case place
  /// A reservation that waits so long for the console's identifiers.
  case reserve(ttlSeconds: Int64)

  /// What is held until it is confirmed; nil for what is placed at once.
  func hold(id: () -> UUID, at now: Timestamp) -> Hold? {
    guard case .reserve(let ttlSeconds) = self else { return nil }
    return Hold(id: id(), expiresAt: Timestamp(microseconds: now.microseconds + ttlSeconds * 1_000_000))
  }
}

/// What ties the reservations of one request together, and until when.
struct Hold: Sendable, Hashable {
  var id: UUID
  var expiresAt: Timestamp
}
