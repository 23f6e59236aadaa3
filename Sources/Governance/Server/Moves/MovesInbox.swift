import Foundation
import Store

/// What of migrations and moves may have to be looked at, and was not yet: pure, and bounded, since it falls back to looking at
/// everything that is under way.
struct MovesInbox: Sendable {
  /// What is to be looked at.
  struct Work: Sendable, Equatable {
    /// Whether all that is under way is looked at: notifications may have been lost.
    var everything = false
    /// Whether what has no place is looked at: something may have been freed.
    var placeless = false
    var moves: Set<UUID> = []
    var migrations: Set<UUID> = []

    var isEmpty: Bool { !everything && !placeless && moves.isEmpty && migrations.isEmpty }
  }

  /// From so many moves on, everything is looked at.
  static let mostMoves = 10_000

  private var work = Work(everything: true)

  /// Notifications arrive from now on; what came before is not known.
  mutating func reconnected() { work.everything = true }

  /// A notification.
  mutating func notified(_ channel: String, _ payload: String) {
    switch channel {
    case GovernanceStore.movesChannel:
      if let id = UUID(uuidString: payload) { work.moves.insert(id) }
      if work.moves.count > Self.mostMoves { reconnected() }
    case GovernanceStore.migrationsChannel:
      if let id = UUID(uuidString: payload) { work.migrations.insert(id) }
    default: work.placeless = true
    }
  }

  /// What is to be done; from now on it counts as done.
  mutating func take() -> Work {
    defer { work = Work() }
    return work
  }

  /// What was taken could not be done.
  mutating func putBack(_ other: Work) {
    work.everything = work.everything || other.everything
    work.placeless = work.placeless || other.placeless
    work.moves.formUnion(other.moves)
    work.migrations.formUnion(other.migrations)
  }
}
