import Foundation
import Identity
import Logging
import Synchronization
import Telemetry
import Testing

@testable import API

/// The issuer's keys, while the issuer takes its time.
@Suite(.timeLimit(.minutes(2))) struct KeySourceTests {
  /// What a test waits for.
  private enum Event: Hashable {
    /// So many requests to the issuer have begun.
    case asked(Int)
    /// The first who wanted a key has its answer.
    case answered
  }

  /// An issuer that answers once, with no keys, and then not at all.
  private final class SlowIssuer: KeySetFetcher {
    private let requests = Mutex(0)
    private let events: AsyncStream<Event>.Continuation

    init(events: AsyncStream<Event>.Continuation) {
      self.events = events
    }

    func keySet() async throws -> KeySet {
      let number = requests.withLock { requests in
        requests += 1
        return requests
      }
      events.yield(.asked(number))
      if number > 1 {
        let (never, end) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        end.finish()
        try Task.checkCancellation()
      }
      return KeySet()
    }
  }

  /// An issuer that may be away, or have withdrawn its key.
  private final class UnsteadyIssuer: KeySetFetcher {
    static let key = """
      {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "old", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
      """

    let isAway = Mutex(true)
    let document = Mutex(UnsteadyIssuer.key)

    func keySet() throws -> KeySet {
      guard !isAway.withLock({ $0 }) else { throw KeySetError("away") }
      return try KeySet(json: Data(document.withLock { $0 }.utf8))
    }
  }

  /// Somebody who goes by the keys of an unsteady issuer, and what health says of it.
  private struct Rig {
    let registry = HealthRegistry(component: "governance", version: "0")
    let issuer = UnsteadyIssuer()
    let source: KeySource

    init(keep: Duration = .seconds(7200)) throws {
      let check = try registry.register("oidc", component: "issuer", role: .informative)
      source = KeySource(fetcher: issuer, limits: KeySourceTests.limits(keep: keep), health: check, logger: quiet)
    }

    var status: HealthStatus? { registry.report().checks.first { $0.name == "oidc" }?.status }

    /// What health says once it says this, or has had all the time for it: whoever wanted a key may be answered a moment
    /// before health is told, where the request ended as he was about to wait for it.
    func settles(on wanted: HealthStatus) async -> HealthStatus? {
      let end = ContinuousClock.now + .seconds(100)
      while status != wanted, ContinuousClock.now < end { await Task.yield() }
      return status
    }
  }

  private static func limits(keep: Duration = .seconds(7200)) -> KeySetMachine.Limits {
    KeySetMachine.Limits(refresh: .seconds(3600), keep: keep, pace: .zero, slowest: .zero)
  }

  @Test func `health says how the issuer stands, and nothing of what it answered`() async throws {
    let rig = try Rig()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await rig.source.run() }
      #expect(await Self.refusal(rig.source, "a") == .keysUnavailable)
      #expect(rig.status == .fail)
      rig.issuer.isAway.withLock { $0 = false }
      // A request that began before may still end.
      while await Self.refusal(rig.source, "b") != .unknownKey {}
      #expect(await rig.settles(on: .pass) == .pass)
      rig.issuer.isAway.withLock { $0 = true }
      #expect(await Self.refusal(rig.source, "c") == .keysUnavailable)
      #expect(await rig.settles(on: .degraded) == .degraded)
      let checks = rig.registry.report().checks
      #expect(checks.allSatisfy { $0.message?.contains("away") != true })
      group.cancelAll()
    }
  }

  @Test func `health says that no token can be judged, once what was known is too old to be believed`() async throws {
    let rig = try Rig(keep: .milliseconds(20))
    rig.issuer.isAway.withLock { $0 = false }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await rig.source.run() }
      while rig.status != .pass { _ = await Self.refusal(rig.source, "old") }
      rig.issuer.isAway.withLock { $0 = true }
      try? await Task.sleep(for: .milliseconds(40))
      #expect(await Self.refusal(rig.source, "old") == .keysUnavailable)
      #expect(await rig.settles(on: .fail) == .fail)
      group.cancelAll()
    }
  }

  /// No key, one for another algorithm, and two with one name.
  static let withdrawals = [
    #"{"keys": []}"#, #"{"keys": [{"kty": "EC", "crv": "P-384", "kid": "old"}]}"#,
    UnsteadyIssuer.key.replacing("[{", with: "[\(UnsteadyIssuer.key.dropFirst(10).dropLast(2)), {"),
  ]

  @Test(arguments: withdrawals)
  func `a key that the issuer has withdrawn is believed no more, also where it has no other`(later: String) async throws
  {
    let rig = try Rig()
    rig.issuer.isAway.withLock { $0 = false }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await rig.source.run() }
      #expect(await Self.refusal(rig.source, "old") == nil)
      rig.issuer.document.withLock { $0 = later }
      // A name that is not known has the issuer asked again.
      #expect(await Self.refusal(rig.source, "new") == .unknownKey)
      #expect(await Self.refusal(rig.source, "old") == .unknownKey)
      #expect(await rig.settles(on: .degraded) == .degraded)
      group.cancelAll()
    }
  }

  private static func refusal(_ source: KeySource, _ name: String) async -> TokenRefusal? {
    do throws(TokenRefusal) {
      _ = try await source.key(name)
      return nil
    } catch {
      return error
    }
  }

  @Test func `more than may wait for a new key, and those whom the end meets waiting, are not called forgers`()
    async throws
  {
    let (events, log) = AsyncStream.makeStream(of: Event.self)
    let source = KeySource(fetcher: SlowIssuer(events: log), limits: Self.limits(), logger: quiet)
    await withThrowingTaskGroup(of: Void.self) { services in
      services.addTask { try await source.run() }
      await withTaskGroup(of: TokenRefusal?.self) { callers in
        callers.addTask {
          let refusal = await Self.refusal(source, "first")
          log.yield(.answered)
          // Where its wish came before the keys were read, there are none of that name; else it waits with the others.
          return refusal == .unknownKey ? .keysUnavailable : refusal
        }
        // Either says that the first request has ended, and what it gave is believed.
        for await event in events where event == .answered || event == .asked(2) { break }
        for number in 0...KeySource.mostWaiting {
          callers.addTask { await Self.refusal(source, "new-\(number)") }
        }
        // All but so many are answered at once; where the first no longer waits, it is one of them.
        for _ in 0..<2 { #expect(await callers.next() == .some(.keysUnavailable)) }
        services.cancelAll()
        var waiting = 0
        for await refusal in callers {
          #expect(refusal == .keysUnavailable)
          waiting += 1
        }
        #expect(waiting == KeySource.mostWaiting)
      }
    }
  }
}
