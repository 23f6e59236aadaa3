/// Whether all that a zone's topic holds comes through, look by look. Where the way to a broker is cut the client library waits
/// for as long as that lasts, and tells nobody: it looks like a topic on which nothing happens. Pure.
struct ReadingWatch: Sendable {
  /// What stands in the way.
  enum Finding: Sendable, Hashable {
    /// The brokers do not say where the partitions end.
    case unanswered
    /// A partition holds more than was read, and reading gets no further there.
    case standing(partition: Int32)
  }

  private struct Place: Sendable {
    var position: Int64
    /// At how many looks in a row there was more than that, and the reading did not wait for the database.
    var looks: Int
  }

  /// An answer may be late, and a batch under way: what is found counts once it was found so often in a row.
  static let looks = 3

  /// What was found, as of the last look; nil while nothing is known to stand in the way.
  private(set) var finding: Finding?
  /// Whether nothing stands in the way, as of the last look: of each partition all was read, or more than at the look
  /// before. Where it was not looked often enough yet nothing is found, and it is not clear either.
  private(set) var isClear = false
  /// Looks in a row that were not answered.
  private var unanswered = 0
  /// How far each partition was read, as of the last look that was answered.
  private var places: [Int32: Place] = [:]

  /// Takes note of a look. While the reading waits for the database, nothing moves whatever the bus holds: that a
  /// partition stands does not count then.
  ///
  /// - Parameter ends: where partitions end, by the brokers' word; nil where they did not say it in time.
  mutating func look(_ ends: [Int32: Int64]?, read: ReadSoFar) {
    guard let ends else {
      unanswered += 1
      isClear = false
      if unanswered >= Self.looks { finding = .unanswered }
      return
    }
    unanswered = 0
    isClear = true
    var found: [Int32: Place] = [:]
    for (partition, end) in ends {
      let position = read.position(of: partition)
      let before = places[partition]
      // A partition that is read anew from its start stands lower than before: that is no progress.
      let stood = before.flatMap { position <= $0.position ? $0.looks : nil }
      let isBehind = position < end
      if isBehind, before == nil || stood != nil { isClear = false }
      let looks = isBehind ? (stood ?? 0) + (read.isWaitingForDatabase ? 0 : 1) : 0
      found[partition] = Place(position: position, looks: looks)
    }
    places = found
    let standing = found.filter { $0.value.looks >= Self.looks }.keys.min()
    finding = standing.map { Finding.standing(partition: $0) }
  }
}
