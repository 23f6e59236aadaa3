import Identity

/// What was lately learnt of API keys, so that those that nobody was given can not take the database.
///
/// Whoever reaches the service can make as many as there are numbers. Those that were accepted are known by their digest,
/// which nobody has without the secret; an identifier that is nobody's can not become somebody's within moments, as it is
/// drawn by chance.
///
/// It also says who the holder of a key was by the database's last word, for questions that are answered while the
/// database is away. Nobody can take a key back then, but through an instance that still reaches it: hence the bound.
struct KeyMemory: Sendable {
  /// For how long after the database's last word a key is believed by it.
  static let longestRecall: Duration = .seconds(300)
  /// More that were accepted are not remembered; the one that was asked about longest ago is forgotten first.
  static let mostAccepted = 10_000
  /// How long an identifier is remembered that there was not.
  static let absence: Duration = .seconds(5)
  /// More of them are not remembered; the oldest is forgotten first.
  static let mostAbsent = 10_000
  /// More of those that may have been taken back are not remembered; the one of longest ago is forgotten first.
  static let mostDoubted = 10_000

  /// What the database said of a key that it let in.
  private struct Word {
    var grant: KeyGrant
    /// By the database's clock, in microseconds since 1970.
    var moment: Int64
    /// By this instance's: no later than the database was asked.
    var askedAt: Duration
  }

  private var accepted: [[UInt8]: Word] = [:]
  /// Keys that were taken back, by name: a look-up that was under way meanwhile may have seen one before.
  private var revoked: Set<String> = []
  /// Keys that may have been taken back, by name, and since when. What the database says of one is not remembered for as long
  /// as a key is believed: that it is taken back may be on its way still, and no later word would come while the database is
  /// away.
  private var doubted: [String: Duration] = [:]
  private var absent: [String: Duration] = [:]
  /// Those that are absent, the oldest first; what is before ``first`` is forgotten.
  private var order: [String] = []
  private var first = 0

  /// Whether this very key was accepted before, and not refused since.
  func wasAccepted(_ key: APIKey) -> Bool { accepted[key.digest] != nil }

  /// Whether there is a word on this very key that is not too old.
  func mayRecall(_ key: APIKey, at now: Duration) -> Bool {
    accepted[key.digest].map { now - $0.askedAt <= Self.longestRecall } ?? false
  }

  /// Who the holder of this very key is by the last word on it; nil where there is none, or it is too old.
  ///
  /// - Throws: `KeyRefusal` where it has expired since.
  func recall(_ key: APIKey, at now: Duration) throws(KeyRefusal) -> Caller? {
    guard mayRecall(key, at: now), let word = accepted[key.digest] else { return nil }
    let passed = (now - word.askedAt) / .microseconds(1)
    return try word.grant.caller(showing: key, at: word.moment + Int64(passed))
  }

  /// Whether there was no such key a moment ago.
  func isAbsent(_ key: APIKey, at now: Duration) -> Bool {
    absent[key.identifier].map { now < $0 + Self.absence } ?? false
  }

  /// The database has let it in.
  mutating func accept(_ key: APIKey, _ grant: KeyGrant, at moment: Int64, askedAt: Duration) {
    guard !revoked.contains(key.identifier) else { return }
    if let since = doubted[key.identifier] {
      guard askedAt > since + Self.longestRecall else { return }
      doubted[key.identifier] = nil
    }
    accepted[key.digest] = Word(grant: grant, moment: moment, askedAt: askedAt)
    guard accepted.count > Self.mostAccepted else { return }
    if let oldest = accepted.min(by: { $0.value.askedAt < $1.value.askedAt })?.key { accepted[oldest] = nil }
  }

  /// The database does not let it in.
  mutating func refuse(_ key: APIKey, _ refusal: KeyRefusal) {
    accepted[key.digest] = nil
    // Told only to who holds it: nobody fills this with names.
    if refusal == .revoked { revoked.insert(key.identifier) }
  }

  /// The key of a name was taken back, for good. There are never more of these than keys.
  mutating func revoke(_ identifier: String) {
    revoked.insert(identifier)
    doubted[identifier] = nil
    forget(identifier)
  }

  /// The key of a name may have been taken back: each time it is the database alone that says so, until it has gone on letting
  /// it in for long enough.
  mutating func doubt(_ identifier: String, at now: Duration) {
    forget(identifier)
    guard !revoked.contains(identifier) else { return }
    doubted[identifier] = now
    guard doubted.count > Self.mostDoubted else { return }
    if let oldest = doubted.min(by: { $0.value < $1.value })?.key { doubted[oldest] = nil }
  }

  private mutating func forget(_ identifier: String) {
    accepted = accepted.filter { $0.value.grant.identifier != identifier }
  }

  /// Nobody was given such a key.
  mutating func miss(_ key: APIKey, at now: Duration) {
    // It may have been let in before: a database that was restored does not know it any more.
    accepted[key.digest] = nil
    if absent.updateValue(now, forKey: key.identifier) == nil { order.append(key.identifier) }
    while order.count - first > Self.mostAbsent {
      absent[order[first]] = nil
      first += 1
    }
    if first > Self.mostAbsent {
      order.removeFirst(first)
      first = 0
    }
  }
}
