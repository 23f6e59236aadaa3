import Board
import Events
import Foundation
import Model

extension StoreError {
  /// The board's refusal as the store tells it.
  init(_ refusal: BoardRefusal) {
    let kind: Kind =
      switch refusal.code {
      case .notBoardMember, .notRepresentative, .notVoter, .notAuthor, .votedForAnother: .forbidden
      case .impactAwaited: .impactAwaited
      case .wrongState, .deadlinePassed: .proposalState
      case .outdated: .outdatedBase
      case .badDate, .nothingChanges, .notOnlyAdding, .tooFewVoters, .impossibleVote: .invalid
      case .noBoard, .renewed: .conflict
      }
    self.init(refusal, kind: kind)
  }

  /// The board's refusal, of a kind of its own.
  init(_ refusal: BoardRefusal, kind: Kind) {
    self.init(
      kind, path: refusal.path, refusal.message, fr: refusal.messageFR, accepted: refusal.accepted,
      problems: refusal.problems)
  }

  static func noProposal(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(
      .notFound, path: "id", "there is no draft or proposal \(id)", fr: "il n’existe ni brouillon ni proposition \(id)")
  }

  static func noVersion(_ number: Int64) -> StoreError {
    StoreError(
      .notFound, path: "version", "the policy has no version \(number)", fr: "la politique n’a pas de version \(number)"
    )
  }

  /// A text is not that of the version that it is said to bring back.
  static func notRestoring(_ version: Int64) -> StoreError {
    StoreError(
      .invalid, path: "restores", "the text is not that of version \(version)",
      fr: "le texte n’est pas celui de la version \(version)",
      accepted: "no text, or that of version \(version); without restores any other / sans restores, tout autre texte")
  }

  /// Two texts have changed the same.
  static func conflicting(_ conflicts: [MergeConflict], with version: Int64) -> StoreError {
    StoreError(
      .outdatedBase, path: conflicts.first?.path, "the draft and version \(version) change the same",
      fr: "le brouillon et la version \(version) changent la même chose",
      accepted: "PUT …?base=\(version)", problems: conflicts.map(\.problem))
  }

  /// Where a board decides, nobody applies a policy directly.
  static let boardDecides = StoreError(
    .boardDecides, path: "spec", "the policy in force has a board, which decides on the next one by a vote",
    fr: "la politique en vigueur a une instance, qui décide de la suivante par un vote",
    accepted: "POST /api/v1/policy/drafts; regie policy draft")

  /// Runs `body`, whose refusals are the board's.
  static func asking<Value>(_ body: () throws(BoardRefusal) -> Value) throws(StoreError) -> Value {
    do {
      return try body()
    } catch {
      throw StoreError(error)
    }
  }
}
