import Crypto
import Events
import TestSupport
import Testing

@testable import Trail

/// The chain and its verifier, without a database.
struct AuditVerifierTests {
  @Test func `what the sealer made is sound`() {
    for count in [0, 1, 2, 7] {
      let chain = Chain(count)
      #expect(chain.findings() == [], "\(count) entries")
    }
  }

  /// The documented bytes, put together here a second time.
  @Test func `a link is the hash of the documented bytes`() {
    let entry = AuditEntry(
      id: 258, at: Timestamp(microseconds: 1_000_000), principal: "é", action: "", kind: "K", name: "n", body: [1],
      digest: [UInt8](repeating: 7, count: 32))
    let previous = [UInt8](repeating: 9, count: 32)
    var bytes = Array("regie.audit.link.v1".utf8) + previous
    bytes += [0, 0, 0, 0, 0, 0, 0, 2] + [0, 0, 0, 0, 0, 0, 1, 2] + [0, 0, 0, 0, 0, 0x0f, 0x42, 0x40]
    bytes += [0, 0, 0, 2, 0xc3, 0xa9] + [0, 0, 0, 0] + [0, 0, 0, 1, 0x4b] + [0, 0, 0, 1, 0x6e] + entry.digest
    #expect(AuditChain.link(after: previous, position: 2, entry: entry) == Array(SHA256.hash(data: bytes)))
  }

  @Test func `texts that meet in another place make another link`() {
    var (left, right) = (Chain.entry(1), Chain.entry(1))
    (left.kind, left.name) = ("Pro", "jectalpha")
    (right.kind, right.name) = ("Project", "alpha")
    let links = [left, right].map { AuditChain.link(after: AuditChain.origin, position: 1, entry: $0) }
    #expect(links[0] != links[1])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var tamper: @Sendable (inout Chain) -> Void
    var found: [String]
  }

  static let cases: [Case] = [
    Case(testDescription: "a body was edited", tamper: { $0.entries[2].body = [0] }, found: ["body@3"]),
    Case(
      testDescription: "a body was edited, and its digest with it",
      tamper: {
        $0.entries[2].body = [0]
        $0.entries[2].digest = Hashing.sha256([0])
      }, found: ["entry@3"]),
    Case(testDescription: "somebody else is named", tamper: { $0.entries[2].principal = "x" }, found: ["entry@3"]),
    Case(
      testDescription: "a moment was moved by a microsecond",
      tamper: { $0.entries[2].at = Timestamp(microseconds: $0.entries[2].at.microseconds + 1) }, found: ["entry@3"]),
    Case(
      testDescription: "an entry was edited and linked anew", tamper: { $0.forge(2) { $0.name = "x" } },
      found: ["linkage@4"]),
    Case(
      testDescription: "the last entry was edited and linked anew", tamper: { $0.forge(4) { $0.name = "x" } },
      found: ["head@5"]),
    Case(
      testDescription: "an entry and all after it were made anew", tamper: { $0.remake(from: 2) { $0.name = "x" } },
      found: ["head@5"]),
    Case(testDescription: "the first was deleted", tamper: { $0.entries.removeFirst() }, found: ["gap@2-1"]),
    Case(testDescription: "one was deleted", tamper: { $0.entries.remove(at: 2) }, found: ["gap@4-3"]),
    Case(testDescription: "two were deleted", tamper: { $0.entries.removeSubrange(1...2) }, found: ["gap@4-2"]),
    Case(testDescription: "the last was deleted", tamper: { $0.entries.removeLast() }, found: ["head@5"]),
    Case(testDescription: "all were deleted", tamper: { $0.entries = [] }, found: ["head@5"]),
    Case(
      testDescription: "one was added at the end",
      tamper: { $0.append(Chain.entry(99)) }, found: ["head@5"]),
    Case(
      testDescription: "one was put between, under a position that is there twice",
      tamper: { chain in
        let copy = chain.entries[2]
        chain.entries.insert(copy, at: 2)
      }, found: ["order@3"]),
    Case(
      testDescription: "two changed places",
      tamper: { chain in
        let seals = (chain.entries[1].seal, chain.entries[2].seal)
        chain.entries.swapAt(1, 2)
        (chain.entries[1].seal, chain.entries[2].seal) = seals
      }, found: ["entry@2", "entry@3"]),
    Case(
      testDescription: "the head was put back", tamper: { chain in chain.head = chain.headAt(3) }, found: ["head@3"]),
    Case(
      testDescription: "positions are out of any range",
      tamper: {
        $0.entries[0].seal?.position = .min
        $0.entries[4].seal?.position = .max
      },
      found: [
        "order@-9223372036854775808", "entry@-9223372036854775808", "gap@2--9223372036854775807",
        "gap@9223372036854775807-5", "entry@9223372036854775807", "head@5",
      ]),
  ]

