import Events
import Testing

@testable import Trail

/// Up to where an erasure vouches for names that are gone, to the position and the microsecond.
struct ErasureBoundsTests {
  private static let day: Int64 = 86_400_000_000

  /// `kind@position/id`.
  private static func text(_ verifier: AuditVerifier) -> [String] {
    verifier.findings.map { "\($0.kind.rawValue)@\($0.position)/\($0.id ?? 0)" }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var clear: Int
    var found: [String]
    /// Is given the trail as it was.
    var edit: @Sendable (inout AuditErasure, Chain) -> Void

    init(
      _ description: String, clear: Int = 3, _ found: [String],
      _ edit: @escaping @Sendable (inout AuditErasure, Chain) -> Void
    ) {
      (testDescription, self.clear, self.found, self.edit) = (description, clear, found, edit)
    }
  }

  static let cases: [Case] = [
    Case("names are kept for a year", []) { told, _ in told.days = 365 },
    // The whole stretch is told, where it begins.
    Case("before the last of them", ["person@1/1"]) { told, chain in told.before = chain.entries[3].at },
    Case("before the last of them, without one in clear", clear: 0, ["person@1/1"]) { told, chain in
      told.before = chain.entries[3].at
    },
    Case("before one that was rewritten", ["person@1/1", "entry@3/3"]) { told, chain in
      told.before = chain.entries[2].at
    },
    Case("all but the last", ["person@4/0"]) { told, _ in told.to = 3 },
    Case("up to one that has no name", clear: 0, ["person@3/0"]) { told, _ in told.to = 2 },
  ]

  @Test(arguments: cases)
  func `only names up to the position and before the moment that are told are vouched for`(example: Case) throws {
    var chain = ErasureTests.trail(clear: example.clear)
    let whole = chain
    try ErasureTests.erase(&chain, 1...4) { example.edit(&$0.erasure, whole) }
    #expect(Self.text(chain.verified()) == example.found)
  }

  @Test func `what is told of an erasure is told as it was, without the entries that were rewritten`() throws {
    var chain = ErasureTests.trail()
    let before = Timestamp(microseconds: chain.entries[3].at.microseconds + 1)
    try ErasureTests.erase(&chain, 1...4)
    let verifier = chain.verified()
    #expect(verifier.findings == [])
    let told = AuditErasure(from: 1, to: 4, before: before, days: 2192, names: 3, rewritten: [])
    #expect(verifier.erased == [told])
  }

  @Test func `only names from the position that is told are vouched for`() throws {
    var chain = ErasureTests.trail(clear: 0)
    try ErasureTests.erase(&chain, 1...3, telling: false)
    try ErasureTests.erase(&chain, 4...6)
    #expect(Self.text(chain.verified()) == ["person@1/1"])
  }

