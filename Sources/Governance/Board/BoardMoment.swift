public import Events

/// What the board's rules look at besides the proposal: the database's clock, who is an operator, the policy's versions.
public struct BoardMoment: Sendable, Hashable {
  /// Now, by the database's clock.
  public var at: Timestamp
  /// The operators that there are.
  public var operators: [String]
  /// The version in force and those that have their date already.
  public var line: VersionLine

  /// A moment.
  public init(at: Timestamp, operators: [String], line: VersionLine) {
    self.at = at
    self.operators = operators
    self.line = line
  }
}

extension Timestamp {
  /// So many days of 24 hours later.
  func adding(days: Int) -> Timestamp { Timestamp(microseconds: microseconds + Int64(days) * 86_400_000_000) }
}
