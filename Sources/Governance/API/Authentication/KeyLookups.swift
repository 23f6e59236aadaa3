import Identity
import NIOConcurrencyHelpers
import Postgres
import Store

/// Looks up what API keys were given for. Keys that were accepted before are looked up at once, and each time: what was
/// revoked is refused from then on. All others share a few connections, so that keys that anybody can make never keep those
/// that are known from theirs.
final class KeyLookups: Sendable {
  /// What the store says of a key.
  typealias Found = (grant: KeyGrant, now: Int64)

  /// Who the holder of a key is.
  struct Known: Sendable {
    var caller: Caller
    /// Whether the database did not answer, and this is what it said before.
    var isRecalled = false
  }

  /// For how long the database is asked about a key whose holder can be answered without it. A console gives up after
  /// two seconds, and what it asks may wait for the database as well.
  static let patience: Duration = .milliseconds(500)

  private let unknown: FewAtOnce
  private let look: @Sendable (String, ContinuousClock.Instant?) async throws -> Found?
  private let start = ContinuousClock.now
  private let memory = NIOLockedValueBox(KeyMemory())

  /// Look-ups of which at most `atOnce` are of keys that are not known; of those `mostWaiting` wait in line.
  ///
  /// - Parameter look: Asks about the key of a name, until a moment where one is given.
  init(
    atOnce: Int, mostWaiting: Int = 256,
    look: @escaping @Sendable (String, ContinuousClock.Instant?) async throws -> Found?
  ) {
    unknown = FewAtOnce(atOnce, mostWaiting: mostWaiting, refusal: AuthenticationRefusal.busy)
    self.look = look
  }

  /// Who the holder of a key is.
  ///
  /// - Throws: `KeyRefusal`, ``AuthenticationRefusal/busy``, and what the store throws.
  func caller(showing key: APIKey) async throws -> Caller {
    guard !memory.withLockedValue({ $0.wasAccepted(key) }) else { return try await ask(key) }
    try checkAbsence(of: key)
    return try await unknown.run {
      // Somebody may have asked in the meantime.
      try checkAbsence(of: key)
      return try await ask(key)
    }
  }

  /// Who the holder of a key is; where the database does not answer at once, as it said a while ago.
  ///
  /// - Throws: As ``caller(showing:)``.
  func known(showing key: APIKey) async throws -> Known {
    guard memory.withLockedValue({ $0.mayRecall(key, at: now) }) else {
      return Known(caller: try await caller(showing: key))
    }
    do {
      return Known(caller: try await ask(key, until: .now + Self.patience))
    } catch let error as PostgresError where error.isOutage {
      guard let caller = try memory.withLockedValue({ try $0.recall(key, at: now) }) else { throw error }
      return Known(caller: caller, isRecalled: true)
    }
  }

  /// The key of a name was taken back, for good.
  func forget(_ identifier: String) { memory.withLockedValue { $0.revoke(identifier) } }

  /// The key of a name may have been taken back: only the database knows.
  func doubt(_ identifier: String) { memory.withLockedValue { $0.doubt(identifier, at: now) } }

  private func ask(_ key: APIKey, until deadline: ContinuousClock.Instant? = nil) async throws -> Caller {
    let askedAt = now
    guard let found = try await look(key.identifier, deadline) else {
      memory.withLockedValue { $0.miss(key, at: now) }
      throw KeyRefusal.unknown
    }
    let grant = found.grant
    let moment = found.now
    do throws(KeyRefusal) {
      let caller = try grant.caller(showing: key, at: moment)
      memory.withLockedValue { $0.accept(key, grant, at: moment, askedAt: askedAt) }
      return caller
    } catch {
      memory.withLockedValue { $0.refuse(key, error) }
      throw error
    }
  }

  private func checkAbsence(of key: APIKey) throws(KeyRefusal) {
    guard !memory.withLockedValue({ $0.isAbsent(key, at: now) }) else { throw .unknown }
  }

  private var now: Duration { ContinuousClock.now - start }
}