  @Test func `a single position is erased as well, and two erasures by other rules vouch together`() throws {
    var chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 1...3)
    try ErasureTests.erase(&chain, 4...4) { $0.erasure.days = 2191 }
    let verifier = chain.verified()
    #expect(verifier.findings == [])
    #expect(verifier.erased.map(\.from) == [1, 4] && verifier.erased.map(\.to) == [3, 4])
    #expect(verifier.erased.map(\.days) == [2192, 2191] && verifier.erased.map(\.names) == [2, 1])
  }

  @Test func `what comes after an erasure can not have been erased by it, also where no name is left`() throws {
    let all = ["entry@1/1", "person@1/1", "entry@3/3", "erasure@7/1006"]
    for (to, found) in [(6, []), (7, all)] as [(Int64, [String])] {
      var chain = ErasureTests.trail(6)
      try ErasureTests.erase(&chain, 1...6) { $0.erasure.to = to }
      #expect(Self.text(chain.verified()) == found, "\(to)")
      #expect(Self.text(chain.verified(isAtOneMoment: false)) == found, "\(to), in a file")
    }
  }

  @Test func `the rule leaves no name behind, be it a pseudonym after others or in clear`() throws {
    // What it leaves alone is put back afterwards.
    for (clear, kept, found) in [
      (0, 4, ["person@1", "erasure@10"]), (3, 1, ["entry@3", "person@3", "erasure@10"]),
      (3, 3, ["entry@1", "person@1", "person@4", "erasure@10"]),
    ] {
      var chain = ErasureTests.trail(clear: clear)
      let entry = chain.entries[kept - 1]
      try ErasureTests.erase(&chain, 1...4)
      chain.entries[kept - 1] = entry
      #expect(chain.findings() == found, "\(kept)")
    }
  }

  /// Of a file nothing is known of names that are left, so that only their order tells.
  @Test func `once a pseudonym stands in a file nothing after it is rewritten, whoever wrote in clear between`()
    throws
  {
    var chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 7...7, forging: [7])
    #expect(Self.text(chain.verified(isAtOneMoment: false)) == ["entry@7/7"])
    chain = ErasureTests.trail(4)
    for id: Int64 in 5...6 { chain.append(Chain.entry(id)) }
    try ErasureTests.erase(&chain, 6...6, forging: [6])
    #expect(Self.text(chain.verified(isAtOneMoment: false)) == ["entry@6/6"])
  }

  @Test func `a rewritten entry is up to a day older than one before it, to the microsecond`() throws {
    // Position 2 stands as it was sealed, a microsecond before the third.
    for (edit, found) in [(-Self.day - 1, []), (-Self.day - 2, ["entry@3/3"])] as [(Int64, [String])] {
      var chain = ErasureTests.trail()
      chain.entries[2].at = Timestamp(microseconds: chain.entries[2].at.microseconds + edit)
      try ErasureTests.erase(&chain, 1...4)
      #expect(Self.text(chain.verified()) == found, "\(edit)")
    }
  }

  @Test func `an erasure is up to a day younger than what comes after it, and is told once`() throws {
    var chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 1...4)
    let told = chain.entries[9].at.microseconds
    for (late, found) in [(Self.day, []), (Self.day + 1, ["erasure@10/1009"])] as [(Int64, [String])] {
      var later = chain
      for id: Int64 in [2000, 2001] {
        var entry = Chain.entry(id)
        entry.principal = "governance:clock"
        entry.at = Timestamp(microseconds: told - late)
        later.append(entry)
      }
      later.head = later.headAt(12)
      #expect(Self.text(later.verified()) == found, "\(late)")
    }
  }

  /// Whoever puts an entry between gives it a place that another has: that does not lengthen what is vouched for.
  @Test func `of two nameless entries in one place each is told`() {
    var chain = ErasureTests.trail(clear: 0)
    chain.entries[2].person = nil
    chain.entries.insert(chain.entries[2], at: 2)
    #expect(chain.findings() == ["order@3", "person@3", "person@3"])
  }

  @Test func `of very many names that are gone the first hundred are told in the order of the chain`() {
    var chain = Chain(0)
    // Each stretch is of one: those between keep their names.
    for id: Int64 in 1...300 {
      var entry = Chain.entry(id)
      let person = AuditPerson(name: "oidc:ada", salt: [1])
      (entry.principal, entry.person) = (person.pseudonym, id.isMultiple(of: 2) ? person : nil)
      chain.append(entry)
    }
    chain.head = chain.headAt(300)
    let verifier = chain.verified()
    let positions = (0..<100).map { Int64($0) * 2 + 1 }
    #expect(verifier.findings.map(\.position) == positions)
    #expect(verifier.findings.allSatisfy { $0.kind == .person && $0.id == $0.position })
    #expect(verifier.findingsOmitted == 50)
  }

  /// Walks the chain up to where an erasure is told of, and takes that entry without its place.
  private func verified(_ chain: Chain, unsealed entries: [AuditEntry]) -> AuditVerifier {
    var verifier = AuditVerifier(isAtOneMoment: true, now: Timestamp(microseconds: 4_000_000_000_000_000))
    for entry in chain.entries { verifier.check(entry) }
    for entry in entries { verifier.take(unsealed: entry) }
    verifier.finish(head: chain.headAt(chain.entries.count))
    return verifier
  }

  @Test func `an erasure vouches as soon as it is told, and once`() throws {
    var chain = ErasureTests.trail()
    try ErasureTests.erase(&chain, 1...4)
    let sealed = chain.entries.removeLast()
    var waiting = sealed
    waiting.seal = nil
    let silent = verified(chain, unsealed: [])
    #expect(Self.text(silent) == ["entry@1/1", "person@1/1", "entry@3/3"] && silent.erased == [])
    let told = verified(chain, unsealed: [waiting])
    #expect(told.findings == [] && told.erased.map(\.to) == [4])
    let twice = verified(chain, unsealed: [waiting, waiting])
    #expect(Self.text(twice) == ["erasure@0/1009"])
    // One that has its place is told where that is, and any other tells of nothing.
    chain.entries.append(sealed)
    let there = verified(chain, unsealed: [sealed, Chain.entry(3000)])
    #expect(there.findings == [] && there.erased.map(\.names) == [3])
  }

  /// Of a part the place before its first entry is believed.
  @Test func `a part of the chain is looked at from a place that is believed, and from no other`() {
    let chain = Chain(5)
    func found(after head: AuditHead, _ count: Int, anchored: Int64 = 0) -> [String] {
      var verifier = AuditVerifier(after: head, now: Timestamp(microseconds: 4_000_000_000_000_000))
      for entry in chain.entries.suffix(count) { verifier.check(entry) }
      verifier.finish(head: chain.head, anchored: anchored)
      return Self.text(verifier)
    }
    #expect(found(after: chain.headAt(2), 3, anchored: 5) == [])
    #expect(found(after: chain.headAt(5), 0) == [])
    #expect(found(after: chain.headAt(2), 2) == ["gap@4/10"])
    #expect(found(after: chain.headAt(3), 3) == ["order@3/7"])
    #expect(found(after: AuditHead(position: 2, link: chain.headAt(1).link), 3) == ["linkage@3/7"])
    #expect(found(after: chain.headAt(4), 0) == ["head@5/0"])
    #expect(found(after: chain.headAt(2), 3, anchored: 6) == ["anchor@6/0"])
  }
}
