import Contract
import Crypto
import Events
import Foundation
import TestSupport
import Testing
import Trail

@testable import CLI

/// An exported trail is verified with nothing but the file, governance's public keys, and anchors from elsewhere.
struct AuditFileTests {
  @Test func `what was exported is sound, and says what vouches for it`() throws {
    let sample = AuditFileSample(6, anchored: [3, 5])
    let verification = try AuditFileSample.verify(try sample.file())
    #expect(verification.sound && verification.findings == [])
    #expect(verification.entries == 6 && verification.from == 1 && verification.position == 6)
    #expect(verification.link == sample.entries[5].seal?.linkText)
    #expect(
      verification.anchors
        == .init(
          agreeing: 2, position: 5, verified: true, outside: 0, unknownKey: 0, beyond: 1))
    let alone = try AuditFileSample.verify(try sample.file(), keys: nil)
    #expect(
      alone.sound
        && alone.anchors
          == .init(
            agreeing: 2, position: 5, verified: false, outside: 0, unknownKey: 0, beyond: 1)
    )
    let text = AuditText.render(alone, language: .en)
    #expect(text.contains("signatures NOT verified"))
    #expect(text.contains("for which nothing else vouches: 1"))
  }

  @Test func `anchors of years ago are by keys of years ago, and a tail without any vouches for nothing`() throws {
    var sample = AuditFileSample(6, anchored: [3])
    let old = EventSigner(Curve25519.Signing.PrivateKey())
    var lines = try sample.lines()
    lines.insert(.anchor(try sample.anchor(sample.entries[0], by: old)), at: 1)
    let file = try AuditFileSample.file(lines)
    let both = try AuditFileSample.verify(file, keys: [AuditFileSample.signer, old])
    #expect(both.sound && both.anchors.agreeing == 2 && both.anchors.unknownKey == 0)
    let one = try AuditFileSample.verify(file)
    #expect(one.sound && one.anchors.agreeing == 1 && one.anchors.unknownKey == 1 && one.anchors.beyond == 3)
    #expect(AuditText.render(one, language: .en).contains("by a key not given: 1"))
    for (days, isSound) in [(1, true), (3, false)] {
      sample.entries[5].at = Timestamp(microseconds: sample.entries[2].at.microseconds + Int64(days) * 86_400_000_000)
      sample.seal(from: 5)
      let late = try AuditFileSample.verify(try sample.file())
      #expect(late.sound == isSound && late.findings.map(\.kind) == (isSound ? [] : ["anchor"]), "\(days) days")
    }
  }

  @Test func `anchors by keys that are not given are told of, also where no other agrees`() throws {
    let sample = AuditFileSample(6, anchored: [3, 5])
    let found = try AuditFileSample.verify(try sample.file(), keys: [AuditFileSample.forger])
    #expect(!found.sound && found.anchors.agreeing == 0 && found.anchors.unknownKey == 2)
    let english = AuditText.render(found, language: .en)
    #expect(
      english.contains("anchors that agree: none; nothing but the file itself vouches for it; by a key not given: 2"),
      "\(english)")
    let french = AuditText.render(found, language: .fr)
    #expect(
      french.contains("ancres concordantes : aucune ;") && french.contains("répond ; d'une clé absente de --keys : 2"),
      "\(french)")
    let bare = try AuditFileSample.verify(try AuditFileSample(2, anchored: []).file(), keys: nil)
    let text = AuditText.render(bare, language: .en)
    #expect(text.contains("anchors that agree: none") && !text.contains("by a key not given"), "\(text)")
  }

  @Test func `a tail that is too long is not made shorter by its last entry`() throws {
    var sample = AuditFileSample(6, anchored: [3])
    for (index, days) in [(4, Int64(3)), (5, 1)] {
      sample.entries[index].at = Timestamp(microseconds: sample.entries[2].at.microseconds + days * 86_400_000_000)
    }
    sample.seal(from: 4)
    #expect(try AuditFileSample.verify(try sample.file()).findings.map { "\($0.kind)@\($0.position)" } == ["anchor@4"])
    // What an anchor vouches for is no tail.
    sample.anchored = [3, 6]
    #expect(try AuditFileSample.verify(try sample.file()).sound)
  }

  @Test func `an empty trail, and a part of one, are sound`() throws {
    #expect(try AuditFileSample.verify(try AuditFileSample.file([]), keys: nil).sound)
    let sample = AuditFileSample(6, anchored: [5])
    let part = try AuditFileSample.verify(
      try AuditFileSample.file(Array(try sample.lines().dropFirst(3)), from: 4))
    #expect(part.sound && part.from == 4 && part.entries == 3)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The first finding, `kind@position`.
    var first: String
    var tamper: @Sendable (inout AuditFileSample) throws -> [UInt8]
  }

  private static func edit(_ edit: @escaping @Sendable (inout AuditEntry) -> Void)
    -> @Sendable (
      inout AuditFileSample
    ) throws -> [UInt8]
  {
    { sample in
      edit(&sample.entries[2])
      return try sample.file()
    }
  }

  /// Changes what the line says beside the body.
  private static func show(_ edit: @escaping @Sendable (inout AuditEntryView) -> Void)
    -> @Sendable (
      inout AuditFileSample
    ) throws -> [UInt8]
  {
    { sample in
      try AuditFileSample.file(
        try sample.lines().map { line in
          guard case .entry(var view) = line, view.seal?.position == 3 else { return line }
          edit(&view)
          return .entry(view)
        })
    }
  }

  /// Each by somebody who writes the file anew, its last line included.
  static let cases: [Case] = [
    Case(testDescription: "the id", first: "entry@3", tamper: edit { $0.id += 1 }),
    Case(testDescription: "the moment", first: "entry@3", tamper: edit { $0.at = Timestamp(microseconds: 0) }),
    Case(testDescription: "the name of who did it", first: "person@3", tamper: edit { $0.person?.name = "oidc:u-9" }),
    Case(testDescription: "the pseudonym's chance", first: "person@3", tamper: edit { $0.person?.salt[0] ^= 1 }),
    Case(testDescription: "no name any more", first: "person@3", tamper: edit { $0.person = nil }),
    Case(
      testDescription: "another person, pseudonym and all", first: "entry@3",
      tamper: edit {
        let other = AuditPerson(name: "oidc:u-9", salt: [UInt8](repeating: 1, count: 16))
        $0.person = other
        $0.principal = other.pseudonym
      }),
    Case(
      testDescription: "an entry that says it was erased", first: "entry@3",
      tamper: edit {
        $0.person = nil
        $0.principal = AuditPerson.erased
      }),
    Case(
      testDescription: "an entry that was rewritten, and told of as the rule tells", first: "entry@3",
      tamper: { sample in
        try sample.rewrite([3], fallenDueAfter: 5)
        return try sample.file()
      }),
    Case(testDescription: "the action", first: "entry@3", tamper: edit { $0.action = "removed" }),
    Case(testDescription: "the kind", first: "entry@3", tamper: edit { $0.kind = "Cluster" }),
    Case(testDescription: "the name", first: "entry@3", tamper: edit { $0.name = "p" }),
    Case(testDescription: "the body", first: "body@3", tamper: edit { $0.body[3] ^= 1 }),
    Case(
      testDescription: "the body and its digest", first: "entry@3",
      tamper: edit {
        $0.body = Array("{}".utf8)
        $0.digest = Array(Hash.sha256("{}"))
      }),
    Case(testDescription: "the place", first: "order@2", tamper: edit { $0.seal?.position = 2 }),
    Case(testDescription: "the link before", first: "entry@3", tamper: edit { $0.seal?.previous[0] ^= 1 }),
    Case(testDescription: "the link", first: "entry@3", tamper: edit { $0.seal?.link[0] ^= 1 }),
    Case(
      testDescription: "roles that the body does not say", first: "body@3",
      tamper: show { $0.roles = ["governance-admin"] }),
    Case(testDescription: "a trace that the body does not say", first: "body@3", tamper: show { $0.traceparent = nil }),
    Case(
      testDescription: "a reason that the body does not say", first: "body@3",
      tamper: show { $0.reason = "Autre motif" }),
    Case(testDescription: "no reason any more", first: "body@3", tamper: show { $0.reason = nil }),
    Case(
      testDescription: "an entry is gone", first: "gap@4",
      tamper: { sample in
        sample.entries.remove(at: 2)
        return try sample.file()
      }),
    Case(
      testDescription: "the first is gone", first: "gap@1",
      tamper: { sample in
        let file = try sample.file()
        return Array(file.drop { $0 != UInt8(ascii: "\n") }.dropFirst())
      }),
    Case(
      testDescription: "two changed places", first: "order@3",
      tamper: { sample in
        sample.entries.swapAt(2, 3)
        return try sample.file()
      }),
    Case(
      testDescription: "one was added at the end", first: "entry@7",
      tamper: { sample in
        var stranger = AuditFileSample.entry(99)
        stranger.seal = sample.entries[5].seal
        stranger.seal?.position = 7
        sample.entries.append(stranger)
        return try sample.file()
      }),
    Case(
      testDescription: "the chain was made anew, with the old anchors", first: "anchor@3",
      tamper: { sample in
        let anchors = try [2, 4].map { try sample.anchor(sample.entries[$0]) }
        sample.entries[1].name = "other"
        sample.seal(from: 1)
        sample.anchored = []
        var lines = try sample.lines()
        lines.insert(.anchor(anchors[0]), at: 3)
        lines.insert(.anchor(anchors[1]), at: 6)
        return try AuditFileSample.file(lines)
      }),
    Case(
      testDescription: "the chain was made anew, with anchors by another key", first: "anchor@6",
      tamper: { sample in
        sample.entries[1].name = "other"
        sample.seal(from: 1)
        sample.signer = AuditFileSample.forger
        return try sample.file()
      }),
    Case(
      testDescription: "the chain was made anew, without anchors", first: "anchor@6",
      tamper: { sample in
        sample.entries[1].name = "other"
        sample.seal(from: 1)
        sample.anchored = []
        return try sample.file()
      }),
    Case(
      testDescription: "an anchor stands after another entry", first: "anchor@4",
      tamper: { sample in
        let anchor = try sample.anchor(sample.entries[2])
        sample.anchored = [5]
        var lines = try sample.lines()
        lines.insert(.anchor(anchor), at: 4)
        return try AuditFileSample.file(lines)
      }),
    Case(
      testDescription: "the file is cut within a line", first: "line@6",
      tamper: { sample in
        let lines = try sample.file().split(separator: UInt8(ascii: "\n"))
        return Array(lines.dropLast(2).joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
          + Array(lines[lines.count - 2].dropLast(5))
      }),
    Case(
      testDescription: "the file is cut between lines", first: "cut@7",
      tamper: { sample in
        let lines = try sample.file().split(separator: UInt8(ascii: "\n"))
        return Array(lines.dropLast().joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
      }),
    Case(
      testDescription: "its tail is another trail's", first: "linkage@4",
      tamper: { sample in
        var other = AuditFileSample(6, anchored: [5])
        other.entries[0].name = "other"
        other.seal()
        return try AuditFileSample.file(Array(try sample.lines().prefix(4)) + Array(try other.lines().dropFirst(3)))
      }),
    Case(
      testDescription: "the last line of a shorter one", first: "end@6",
      tamper: { sample in
        let whole = try sample.file()
        sample.entries.removeLast()
        let shorter = try sample.file()
        let newline = UInt8(ascii: "\n")
        let end = shorter.split(separator: newline).last ?? []
        return Array(whole.split(separator: newline).dropLast().joined(separator: [newline])) + [newline] + end + [
          newline
        ]
      }),
    Case(
      testDescription: "something follows the last line", first: "end@6",
      tamper: { sample in try sample.file() + Array("{}\n".utf8) }),
    Case(
      testDescription: "a member that nobody reads", first: "line@4",
      tamper: { sample in
        let text = String(decoding: try sample.file(), as: UTF8.self)
        return Array(text.replacingOccurrences(of: #""name":"p7""#, with: #""name":"p7","note":"x""#).utf8)
      }),
  ]

  @Test(arguments: cases)
  func `each tampering is found, where it is first`(example: Case) throws {
    var sample = AuditFileSample(6, anchored: [3, 5])
    let verification = try AuditFileSample.verify(try example.tamper(&sample))
    #expect(!verification.sound)
    let first = try #require(verification.findings.first)
    #expect("\(first.kind)@\(first.position)" == example.first, "\(verification.findings)")
    #expect(AuditText.render(verification, language: .fr).contains("ALTÉRÉ"))
  }

  @Test func `anchors from elsewhere are compared, whoever has written the file`() throws {
    var sample = AuditFileSample(6, anchored: [3, 5])
    let known = try [2, 4].map { try sample.anchor(sample.entries[$0]).anchor(verifier: nil) }
    #expect(try AuditFileSample.verify(try sample.file(), keys: nil, anchors: known).anchors.agreeing == 4)
    sample.entries[3].name = "other"
    sample.seal(from: 3)
    let found = try AuditFileSample.verify(try sample.file(), keys: nil, anchors: known)
    #expect(found.findings.map { "\($0.kind)@\($0.position)" } == ["anchor@5"], "governance made no such link")
    // The last entries are gone, and the file knows nothing of it.
    let short = AuditFileSample(4, anchored: [3])
    let cut = try AuditFileSample.verify(try short.file(), keys: nil, anchors: known)
    #expect(cut.findings.map { "\($0.kind)@\($0.position)" } == ["anchor@5"])
    // What is from before a part is told, and compared with nothing.
    let part = try AuditFileSample.file(
      Array(try AuditFileSample(6, anchored: []).lines().dropFirst(3)), from: 4)
    #expect(try AuditFileSample.verify(part, keys: nil, anchors: known).anchors.outside == 1)
  }

  /// Where all names up to there were rewritten, nothing in the chain tells that they were pseudonyms.
  @Test func `the beginning can not be rewritten once an anchor of the file, or from elsewhere, says since when`()
    throws
  {
    var sample = AuditFileSample(6, anchored: [5, 6])
    try sample.rewrite([1, 3], fallenDueAfter: 5)
    #expect(try AuditFileSample.verify(try sample.file()).findings == [], "by itself it is believed")
    let file = try sample.file()
    sample.pseudonymsFrom = 2
    let told = try AuditFileSample.verify(try sample.file())
    #expect(told.findings.map { "\($0.kind)@\($0.position)" } == ["entry@3"])
    // One that is strict and agrees is enough, wherever it is from; one that does not agree says nothing of this chain.
    let elsewhere = try sample.anchor(sample.entries[4]).anchor(verifier: nil)
    var strict = elsewhere
    strict.pseudonymsFrom = 1
    var other = strict
    other.link = String(strict.link.reversed())
    let found = try AuditFileSample.verify(file, keys: nil, anchors: [elsewhere, strict])
    #expect(found.findings.map { "\($0.kind)@\($0.position)" } == ["entry@1", "entry@3"])
    let foreign = try AuditFileSample.verify(file, keys: nil, anchors: [other])
    #expect(foreign.findings.map { "\($0.kind)@\($0.position)" } == ["anchor@5"])
  }

  @Test func `whatever byte of a file is changed, it is found`() throws {
    let sample = AuditFileSample(4, anchored: [2, 4])
    let file = try sample.file()
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    for round in 0..<1500 {
      var damaged = file
      let index = Int.random(in: damaged.indices, using: &dice)
      damaged[index] ^= UInt8.random(in: 1...255, using: &dice)
      let found = try AuditFileSample.verify(damaged)
      #expect(!found.sound, "seed \(seed), round \(round): byte \(index) made \(damaged[index])")
    }
  }
}

private enum Hash {
  static func sha256(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}
