extension Impact {
  /// The parts that an impact is read in.
  public enum Section: String, Codable, Sendable, CaseIterable {
    /// Replicas that would not comply.
    case nonCompliances = "non-compliances"
    /// Projects whose best region would be another one.
    case regionChanges = "region-changes"
    /// Projects that could no longer be placed.
    case unplaceable
    /// What regions may promise, before and after.
    case capacity
    /// Moves that compliance would require.
    case migrations
  }
}
