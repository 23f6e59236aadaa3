import Events
import Foundation
import Model
public import Placement

/// What has become of projects that were decided on together.
public struct TogetherOutcome: Sendable {
  /// What has become of one of them.
  public struct Entry: Sendable {
    /// The project's name.
    public var project: String
    /// Its decision, or why there is none.
    public var result: Result<TogetherDecision, any Error>
  }

  /// In the order of the requests.
  public var entries: [Entry]
  /// Whether this is the stored answer to an earlier request with the same key. Of requests that stand by themselves,
  /// each decision says so for itself.
  public var isReplay: Bool

  /// The decisions that were made, in the order of the requests.
  public var decisions: [TogetherDecision] { entries.compactMap { try? $0.result.get() } }
}

/// The decision on one of the projects that were decided on together.
public struct TogetherDecision: Codable, Sendable, Hashable {
  /// The decision that holds for the project now.
  public var decision: DecisionSummary
  /// The project's placements after it; none that are only reserved or were removed.
  public var placements: [PlacementRecord]
  /// Replicas that may not stay where they are.
  public var pendingMoves: [DecisionOutcome.PendingMove]
  /// Whether any placement was changed.
  public var changed: Bool
  /// Whether every replica went where it was planned to go. Always so where all or nothing was asked for.
  public var isAsPlanned: Bool
  /// Whether this is the stored answer to an earlier request with the same key.
  public var isReplay: Bool
}

extension TogetherDecision {
  init(_ outcome: DecisionOutcome, isAsPlanned: Bool) {
    self.init(
      decision: outcome.decision, placements: outcome.placements, pendingMoves: outcome.pendingMoves,
      changed: outcome.changed, isAsPlanned: isAsPlanned, isReplay: outcome.isReplay)
  }

  init(_ stored: StoredAnswer) {
    self.init(
      decision: stored.decision, placements: stored.placements, pendingMoves: stored.pendingMoves,
      changed: stored.changed, isAsPlanned: true, isReplay: false)
  }
}

/// Why none of the projects was decided on that were to be placed all or not at all: the first of them that could not be.
public struct TogetherRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is in the way.
  public enum Cause: Sendable, Hashable {
    /// It has no place any more where it was planned to go: this is what the engine says to that.
    case planLost([Reason])
    /// It is refused by itself.
    case refused(StoreError)
  }

  /// The project's name.
  public var project: String
  /// Its place in what was asked, from 0.
  public var position: Int
  /// What is in the way.
  public var cause: Cause

  /// The same as the store says it; the path is `projects[…]`, followed by the field at fault where there is one.
  public var asStoreError: StoreError {
    switch cause {
    case .planLost(let reasons):
      let sentences = reasons.map(\.sentence)
      return StoreError(
        .conflict, path: "projects[\(position)]",
        """
        “\(project)” can not go any more where it was planned to; nothing was decided. \
        \(sentences.map { $0.en ?? $0.fr }.joined(separator: " "))
        """,
        fr: """
          « \(project) » ne peut plus aller là où c’était prévu ; rien n’a été décidé. \
          \(sentences.map(\.fr).joined(separator: " "))
          """,
        accepted: "the batch, planned again")
    case .refused(let error):
      return StoreError(
        error.kind, path: "projects[\(position)]" + (error.path.map { ".\($0)" } ?? ""),
        "“\(project)”: \(error.message); nothing was decided",
        fr: "« \(project) » : \(error.messageFR) ; rien n’a été décidé", accepted: error.accepted,
        problems: error.problems)
    }
  }

  /// One English line.
  public var description: String { asStoreError.description }
}
