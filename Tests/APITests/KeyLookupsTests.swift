import Identity
import NIOConcurrencyHelpers
import Postgres
import Testing

@testable import API

/// Keys that nobody was given do not take what those that are known need.
struct KeyLookupsTests {
  /// A store of one key, whose look-ups end when they are let.
  private final class Store: Sendable {
    struct State {
      var underWay = 0
      var most = 0
      var count = 0
      var isOpen = false
      var isRevoked = false
      var isAway = false
      var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let state = NIOLockedValueBox(State())
    let key: APIKey

    init(key: APIKey) { self.key = key }

    func look(_ identifier: String) async throws -> KeyLookups.Found? {
      state.withLockedValue { state in
        state.underWay += 1
        state.count += 1
        state.most = max(state.most, state.underWay)
      }
      await withCheckedContinuation { continuation in
        let isOpen = state.withLockedValue { state in
          if !state.isOpen { state.waiting.append(continuation) }
          return state.isOpen
        }
        if isOpen { continuation.resume() }
      }
      return try state.withLockedValue { state -> KeyLookups.Found? in
        state.underWay -= 1
        if state.isAway { throw PostgresError(.unreachable, "the database is away") }
        guard identifier == key.identifier else { return nil }
        return (
          KeyLookupsTests.grant(of: key, isRevoked: state.isRevoked), 0
        )
      }
    }

    func open() {
      let waiting = state.withLockedValue { state in
        state.isOpen = true
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }

    func close() { state.withLockedValue { $0.isOpen = false } }

    func isAway(_ isAway: Bool) { state.withLockedValue { $0.isAway = isAway } }
  }

  private static func grant(of key: APIKey, until expiry: Int64 = .max, isRevoked: Bool = false) -> KeyGrant {
    KeyGrant(
      identifier: key.identifier, digest: key.digest, roles: [.console], isReadOnly: false, expiresAt: expiry,
      isRevoked: isRevoked)
  }

  private static func key(_ number: UInt8, secret: UInt8 = 1) throws -> APIKey {
    try #require(
      APIKey(identifier: Array(repeating: number, count: 8), secret: Array(repeating: secret, count: 32)))
  }

