import Crypto
import Dispatch
import Events
import Foundation
import NIOConcurrencyHelpers
import Requests
import Store
import Testing

@testable import Server

/// One delivery over real HTTP.
@Suite(.timeLimit(.minutes(5)))
struct WebhookSenderTests {
  private static let loopback = NetworkGuard(
    allowsPlain: true, allowed: ["127.0.0.0/8"].compactMap(NetworkGuard.Block.init))

  private static func claim(_ url: String, body: String = #"{"text":"bonjour"}"#) -> DeliveryClaim {
    DeliveryClaim(
      id: UUID(uuid: (5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5)), url: url,
      secret: (0..<32).map(UInt8.init), body: Array(body.utf8), at: Timestamp(microseconds: 1_795_428_000_000_000))
  }

  @Test func `a delivery carries its identifier, and a signature that its receiver can check`() async throws {
    try await Hook.with({ _, _ in .status(200) }) { hook, port in
      let claim = Self.claim("http://127.0.0.1:\(port)/hooks/abc")
      let outcome = try await WebhookSender(destinations: Self.loopback, authority: nil).send(claim)
      #expect(outcome == .delivered(status: 200))
      let call = try #require(hook.calls.first)
      #expect(
        call.path == "/hooks/abc" && call.body == claim.body && call.headers["content-type"] == "application/json")
      #expect(call.headers["regie-webhook-id"] == "05000000-0000-0000-0000-000000000005")
      let parts = try #require(call.headers["regie-webhook-signature"]).split(separator: ",")
      let (moment, said) = (parts[0].dropFirst(2), parts[1].dropFirst(3))
      let code = HMAC<SHA256>.authenticationCode(
        for: Array(moment.utf8) + Array(".".utf8) + call.body, using: SymmetricKey(data: claim.secret))
      #expect(moment == "1795428000" && said == code.map { String(format: "%02x", $0) }.joined())
    }
  }

  @Test func `what is no success is a failure that says which, and none of the answer's words`() async throws {
    let replies: [(Hook.Reply, DeliveryOutcome)] = [
      (.status(500, body: "internal secret"), .failed(status: 500, "the destination refuses it", retryAfter: nil)),
      (
        .status(429, headers: ["Retry-After": "120"]),
        .failed(status: 429, "the destination refuses it", retryAfter: 120)
      ),
      (
        .status(429, headers: ["Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"]),
        .failed(status: 429, "the destination refuses it", retryAfter: nil)
      ),
      (
        .status(302, headers: ["Location": "http://127.0.0.1:1/"]),
        .failed(status: 302, "redirections are not followed", retryAfter: nil)
      ),
      (
        .status(200, body: String(repeating: "x", count: 100_000)),
        .failed(status: nil, "the answer is too long", retryAfter: nil)
      ),
    ]
    for (reply, wanted) in replies {
      try await Hook.with({ _, _ in reply }) { hook, port in
        let sender = WebhookSender(destinations: Self.loopback, authority: nil)
        let outcome = try await sender.send(Self.claim("http://127.0.0.1:\(port)/"))
        #expect(outcome == wanted)
        #expect(hook.calls.count == 1)
      }
    }
  }

  @Test func `a destination that says nothing, or breaks off, is a failure in time`() async throws {
    for reply in [Hook.Reply.hang, .cut] {
      try await Hook.with({ _, _ in reply }) { _, port in
        let sender = WebhookSender(destinations: Self.loopback, authority: nil, limit: .milliseconds(500))
        guard case .failed(nil, _, nil) = try await sender.send(Self.claim("http://127.0.0.1:\(port)/")) else {
          Issue.record("\(reply)")
          return
        }
      }
    }
    let sender = WebhookSender(destinations: Self.loopback, authority: nil)
    guard case .failed(nil, _, nil) = try await sender.send(Self.claim("http://127.0.0.1:1/")) else {
      Issue.record("nobody listens there")
      return
    }
  }

  @Test func `nothing is sent where it must not go, whatever a name leads to`() async throws {
    try await Hook.with({ _, _ in .status(200) }) { hook, port in
      let strict = NetworkGuard(allowsPlain: true)
      let away = "the host leads to an address that nothing is delivered to"
      try await Self.refused("http://127.0.0.1:\(port)/", strict, [], away)
      try await Self.refused("http://[::ffff:127.0.0.1]:\(port)/", strict, [], away)
      try await Self.refused("http://inside.example:\(port)/", strict, ["127.0.0.1"], away)
      try await Self.refused("http://inside.example:\(port)/", strict, ["8.8.8.8", "10.0.0.1"], away)
      try await Self.refused("http://nowhere.example/", strict, [], "the host has no address")
      let secure = NetworkGuard(allowed: Self.loopback.allowed)
      try await Self.refused("http://127.0.0.1:\(port)/", secure, [], "the address is not allowed any more")
      #expect(hook.calls.isEmpty)
      // It goes where the name was seen to lead, and nobody asks for the name again.
      let sent = try await Self.send("http://inside.example:\(port)/", Self.loopback, ["127.0.0.1"])
      #expect(sent == .delivered(status: 200) && hook.calls.count == 1)
    }
  }

  private static func send(
    _ url: String, _ destinations: NetworkGuard, _ addresses: [String]
  ) async throws -> DeliveryOutcome {
    try await WebhookSender(
      destinations: destinations, authority: nil, lookup: HostLookup { _ in addresses }
    ).send(claim(url))
  }

  private static func refused(
    _ url: String, _ destinations: NetworkGuard, _ addresses: [String], _ why: String
  ) async throws {
    let outcome = try await send(url, destinations, addresses)
    #expect(outcome == .failed(status: nil, why, retryAfter: nil), "\(url)")
  }

  @Test func `a name server that does not answer holds up no attempt for longer than its limit`() async throws {
    let goOn = DispatchSemaphore(value: 0)
    let hasAnswered = NIOLockedValueBox(false)
    let hanging = HostLookup.blocking { _ in
      // Told to by nobody before the attempt has ended; an attempt that waits for it is to end some time, too.
      _ = goOn.wait(timeout: .now() + 45)
      hasAnswered.withLockedValue { $0 = true }
      return ["127.0.0.1"]
    }
    let sender = WebhookSender(
      destinations: Self.loopback, authority: nil, lookup: hanging, limit: .milliseconds(200))
    let outcome = try await sender.send(Self.claim("http://slow.example:1/"))
    let wasWaitedFor = hasAnswered.withLockedValue { $0 }
    goOn.signal()
    #expect(outcome == .failed(status: nil, "no answer in time", retryAfter: nil))
    #expect(!wasWaitedFor)
  }

  @Test func `this machine knows where it is itself`() async throws {
    let found = try await HostLookup.system.addresses("localhost")
    #expect(!found.isEmpty && found.allSatisfy { !NetworkGuard().permits($0) })
    #expect(try await HostLookup.system.addresses("nowhere.invalid").isEmpty)
  }
}