  @Test(arguments: cases)
  func `each tampering is found, where it is`(example: Case) {
    var chain = Chain(5)
    example.tamper(&chain)
    #expect(chain.findings() == example.found)
  }

  @Test func `of very many findings the first hundred are told, the rest are counted`() {
    var chain = Chain(150)
    for index in chain.entries.indices { chain.entries[index].body = [0] }
    let verifier = chain.verified()
    #expect(verifier.findings.count == 100)
    #expect(verifier.findingsOmitted == 50)
    #expect(verifier.entries == 150)
  }

  @Test func `an anchor of another link, or of what the chain does not reach, is found`() {
    func found(_ chain: Chain, _ anchors: [AuditAnchor], anchored: Int64 = 0) -> [String] {
      chain.verified(anchors: anchors, anchored: anchored).findings.map {
        "\($0.kind.rawValue)@\($0.position)" + ($0.subject.map { " \($0)" } ?? "")
      }
    }
    var chain = Chain(5)
    let anchors = chain.entries.compactMap(\.seal).map {
      AuditAnchor(epoch: 1, position: $0.position, link: $0.linkText, count: $0.position)
    }
    #expect(found(chain, anchors, anchored: 5) == [])
    #expect(found(chain, [], anchored: 6) == ["anchor@6 6"])
    var other = anchors[3]
    other.count = 3
    #expect(found(chain, [anchors[3], other]) == ["anchor@4"])
    // Cut, head and all.
    chain.entries.removeLast(2)
    chain.head = chain.headAt(3)
    #expect(found(chain, []) == [])
    #expect(found(chain, anchors) == ["anchor@4 5"])
    // Made anew, head and all.
    chain = Chain(5)
    chain.remake(from: 2) { $0.name = "x" }
    chain.head = chain.headAt(5)
    #expect(found(chain, anchors) == ["anchor@3", "anchor@4", "anchor@5"])
    chain = Chain(0)
    #expect(found(chain, [anchors[1]]) == ["anchor@1 2"])
  }

  @Test func `entries that wait are passed over`() {
    var chain = Chain(3)
    chain.entries.append(Chain.entry(9))
    #expect(chain.findings() == [])
    #expect(chain.verified().entries == 3)
  }

  /// Random chains, one random tampering each: whatever it is, it is found.
  @Test func `any single edit, deletion, swap or insertion of sealed entries is found`() {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    for round in 0..<2000 {
      var chain = Chain(Int.random(in: 1...12, using: &dice))
      let what = chain.tamperAtRandom(&dice)
      #expect(!chain.findings().isEmpty, "seed \(seed), round \(round): \(what) was not found")
    }
  }
}

/// A sealed chain, to tamper with.
struct Chain {
  var entries: [AuditEntry]
  var head: AuditHead

  init(_ count: Int) {
    entries = []
    head = .origin
    for number in 0..<count { append(Self.entry(Int64(number) * 3 + 1)) }
    head = headAt(count)
  }

  static func entry(_ id: Int64) -> AuditEntry {
    let body = Array("{\"id\":\(id)}".utf8)
    return AuditEntry(
      id: id, at: Timestamp(microseconds: 1_790_000_000_000_000 + id), principal: "oidc:ada", action: "decided",
      kind: "Project", name: "p\(id)", body: body, digest: Hashing.sha256(body))
  }

  func headAt(_ position: Int) -> AuditHead {
    guard position > 0, let seal = entries[position - 1].seal else { return .origin }
    return AuditHead(position: seal.position, link: seal.link)
  }

