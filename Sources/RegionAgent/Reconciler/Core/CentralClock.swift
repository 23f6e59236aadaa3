public import Events

/// What is known for certain of the centre's clock: it has passed the time of every record that was verified, and goes on from
/// there.
///
/// How much has passed since is counted by a clock that nobody sets. So a wall clock that runs ahead makes nothing due early,
/// and one of the centre's that runs ahead neither, since both have to have passed a moment.
public struct CentralClock: Sendable, Hashable {
  /// The centre's time, in microseconds, when the clock that nobody sets began; the highest that a record has shown.
  private var offset: Int64?

  /// A clock of which nothing is known.
  public init() {}

  /// Notes a verified record's time.
  ///
  /// - Parameter elapsed: microseconds on a clock that nobody sets, whenever that began.
  public mutating func note(_ time: Timestamp, elapsed: Int64) {
    let (difference, overflows) = time.microseconds.subtractingReportingOverflow(elapsed)
    guard !overflows else { return }
    offset = max(offset ?? difference, difference)
  }

  /// The moment that the centre's clock has passed for certain; nil while no record was verified.
  public func time(elapsed: Int64) -> Timestamp? {
    offset.map { Timestamp(microseconds: $0.addingReportingOverflow(elapsed).partialValue) }
  }
}
