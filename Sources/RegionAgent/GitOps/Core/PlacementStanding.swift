public import Foundation

/// What a writer tells of one placement.
public struct PlacementNews: Sendable, Hashable {
  /// Where the repository is with it.
  public var standing: PlacementStanding
  /// Of which ``DesiredPlacement/attempt`` this is told.
  public var attempt: Int
  /// The branch's commit at which this was seen; nil before any look.
  public var head: String?

  /// News.
  public init(standing: PlacementStanding, attempt: Int = 0, head: String? = nil) {
    self.standing = standing
    self.attempt = attempt
    self.head = head
  }
}

/// Where the repository is with one placement.
public enum PlacementStanding: Sendable, Hashable {
  /// Not looked at yet, or on its way.
  case pending
  /// The branch shows exactly the decided state.
  case written
  /// To be removed; nothing is touched before this moment.
  case waiting(until: Date)
  /// To be removed, without a moment from which on it may be: nothing is touched.
  case undated
  /// Only the Namespace and its quota are left, without protection; they go at this moment, or when they may afterwards.
  case emptied(until: Date)
  /// To be removed; all of it stays, protected, since the Namespace may not go.
  case namespaceHeld
  /// Nothing of it is in the repository.
  case removed
  /// The repository shows a newer state than this writer knows: another one is ahead.
  case superseded(by: PlacementVersion)
  /// A file that is not Régie's stands in the way, at this path.
  case obstructed(path: String)
  /// The folder could not be rendered.
  case unrenderable(String)
}
