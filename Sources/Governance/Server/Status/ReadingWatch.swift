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

  private struct Standing: Sendable {
    var position: Int64
    var looks: Int
  }

  /// An answer may be late, and a batch under way: what is found counts once it was found so often in a row.
  static let looks = 3

  /// What was found, as of the last look; nil while nothing is known to stand in the way.
  private(set) var finding: Finding?
  /// Looks in a row that were not answered.
  private var unanswered = 0
  /// The partitions of which there was more than was read at the last look, and at how many in a row they stood there.
  private var behind: [Int32: Standing] = [:]

  /// Takes note of a look.
  ///
  /// - Parameter ends: where partitions end, by the brokers' word; nil where they did not say it in time.
  mutating func look(_ ends: [Int32: Int64]?, read: ReadSoFar) {
    guard let ends else {
      unanswered += 1
      if unanswered >= Self.looks { finding = .unanswered }
      return
    }
    unanswered = 0
    var found: [Int32: Standing] = [:]
    for (partition, end) in ends {
      let position = read.position(of: partition)
      guard position < end else { continue }
      let before = behind[partition].flatMap { $0.position == position ? $0.looks : nil } ?? 0
      found[partition] = Standing(position: position, looks: before + 1)
    }
    behind = found
    let standing = found.filter { $0.value.looks >= Self.looks }.keys.min()
    finding = standing.map { Finding.standing(partition: $0) }
  }
}
