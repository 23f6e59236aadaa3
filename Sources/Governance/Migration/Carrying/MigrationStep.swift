/// How far the move of one environment has come. The names are of what was reached, and what is done next follows.
public enum MigrationStep: String, Codable, Sendable, CaseIterable {
  /// It is to be approved.
  case planned
  /// Everybody who has to agree has agreed.
  case approved
  /// The target is being made.
  case preparingTarget
  /// The target is there, with its quota in force, and nothing speaks against it.
  case targetReady
  /// The data was copied a first time, while the source goes on writing.
  case firstCopy
  /// The application writes no more: there is evidence of it. The source is frozen from here on.
  case writesStopped
  /// What was written since the first copy was copied too, and compared.
  case finalCopy
  /// Whoever uses the application uses the target.
  case cutOver
  /// The team has seen that all is well there.
  case verified
  /// The source is to be emptied by its team, and goes once somebody has confirmed it.
  case drainingSource
  /// The source was seen to be gone.
  case removed
  /// There is nothing left to do.
  case done

  /// The source is to be what it was, and then the target goes.
  case rollingBack
  /// The source is what it was, and there is no target any more.
  case rolledBack
  /// Somebody has given it up as it stands: both copies stay as they are.
  case failed

  /// Whether nothing follows any more.
  public var isEnd: Bool { self == .done || self == .rolledBack || self == .failed }

  /// The place on the way forward; nil off it.
  var place: Int? { Self.way.firstIndex(of: self) }

  /// Whether the way forward has come at least as far as `other`; false off the way.
  func isAtLeast(_ other: MigrationStep) -> Bool {
    guard let place, let there = other.place else { return false }
    return place >= there
  }

  private static let way: [MigrationStep] = [
    .planned, .approved, .preparingTarget, .targetReady, .firstCopy, .writesStopped, .finalCopy, .cutOver, .verified,
    .drainingSource, .removed, .done,
  ]
}
