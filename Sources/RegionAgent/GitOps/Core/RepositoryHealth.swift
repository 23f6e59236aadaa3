/// What a writer knows of its repository as a whole.
public struct RepositoryHealth: Sendable, Hashable {
  /// The branch's commit when it was last seen to show what is wanted.
  public var head: String?
  /// What stands in the way; nil while nothing does.
  public var fault: GitFailure?
  /// Paths below Régie's own that are not Régie's: told, never touched. The first ones in the order of paths.
  public var foreign: [String] = []
  /// How many more there are.
  public var foreignOmitted = 0
  /// Folders of placements that are not known here: kept. The first ones in the order of paths.
  public var unknownFolders: [String] = []
  /// How many more there are.
  public var unknownOmitted = 0

  /// How many paths are named.
  public static let longestList = 50

  /// Nothing is known.
  public init() {}
}
