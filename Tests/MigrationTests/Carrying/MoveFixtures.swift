import Events
import Foundation
import Model

@testable import Migration

enum Moves {
  static let body = MigrationActor("oidc:body", as: [.serviceBody])
  static let team = MigrationActor("oidc:team", as: [.projectTeam])
  static let target = MigrationActor("oidc:target", as: [.targetOperator])
  static let source = MigrationActor("oidc:source", as: [.sourceOperator])
  static let nobody = MigrationActor("system", as: [])

  static let start = Timestamp(microseconds: 1_780_000_000_000_000)
  static let day: Int64 = 86_400_000_000
  static let placement = UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1))
  static let other = UUID(uuid: (0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 2))

  static func terms(isEmergency: Bool = false, isInConsole: Bool = false) -> MigrationTerms {
    MigrationTerms(
      project: "ccaf", environment: "prod", targetEnvironment: "prodb", source: placement, isEmergency: isEmergency,
      isInConsole: isInConsole)
  }

  static func move(_ terms: MigrationTerms = terms()) -> EnvironmentMigration {
    EnvironmentMigration(placement, terms, at: start)
  }
}

/// A move with a hand-driven world around it.
final class MoveRig {
  var move: EnvironmentMigration
  var now = Moves.start
  private(set) var notices: [MigrationNotice] = []
  private(set) var refusal: MigrationRefusal?

  init(_ terms: MigrationTerms = Moves.terms()) { move = Moves.move(terms) }

  /// Another one that stands where this one does.
  func copy() -> MoveRig {
    let copy = MoveRig(move.terms)
    (copy.move, copy.now) = (move, now)
    return copy
  }

  /// - Returns: whether it was not refused.
  @discardableResult
  func feed(_ event: MigrationEvent, by actor: MigrationActor = Moves.body, after days: Double = 0) -> Bool {
    now = now.adding(Int64(days * Double(Moves.day)))
    let before = move
    do {
      notices = try move.handle(event, by: actor, at: now)
      refusal = nil
      return true
    } catch {
      precondition(move == before, "what is refused changes nothing")
      (refusal, notices) = (error, [])
      return false
    }
  }

  /// A copy is seen as it is wanted, or otherwise.
  @discardableResult
  func see(_ side: MigrationSide, _ phase: PlacementPhase? = nil, faults: [String] = []) -> Bool {
    feed(.observed(side, .init(phase ?? move.wanted[side] ?? .active, faults: faults)), by: Moves.nobody)
  }

  func finish(_ kinds: MigrationTask.Kind...) {
    for kind in kinds { feed(.done(kind, evidence: "seen")) }
  }

  /// Goes on to a step by the shortest way.
  func bring(to step: MigrationStep) {
    let isLost = move.isSourceLost
    let way: [(MigrationStep, (MoveRig) -> Void)] = [
      (
        .approved,
        { rig in
          rig.feed(.approved(.projectTeam), by: Moves.team)
          rig.feed(.approved(.targetOperator), by: Moves.target)
          rig.feed(.approved(.serviceBody))
        }
      ),
      (.preparingTarget, { $0.feed(.started(changes: [])) }),
      (
        .targetReady,
        { rig in
          rig.feed(.placed(Moves.other), by: Moves.nobody)
          rig.finish(.createEnvironment)
          rig.see(.target)
        }
      ),
      (.firstCopy, { $0.finish(.firstCopy) }),
      (.writesStopped, { $0.finish(.stopWrites) }),
      (
        .finalCopy,
        { rig in
          rig.see(.source)
          rig.finish(.finalCopy)
        }
      ),
      (
        .cutOver,
        { rig in
          rig.finish(.secrets, .values, .flows, .restoreBackup)
          rig.feed(.cutOverBegins)
          rig.finish(.switchNames)
        }
      ),
      (.verified, { $0.finish(.verify) }),
      (.drainingSource, { rig in rig.feed(.clock, after: 31) }),
      (
        .removed,
        { rig in
          rig.finish(.emptySource, .dashboards)
          rig.feed(.removalConfirmed(typed: "prod"))
          rig.see(.source)
        }
      ),
      (.done, { $0.finish(.removeEnvironment) }),
    ]
    let copies: Set<MigrationStep> = [.firstCopy, .writesStopped, .finalCopy]
    for (next, go) in way where move.step != step && !(isLost && copies.contains(next)) {
      if !move.step.isAtLeast(next) { go(self) }
    }
  }
}
