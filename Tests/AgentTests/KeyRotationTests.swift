import Crypto
import Events
import Foundation
import KafkaMock
import Logging
import TestSupport
import Testing

@testable import Agent

/// Keys that come and go while the agent lives.
@Suite(.timeLimit(.minutes(5)))
struct KeyRotationTests {
  private let path = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString).json")
    .path

  private func write(_ keys: [Curve25519.Signing.PrivateKey]) throws {
    let set = JSONWebKeySet(keys.map { JSONWebKey(publicKey: $0.publicKey) })
    try Data(BusCodec.encode(set)).write(to: URL(fileURLWithPath: path))
  }

  private func believes(_ verifier: EventVerifier?, _ key: Curve25519.Signing.PrivateKey) throws -> Bool {
    let signature = try EventSigner(key).sign([1, 2, 3])
    return (try? verifier?.verify(signature, over: [1, 2, 3])) != nil
  }

  @Test func `a file is read again when it has changed, and not more than once a second`() async throws {
    let (old, new) = (Curve25519.Signing.PrivateKey(), Curve25519.Signing.PrivateKey())
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write([old])
    let file = KeyFile(path: path, logger: AgentRig.quiet)
    #expect(try believes(try file.read().verifier, old))
    let start = ContinuousClock.now
    #expect(await file.changed(at: start + .seconds(1)) == nil)
    try write([old, new])
    #expect(await file.changed(at: start + .seconds(1.5)) == nil)
    let both = await file.changed(at: start + .seconds(3))
    #expect(try believes(both, old) && believes(both, new))
    try write([new])
    let one = await file.changed(at: start + .seconds(5))
    #expect(try !believes(one, old) && believes(one, new))
    try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
    #expect(await file.changed(at: start + .seconds(7)) == nil, "what can not be read changes nothing")
    try FileManager.default.removeItem(atPath: path)
    #expect(await file.changed(at: start + .seconds(9)) == nil)
  }

  @Test func `that a file can not be read is logged when that begins, for another cause, and when it is over`()
    async throws
  {
    let lines = LogLines()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let key = Curve25519.Signing.PrivateKey()
    try write([key])
    let file = KeyFile(path: path, logger: lines.logger(from: .trace))
    _ = try file.read()
    let start = ContinuousClock.now
    func look(_ seconds: ClosedRange<Int>) async {
      for second in seconds { _ = await file.changed(at: start + .seconds(second * 2)) }
    }
    await look(1...2)
    try FileManager.default.removeItem(atPath: path)
    await look(3...6)
    #expect(lines.all.map(\.level) == [.error])
    try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
    await look(7...9)
    #expect(lines.all.map(\.level) == [.error, .error])
    try write([key])
    await look(10...12)
    #expect(lines.all.map(\.level) == [.error, .error, .info])
    try write([key, Curve25519.Signing.PrivateKey()])
    await look(13...14)
    #expect(lines.all.map(\.level) == [.error, .error, .info, .info])
  }

  /// TOPIC_AUTHORIZATION_FAILED is not asked again by the client itself, and no reason for the reading to begin anew.
  @Test(arguments: [[], [29]] as [[Int32]])
  func `what was refused for want of a key is read again once it is there, be it that the bus tells no ends at first`(
    errors: [Int32]
  ) async throws {
    let new = Curve25519.Signing.PrivateKey()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = KeyFile(path: path, logger: AgentRig.quiet)
    try await AgentRig.with { rig in
      // Nothing else asks the bus for its ends meanwhile.
      try await rig.withAgent(newKeys: { await file.changed() }, lookInterval: .seconds(3_600)) { seen in
        let states = [AgentRig.state(1), AgentRig.state(2)]
        for state in states { try await rig.publish(state, key: new) }
        try await seen.agent("they are not believed") { $0.refusedRecords == 2 }
        if !errors.isEmpty { try await rig.mock.pushErrors(.listOffsets, errors) }
        // Nothing else comes on the topic.
        try write([new])
        for state in states {
          try await seen.placement("it is ready") {
            $0.placement == state.placement && $0.says("Ready").hasPrefix("True")
          }
        }
      }
    }
  }
}
