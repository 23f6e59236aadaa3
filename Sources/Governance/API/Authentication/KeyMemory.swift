import Identity

/// What was lately learnt of API keys, so that those that nobody was given can not take the database.
///
/// Whoever reaches the service can make as many as there are numbers. Those that were accepted are known by their digest,
/// which nobody has without the secret; an identifier that is nobody's can not become somebody's within moments, as it is
/// drawn by chance.
struct KeyMemory: Sendable {
  /// How long an identifier is remembered that there was not.
  static let absence: Duration = .seconds(5)
  /// More of them are not remembered; the oldest is forgotten first.
  static let mostAbsent = 10_000

  private var accepted: Set<[UInt8]> = []
  private var absent: [String: Duration] = [:]
  /// Those that are absent, the oldest first; what is before ``first`` is forgotten.
  private var order: [String] = []
  private var first = 0

  /// Whether this very key was accepted before, and not refused since.
  func wasAccepted(_ key: APIKey) -> Bool { accepted.contains(key.digest) }

  /// Whether there was no such key a moment ago.
  func isAbsent(_ key: APIKey, at now: Duration) -> Bool {
    absent[key.identifier].map { now < $0 + Self.absence } ?? false
  }

  /// There are never more of these than keys.
  mutating func accept(_ key: APIKey) { accepted.insert(key.digest) }

  /// It was revoked, or has expired.
  mutating func refuse(_ key: APIKey) { accepted.remove(key.digest) }

  /// Nobody was given such a key.
  mutating func miss(_ key: APIKey, at now: Duration) {
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
