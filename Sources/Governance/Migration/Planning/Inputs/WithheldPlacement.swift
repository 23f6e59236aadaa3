public import Foundation
import Placement

/// A placement that no plan moves, whatever room there is: it is told as blocked where the scope means it.
public struct WithheldPlacement: Codable, Sendable, Hashable {
  /// The placement's identifier.
  public var id: UUID
  /// The project's name.
  public var project: String
  /// The environment's name.
  public var environment: String
  /// Which replica, from 0.
  public var replica: Int
  /// The cluster that it is on.
  public var cluster: String
  /// What withholds it.
  public var cause: BlockedMove.Cause
  /// Whether it is the source of a move whose target was verified: its users are there, and nothing waits for it any
  /// more, however long it is kept.
  public var hasMoved: Bool

  /// A placement that is withheld.
  public init(
    id: UUID, project: String, environment: String, replica: Int, cluster: String, cause: BlockedMove.Cause,
    hasMoved: Bool = false
  ) {
    self.id = id
    self.project = project
    self.environment = environment
    self.replica = replica
    self.cluster = cluster
    self.cause = cause
    self.hasMoved = hasMoved
  }
}

extension BlockedMove {
  /// What is withheld, as a plan tells it. Nobody has judged it, so that nothing says that it may not stay.
  init(_ withheld: WithheldPlacement) {
    self.init(
      source: withheld.id, project: withheld.project, environment: withheld.environment, replica: withheld.replica,
      cluster: withheld.cluster, mayStay: true, cause: withheld.cause, reasons: [], lost: [])
  }
}
