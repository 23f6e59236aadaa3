import Events
import Testing

@testable import Trail

/// Of an entry that was rewritten nothing can be made again: what the chain holds on to all the same.
struct RewritingTests {
  private typealias Telling = ErasureTests.Telling

  private static let day: Int64 = 86_400_000_000

  @Test(arguments: [(3, 7), (3, 5), (0, 2), (0, 9)])
  func `nothing is rewritten once names are pseudonyms, however well it is told`(clear: Int, position: Int) throws {
    var chain = ErasureTests.trail(clear: clear)
    try ErasureTests.erase(&chain, 1...9, forging: [position])
    #expect(chain.findings() == ["entry@\(position)"])
  }

  /// Where the first names are pseudonyms, and all of them are rewritten, nothing that is sealed tells that they were.
  @Test func `the beginning of a trail can not be made anew once an anchor has told since when names are pseudonyms`()
    throws
  {
    var chain = ErasureTests.trail(clear: 0)
    let seal = try #require(chain.entries[8].seal)
    try ErasureTests.erase(&chain, 1...6, forging: [1, 3, 4, 6])
    #expect(chain.findings() == [], "by itself it is believed")
    var anchor = AuditAnchor(epoch: 1, position: 9, link: seal.linkText, count: 9)
    #expect(chain.findings(anchors: [anchor]) == [])
    for (from, found) in [(7, []), (5, [6]), (4, [4, 6]), (1, [1, 3, 4, 6])] as [(Int64, [Int])] {
      anchor.pseudonymsFrom = from
      #expect(chain.findings(anchors: [anchor]) == found.map { "entry@\($0)" }, "from \(from)")
    }
    // Of several the strictest counts: it does not change.
    var lax = anchor
    lax.pseudonymsFrom = 9
    #expect(chain.findings(anchors: [lax, anchor]) == [1, 3, 4, 6].map { "entry@\($0)" })
    // What the rule really does is believed.
    var sound = ErasureTests.trail(clear: 3)
    let link = try #require(sound.entries[8].seal).linkText
    try ErasureTests.erase(&sound, 1...6)
    let told = AuditAnchor(epoch: 1, position: 9, link: link, count: 9, pseudonymsFrom: 4)
    #expect(sound.findings(anchors: [told]) == [])
  }

  @Test func `nothing is rewritten after names were erased`() throws {
    var chain = ErasureTests.trail(3)
    try ErasureTests.erase(&chain, 1...3)
    // As if somebody had written without pseudonyms again.
    var late = Chain.entry(2000)
    late.at = Timestamp(microseconds: chain.entries[3].at.microseconds + 1)
    chain.append(late)
    try ErasureTests.erase(&chain, 4...5)
    #expect(chain.findings() == ["entry@5"])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var edit: @Sendable (inout ErasureTests.Telling) -> Void
  }

  static let cases: [Case] = [
    Case(testDescription: "somebody else tells of it", edit: { $0.entry.principal = "key:1" }),
    Case(testDescription: "it is about something else", edit: { $0.entry.name = "x" }),
    Case(testDescription: "names are kept for less than a year", edit: { $0.erasure.days = 364 }),
    Case(testDescription: "names are kept for ever", edit: { $0.erasure.days = .max }),
    Case(
      testDescription: "it is early by a microsecond",
      edit: { $0.entry.at = Timestamp(microseconds: $0.entry.at.microseconds - 1) }),
    Case(testDescription: "it looked at what comes later", edit: { $0.erasure.to = 10 }),
    Case(testDescription: "it looked at what is before all", edit: { $0.erasure.from = 0 }),
    Case(testDescription: "a position out of any range", edit: { $0.erasure.from = .min }),
    Case(
      testDescription: "it rewrote where it did not look",
      edit: { $0.erasure.rewritten.append(.init(position: 9, remains: "")) }),
    Case(
      testDescription: "it rewrote before where it looked",
      edit: {
        $0.erasure.rewritten.insert(.init(position: -1, remains: ""), at: 0)
      }),
    Case(
      testDescription: "it rewrote an entry twice",
      edit: { $0.erasure.rewritten.append($0.erasure.rewritten[1]) }),
  ]

  @Test(arguments: cases)
  func `an erasure that the rule can not have done is found, and vouches for nothing`(example: Case) throws {
    var chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 1...6)
    #expect(chain.findings() == [])
    chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 1...6, example.edit)
    #expect(chain.findings() == ["entry@1", "person@1", "entry@3", "erasure@10"])
    #expect(chain.verified().erased == [])
  }

  @Test func `an erasure of the future is found, while it is the future and afterwards`() throws {
    var chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 1...4)
    let told = chain.entries[9].at.microseconds
    #expect(chain.verified(now: told - Self.day).findings == [])
    #expect(chain.verified(now: told - Self.day - 1).findings.map(\.kind).contains(.erasure))
    for (late, found) in [(0, []), (Self.day + 1, ["erasure@10"])] {
      var later = chain
      var entry = Chain.entry(2000)
      entry.principal = "governance:clock"
      entry.at = Timestamp(microseconds: told - late)
      later.append(entry)
      later.head = later.headAt(11)
      #expect(later.findings() == found)
    }
  }

  @Test func `what was erased is not erased again`() throws {
    var chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 1...3)
    let remains = try #require(AuditErasure(chain.entries[9])).rewritten
    try ErasureTests.erase(&chain, 3...6) { $0.erasure.rewritten = [remains[1]] }
    #expect(chain.findings() == ["person@4", "erasure@11"])
  }

  @Test func `the moment of a rewritten entry is what those around it allow`() throws {
    for (edit, isFound) in [(-Self.day, false), (-Self.day - 3, true), (Self.day, true)] {
      var chain = ErasureTests.trail()
      chain.entries[2].at = Timestamp(microseconds: chain.entries[2].at.microseconds + edit)
      try ErasureTests.erase(&chain, 1...4)
      #expect(chain.findings().contains("entry@3") == isFound, "\(edit)")
    }
  }

  @Test func `the rule leaves no name behind, and tells of no rewriting that was none`() throws {
    var chain = ErasureTests.trail()
    let kept = chain.entries[3]
    try ErasureTests.erase(&chain, 1...4)
    chain.entries[3] = kept
    #expect(chain.findings() == ["entry@1", "person@1", "entry@3", "erasure@10"])
    // Of an export that was continued the first part is as it stood before.
    #expect(chain.verified(isAtOneMoment: false).findings == [])
    var other = ErasureTests.trail()
    try ErasureTests.erase(&other, 1...4) { $0.erasure.rewritten.insert(.init(position: 2, remains: ""), at: 1) }
    #expect(other.findings() == ["entry@2"])
    #expect(other.verified(isAtOneMoment: false).findings == [])
  }

  /// By an instance of an earlier version, beside newer ones.
  @Test func `a name that was sealed in clear after pseudonyms stays, and is no finding`() throws {
    var chain = ErasureTests.trail(4)
    chain.append(Chain.entry(5))
    try ErasureTests.erase(&chain, 1...4)
    #expect(chain.findings() == [])
    chain = ErasureTests.trail(4)
    chain.append(Chain.entry(5))
    var person = Chain.entry(6)
    person.person = AuditPerson(name: "oidc:ada", salt: [1])
    person.principal = person.person?.pseudonym ?? ""
    chain.append(person)
    let late = chain.entries[4]
    try ErasureTests.erase(&chain, 1...6) { $0.erasure.rewritten.removeLast() }
    chain.entries[4] = late
    #expect(chain.findings() == [])
  }
}
