import Foundation
import Migration
import Model

extension StoreError {
  /// The refusal of the rules of moves as the store tells it.
  init(_ refusal: MigrationRefusal) {
    let kind: Kind =
      switch refusal.code {
      case .notYours: .forbidden
      case .badText, .badNumber, .wrongName: .invalid
      case .wrongStep, .paused, .blocked, .notOpen, .notDone, .blackout, .noWayBack: .migrationState
      case .planMoved: .planOutdated
      }
    let text = refusal.sentence
    self.init(kind, path: refusal.path, text.en ?? text.fr, fr: text.fr, accepted: refusal.accepted)
  }

  /// Of another's move it is not even told whether it is there.
  static func noMove(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(.notFound, path: "id", "there is no move \(id)", fr: "il n’existe pas de déplacement \(id)")
  }

  /// There is no such migration, or none that may be known of.
  static func noMigration(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(.notFound, path: "id", "there is no migration \(id)", fr: "il n’existe pas de migration \(id)")
  }

  /// An environment that was moved is not placed anew under its old name.
  static func wasMoved(_ environment: String, to next: String) -> StoreError {
    StoreError(
      .conflict, path: "spec.environments", "environment “\(environment)” was moved: it is “\(next)” now",
      fr: "l’environnement « \(environment) » a migré : c’est maintenant « \(next) »", accepted: next)
  }

  /// Runs `body`, whose refusals are those of moves.
  static func moving<Value>(_ body: () throws(MigrationRefusal) -> Value) throws(StoreError) -> Value {
    do {
      return try body()
    } catch {
      throw StoreError(error)
    }
  }
}

extension StoreError {
  /// Why no plan is made at all, as the store tells it.
  init(_ error: PlanningError) {
    let (kind, path, fr): (Kind, String, String) =
      switch error {
      case .unknown(let kind, let name, _): (.invalid, "scope", "il n’y a pas de \(kind) « \(name) »")
      case .repeatedProject(let name): (.conflict, "scope", "le projet « \(name) » est donné deux fois")
      case .alreadyMoving(let one, let replica):
        (
          .conflict, "scope",
          "la réplique \(replica) de « \(one.environment) » du projet « \(one.project) » est en deux lieux"
        )
      case .tooMany(let moves, let accepted):
        (.invalid, "scope", "\(moves) déplacements sont demandés ; au plus \(accepted)")
      case .tooLarge(let placement, let accepted):
        (
          .invalid, "scope",
          "le placement \(placement.uuidString.lowercased()) tient plus que quiconque ; au plus \(accepted)"
        )
      case .limit(let name, let value, let accepted): (.invalid, name, "\(name) vaut \(value) ; accepté : \(accepted)")
      case .tooLong(let list, let count, let accepted):
        (.invalid, "limits.\(list)", "\(count) sont donnés ; au plus \(accepted)")
      case .daysNotAscending(let day): (.invalid, "limits.days", "\(day) ne suit pas le jour qui le précède")
      case .blackoutsWithoutDays: (.invalid, "limits.blackouts", "des périodes de gel sont données sans jours")
      case .blackoutEndsFirst(let from, let until):
        (.invalid, "limits.blackouts", "une période de gel du \(from) finit le \(until)")
      case .circle(let environments):
        (
          .invalid, "limits.dependencies",
          "des environnements s’attendent l’un l’autre : "
            + environments.map { "\($0.project)/\($0.environment)" }.joined(separator: " → ")
        )
      }
    self.init(kind, path: path, error.description, fr: fr)
  }
}