  /// What becomes of one key.
  private static func refusal(of key: APIKey, _ lookups: KeyLookups) async -> String? {
    do {
      _ = try await lookups.caller(showing: key)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func `made-up keys share a few look-ups, and a known one passes them`() async throws {
    let (store, made) = (Store(key: try Self.key(0)), try (1...40).map { try Self.key($0) })
    let lookups = KeyLookups(atOnce: 2, mostWaiting: 3) { identifier, _ in try await store.look(identifier) }
    store.open()
    #expect(await Self.refusal(of: store.key, lookups) == nil)
    store.close()
    try await withThrowingTaskGroup(of: String?.self) { group in
      for key in made { group.addTask { await Self.refusal(of: key, lookups) } }
      // Two are looked up, three wait: whoever else comes is told so at once.
      for _ in 0..<35 { #expect(try await group.next() == "\(AuthenticationRefusal.busy)") }
      #expect(store.state.withLockedValue { $0.most } <= 2)
      // With the wrong secret a key that there is counts as any other.
      let guessed = try Self.key(0, secret: 2)
      #expect(await Self.refusal(of: guessed, lookups) == "\(AuthenticationRefusal.busy)")
      group.addTask { await Self.refusal(of: store.key, lookups) }
      // The known one is under way beside those two.
      while store.state.withLockedValue({ $0.underWay }) < 3 { await Task.yield() }
      store.open()
      var ends: [String?] = []
      for try await end in group { ends.append(end) }
      #expect(ends.count { $0 == nil } == 1 && ends.count { $0 == "\(KeyRefusal.unknown)" } == 5)
      #expect(store.state.withLockedValue { $0.most } <= 3)
    }
  }

  @Test func `what is not there is not looked for again at once, and what was revoked is refused at once`() async throws
  {
    let store = Store(key: try Self.key(0))
    let lookups = KeyLookups(atOnce: 1, mostWaiting: 0) { identifier, _ in try await store.look(identifier) }
    store.open()
    for _ in 0..<3 { #expect(await Self.refusal(of: try Self.key(9), lookups) == "\(KeyRefusal.unknown)") }
    #expect(store.state.withLockedValue { $0.count } == 1)
    #expect(await Self.refusal(of: store.key, lookups) == nil)
    store.state.withLockedValue { $0.isRevoked = true }
    #expect(await Self.refusal(of: store.key, lookups) == "\(KeyRefusal.revoked)")
  }

  @Test func `who gives up leaves the line`() async throws {
    let store = Store(key: try Self.key(0))
    let lookups = KeyLookups(atOnce: 1, mostWaiting: 1) { identifier, _ in try await store.look(identifier) }
    let first = Task { await Self.refusal(of: try Self.key(1), lookups) }
    while store.state.withLockedValue({ $0.underWay }) < 1 { await Task.yield() }
    let second = Task { await Self.refusal(of: try Self.key(2), lookups) }
    second.cancel()
    #expect(try await second.value == "\(CancellationError())")
    let third = Task { await Self.refusal(of: try Self.key(3), lookups) }
    store.open()
    #expect(try await first.value == "\(KeyRefusal.unknown)")
    #expect(try await third.value == "\(KeyRefusal.unknown)")
  }

  @Test func `what is remembered of made-up keys is bounded, and forgotten after moments`() throws {
    var memory = KeyMemory()
    for number in 0...(KeyMemory.mostAbsent * 2) { memory.miss(try Self.made(number), at: .seconds(1)) }
    let last = KeyMemory.mostAbsent * 2
    #expect(memory.isAbsent(try Self.made(last), at: .seconds(5)))
    #expect(memory.isAbsent(try Self.made(last - KeyMemory.mostAbsent + 1), at: .seconds(5)))
    #expect(!memory.isAbsent(try Self.made(last - KeyMemory.mostAbsent), at: .seconds(5)))
    #expect(!memory.isAbsent(try Self.made(last), at: .seconds(1) + KeyMemory.absence))
    memory.miss(try Self.made(last), at: .seconds(10))
    #expect(memory.isAbsent(try Self.made(last), at: .seconds(12)))
  }

  private static func made(_ number: Int) throws -> APIKey {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    return try #require(APIKey(identifier: bytes, secret: Array(repeating: 0, count: 32)))
  }

  @Test func `where the database is away a key that it let in is known, to whoever asks for that`() async throws {
    let store = Store(key: try Self.key(0))
    let lookups = KeyLookups(atOnce: 1, mostWaiting: 0) { identifier, _ in try await store.look(identifier) }
    store.open()
    store.isAway(true)
    await #expect(throws: PostgresError.self) { _ = try await lookups.known(showing: store.key) }
    store.isAway(false)
    #expect(await Self.refusal(of: store.key, lookups) == nil)
    store.isAway(true)
    let known = try await lookups.known(showing: store.key)
    #expect(known.isRecalled && known.caller.roles == [.console])
    await #expect(throws: PostgresError.self) { _ = try await lookups.caller(showing: store.key) }
    let guessed = try Self.key(0, secret: 2)
    await #expect(throws: PostgresError.self) { _ = try await lookups.known(showing: guessed) }
    store.isAway(false)
    let asked = try await lookups.known(showing: store.key)
    #expect(!asked.isRecalled)
  }

  @Test func `a key that the database has called revoked is let in by nothing that is remembered`() async throws {
    let store = Store(key: try Self.key(0))
    let lookups = KeyLookups(atOnce: 1, mostWaiting: 0) { identifier, _ in try await store.look(identifier) }
    store.open()
    #expect(await Self.refusal(of: store.key, lookups) == nil)
    store.state.withLockedValue { $0.isRevoked = true }
    #expect(await Self.refusal(of: store.key, lookups) == "\(KeyRefusal.revoked)")
    store.isAway(true)
    await #expect(throws: PostgresError.self) { _ = try await lookups.known(showing: store.key) }
  }

  @Test func `nor is one that was taken back here while a look-up was under way that did not see it`() async throws {
    let store = Store(key: try Self.key(0))
    let lookups = KeyLookups(atOnce: 1, mostWaiting: 0) { identifier, _ in try await store.look(identifier) }
    store.open()
    #expect(await Self.refusal(of: store.key, lookups) == nil)
    store.close()
    let late = Task { await Self.refusal(of: store.key, lookups) }
    while store.state.withLockedValue({ $0.underWay }) < 1 { await Task.yield() }
    lookups.forget(store.key.identifier)
    store.open()
    #expect(await late.value == nil)
    store.isAway(true)
    await #expect(throws: PostgresError.self) { _ = try await lookups.known(showing: store.key) }
  }

  @Test func `a key that may have been taken back is remembered again once it would have come to light`() throws {
    var memory = KeyMemory()
    let key = try Self.key(0)
    let end: Duration = .seconds(10) + KeyMemory.longestRecall
    memory.accept(key, Self.grant(of: key), at: 0, askedAt: .seconds(9))
    memory.doubt(key.identifier, at: .seconds(10))
    #expect(!memory.wasAccepted(key))
    memory.accept(key, Self.grant(of: key), at: 0, askedAt: .seconds(10))
    #expect(!memory.wasAccepted(key), "it may have been asked before")
    for moment in [.seconds(11), end] {
      memory.accept(key, Self.grant(of: key), at: 0, askedAt: moment)
      #expect(!memory.wasAccepted(key) && !memory.mayRecall(key, at: moment), "it may be committing still")
    }
    memory.accept(key, Self.grant(of: key), at: 0, askedAt: end + .seconds(1))
    #expect(memory.wasAccepted(key) && memory.mayRecall(key, at: end + .seconds(2)))
    memory.revoke(key.identifier)
    memory.doubt(key.identifier, at: end + .seconds(2))
    memory.accept(key, Self.grant(of: key), at: 0, askedAt: end + end)
    #expect(!memory.wasAccepted(key), "what was taken back is so for good")
  }

  @Test func `what is remembered of keys that may have been taken back is bounded`() throws {
    var memory = KeyMemory()
    for number in 0...KeyMemory.mostDoubted { memory.doubt(try Self.made(number).identifier, at: .seconds(number)) }
    let (oldest, next) = (try Self.made(0), try Self.made(1))
    for key in [oldest, next] { memory.accept(key, Self.grant(of: key), at: 0, askedAt: .zero) }
    #expect(memory.wasAccepted(oldest) && !memory.wasAccepted(next))
  }

  @Test func `the database's word on a key holds for minutes, and not beyond the key's own end`() throws {
    var memory = KeyMemory()
    let key = try Self.key(0)
    let end: Duration = .seconds(10) + KeyMemory.longestRecall
    memory.accept(key, Self.grant(of: key), at: 0, askedAt: .seconds(10))
    #expect(try memory.recall(key, at: end) != nil)
    #expect(try memory.recall(key, at: end + .seconds(1)) == nil)
    #expect(!memory.mayRecall(key, at: end + .seconds(1)) && memory.wasAccepted(key))
    // By the database's clock it ends a minute after it was asked.
    memory.accept(key, Self.grant(of: key, until: 60_000_000), at: 0, askedAt: .seconds(10))
    let ending = memory
    #expect(try ending.recall(key, at: .seconds(69)) != nil)
    #expect(throws: KeyRefusal.expired) { _ = try ending.recall(key, at: .seconds(70)) }
    memory.miss(key, at: .seconds(20))
    #expect(!memory.mayRecall(key, at: .seconds(21)))
  }

  @Test func `of so many keys the one that was asked about longest ago is forgotten`() throws {
    var memory = KeyMemory()
    for number in 0...KeyMemory.mostAccepted {
      let key = try Self.made(number)
      memory.accept(key, Self.grant(of: key), at: 0, askedAt: .seconds(number))
    }
    let (oldest, next, latest) = (try Self.made(0), try Self.made(1), try Self.made(KeyMemory.mostAccepted))
    #expect(!memory.wasAccepted(oldest))
    #expect(memory.wasAccepted(next) && memory.wasAccepted(latest))
  }
}