  /// Links one more entry to the last, without the head.
  mutating func append(_ entry: AuditEntry) {
    let places = AuditChain.seals(of: [entry], after: headAt(entries.count))
    var sealed = entry
    sealed.seal = places.first.map {
      AuditSeal(position: $0.head.position, previous: $0.previous, link: $0.head.link, sealedAt: entry.at)
    }
    entries.append(sealed)
  }

  /// Changes an entry and gives it the link that fits.
  mutating func forge(_ index: Int, _ edit: (inout AuditEntry) -> Void) {
    var entry = entries[index]
    edit(&entry)
    guard let seal = entry.seal else { return }
    let link = AuditChain.link(after: seal.previous, position: seal.position, entry: entry)
    entry.seal?.link = link
    entries[index] = entry
  }

  /// Changes an entry and links all from there on anew.
  mutating func remake(from index: Int, _ edit: (inout AuditEntry) -> Void) {
    var rest = Array(entries[index...])
    edit(&rest[0])
    entries.removeSubrange(index...)
    for entry in rest { append(entry) }
  }

  /// Long after, unless it is said when.
  func verified(
    anchors: [AuditAnchor] = [], anchored: Int64 = 0, isAtOneMoment: Bool = true, now: Int64 = 4_000_000_000_000_000
  ) -> AuditVerifier {
    var verifier = AuditVerifier(
      anchors: anchors, isAtOneMoment: isAtOneMoment, now: Timestamp(microseconds: now))
    for entry in entries { verifier.check(entry) }
    verifier.finish(head: head, anchored: anchored)
    return verifier
  }

  /// `kind@position`, for a gap with the first missing position.
  func findings(anchors: [AuditAnchor] = []) -> [String] {
    verified(anchors: anchors).findings.map { "\($0.kind.rawValue)@\($0.position)" + ($0.from.map { "-\($0)" } ?? "") }
  }

  mutating func tamperAtRandom(_ dice: inout Dice) -> String {
    let index = Int.random(in: entries.indices, using: &dice)
    func flipped(_ bytes: [UInt8]) -> [UInt8] {
      var bytes = bytes
      if bytes.isEmpty { return [1] }
      bytes[Int.random(in: bytes.indices, using: &dice)] ^= 1 << UInt8.random(in: 0...7, using: &dice)
      return bytes
    }
    switch Int.random(in: 0..<16, using: &dice) {
    case 0: entries[index].id += Int64.random(in: 1...9, using: &dice)
    case 1: entries[index].at = Timestamp(microseconds: entries[index].at.microseconds - 1)
    case 2: entries[index].principal += "x"
    case 3: entries[index].action = ""
    case 4: entries[index].kind += "\u{0}"
    case 5: entries[index].name = String(entries[index].name.dropLast())
    case 6: entries[index].body = flipped(entries[index].body)
    case 7: entries[index].digest = flipped(entries[index].digest)
    case 8: entries[index].seal?.position += [-2, -1, 1, 2].randomElement(using: &dice) ?? 1
    case 9:
      entries[index].seal = entries[index].seal.map { seal in
        AuditSeal(position: seal.position, previous: flipped(seal.previous), link: seal.link, sealedAt: seal.sealedAt)
      }
    case 10:
      entries[index].seal = entries[index].seal.map { seal in
        AuditSeal(position: seal.position, previous: seal.previous, link: flipped(seal.link), sealedAt: seal.sealedAt)
      }
    case 11: entries.remove(at: index)
    case 12: entries[index].seal = nil
    case 13: entries.insert(entries[Int.random(in: entries.indices, using: &dice)], at: index)
    case 14:
      var stranger = Self.entry(1000)
      stranger.seal = entries[index].seal
      entries.insert(stranger, at: index)
    default:
      guard entries.count > 1 else {
        entries = []
        return "deleting the only entry"
      }
      let other = (index + Int.random(in: 1..<entries.count, using: &dice)) % entries.count
      let seals = (entries[index].seal, entries[other].seal)
      (entries[index].seal, entries[other].seal) = (seals.1, seals.0)
      entries.swapAt(index, other)
    }
    return "after it: \(entries.map { "\($0.id)/\($0.seal?.position ?? 0)" })"
  }
}
