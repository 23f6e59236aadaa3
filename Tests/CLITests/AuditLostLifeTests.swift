import Contract
import Crypto
import Events
import Foundation
import Testing
import Trail

@testable import CLI

/// Anchors that stay on the bus from a life of the database that a recovery has ended.
struct AuditLostLifeTests {
  /// The trail of a database that was restored with four entries, of which the second was anchored, and recovered in
  /// the fifth.
  private var sample: AuditFileSample
  /// Anchors of the life that was lost, which had come to the eighth entry.
  private let lost: [AuditAnchor]

  init() throws {
    let whole = AuditFileSample(8, anchored: [])
    lost = try [2, 3, 6, 8].map { try whole.anchor(whole.entries[$0 - 1]).anchor(verifier: nil) }
    sample = AuditFileSample(7, anchored: [7])
    sample.epoch = 2
    try recover(keeping: 2)
  }

  /// Tells of a recovery in the fifth entry; `kept` is nil as earlier versions had it.
  private mutating func recover(keeping kept: Int64?) throws {
    struct Body: Encodable { var detail: [String: Int64] }
    var detail: [String: Int64] = ["epoch": 1, "nextEpoch": 2]
    detail["anchored"] = kept
    sample.entries[4] = AuditEntry(
      id: 9, at: sample.entries[4].at, principal: "governance:clock", action: AuditRecovery.action,
      kind: AuditRecovery.kind, name: "epoch", body: try BusCodec.encode(Body(detail: detail)), digest: [])
    sample.seal(from: 4)
  }

  private func findings(_ anchors: [AuditAnchor]) throws -> [String] {
    try AuditFileSample.verify(try sample.file(), anchors: anchors).findings.map { "\($0.kind)@\($0.position)" }
  }

  @Test func `what a recovery has ended says nothing of the trail, and is shown`() throws {
    let verification = try AuditFileSample.verify(try sample.file(), anchors: lost)
    #expect(verification.sound, "\(verification.findings)")
    #expect(verification.anchors.agreeing == 3 && verification.anchors.position == 7)
    #expect(verification.anchors.lost == [.init(position: 5, kept: 2, anchors: 2)])
    let text = AuditText.render(verification, language: .en)
    #expect(text.contains("after position 2: 2; a recovery is told of at position 5"))
  }

  @Test func `without an anchor of a later epoch nobody but the file tells of a recovery`() throws {
    var bare = self
    bare.sample.anchored = []
    #expect(try bare.findings(lost) == ["anchor@6", "anchor@8"])
    // One of before the recovery vouches for nothing of it.
    let early = AuditAnchor(
      epoch: 2, position: 4, link: try #require(sample.entries[3].seal?.linkText), count: 4)
    #expect(try bare.findings(lost + [early]) == ["anchor@6", "anchor@8"])
  }

  @Test func `without keys an anchor in the file vouches for no recovery, and one from elsewhere does`() throws {
    // Whoever has written the entries anew can add one, and sign it as he likes.
    var forged = self
    forged.sample.signer = AuditFileSample.forger
    let file = try forged.sample.file()
    let found = try AuditFileSample.verify(file, keys: nil, anchors: lost)
    #expect(found.findings.map(\.position) == [6, 8] && found.anchors.lost.isEmpty)
    let known = try sample.anchor(sample.entries[4]).anchor(verifier: nil)
    #expect(known.epoch == 2 && known.position == 5)
    let vouched = try AuditFileSample.verify(file, keys: nil, anchors: lost + [known])
    #expect(vouched.sound, "\(vouched.findings)")
    #expect(vouched.anchors.lost == [.init(position: 5, kept: 2, anchors: 2)])
  }

  @Test func `what was kept of the lost life has to agree, and what is of a later epoch as well`() throws {
    var rewritten = self
    rewritten.sample.entries[1].name = "other"
    rewritten.sample.seal(from: 1)
    #expect(try rewritten.findings(lost) == ["anchor@2"])
    var later = lost[2]
    later.epoch = 2
    #expect(try findings(lost + [later]) == ["anchor@6"])
    var beyond = lost[3]
    beyond.epoch = 2
    #expect(try findings(lost + [beyond]) == ["anchor@8"])
  }

  @Test func `where the trail does not say how far it was kept, all before the recovery has to agree`() throws {
    var earlier = self
    try earlier.recover(keeping: nil)
    #expect(try earlier.findings(lost) == [])
    // The third entry is another one than in the life that was lost.
    earlier.sample.entries[2].name = "other"
    earlier.sample.seal(from: 2)
    #expect(try earlier.findings(lost) == ["anchor@3"])
    var known = self
    known.sample.entries[2].name = "other"
    known.sample.seal(from: 2)
    #expect(try known.findings(lost) == [], "it may have been written between the restore and the recovery")
  }
}
