import Events
import Foundation
import Testing

@testable import Trail

/// Versions of the policy and results of impacts are compared with what the trail tells, and what is gone is missed.
struct ToldVersionTests {
  typealias Stored = ToldPolicy.Version

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var isFound: Bool
    var edit: @Sendable (inout Stored) -> Void

    init(_ description: String, _ isFound: Bool, _ edit: @escaping @Sendable (inout Stored) -> Void) {
      (testDescription, self.isFound, self.edit) = (description, isFound, edit)
    }
  }

  private static let ratified = Stored(
    number: 2, digest: "d1", effectiveAt: ToldSample.at(100), origin: "ratified", proposal: ToldSample.id,
    principal: "oidc:ada")
  private static let carried = Stored(
    number: 3, digest: "d9", effectiveAt: ToldSample.at(200), origin: "carried", proposal: ToldSample.other,
    principal: "oidc:ada")

  static let ofTheBoard: [Case] = [
    Case("nothing", false) { _ in },
    Case("the text", true) { $0.digest = "x" },
    Case("a text that can not be read", true) { $0.digest = nil },
    Case("since when", true) { $0.effectiveAt = ToldSample.at(101) },
    Case("how the board made it", true) { $0.origin = "carried" },
    Case("whose proposal it was", true) { $0.proposal = ToldSample.other },
    Case("no proposal", true) { $0.proposal = nil },
    Case("who has made it", true) { $0.principal = "oidc:eve" },
    Case("a name that is gone", false) { $0.principal = nil },
  ]

  @Test(arguments: ofTheBoard)
  func `a version of the board that is stored otherwise than it is told is found`(example: Case) {
    var stored = Self.ratified
    example.edit(&stored)
    var told = ToldSample.told(ToldSample.acts)
    let found = told.check(stored)
    #expect(ToldSample.text(found) == (example.isFound ? ["version@8/80 2"] : []))
  }

  /// Only of one that is carried it is not known then.
  @Test func `whose proposal a version was is known without its being told, unless it is carried`() {
    let acts = ToldSample.acts.map { act in
      var act = act
      var text = String(decoding: act.body, as: UTF8.self)
      for id in [ToldSample.id, ToldSample.other] { text = text.replacing(#","proposal":"\#(id)""#, with: "") }
      act.body = Array(text.utf8)
      return act
    }
    for (version, proposal, found) in [
      (Self.ratified, ToldSample.id, []), (Self.ratified, ToldSample.other, ["version@8/80 2"]),
      (Self.carried, ToldSample.id, []), (Self.carried, ToldSample.other, []),
    ] as [(Stored, UUID, [String])] {
      var (stored, told) = (version, ToldSample.told(acts))
      stored.proposal = proposal
      let findings = told.check(stored)
      #expect(ToldSample.text(findings) == found, "\(version.number), \(proposal)")
    }
    var (other, told) = (Self.carried, ToldSample.told(ToldSample.acts))
    other.proposal = ToldSample.id
    let findings = told.check(other)
    #expect(ToldSample.text(findings) == ["version@8/80 3"], "where it is told it is compared")
  }

  @Test func `a version that the trail does not tell of is found`() {
    var stored = Self.ratified
    stored.number = 9
    var told = ToldSample.told(ToldSample.acts)
    let board = told.check(stored)
    (stored.origin, stored.proposal) = (nil, nil)
    let direct = told.check(stored)
    #expect(ToldSample.text(board + direct) == ["version@0/0 9", "version@0/0 9"])
  }

  private static let applied = Stored(
    number: 1, digest: "a", effectiveAt: ToldSample.at(1), origin: nil, principal: "oidc:ada")

  /// What is found of a version that was applied directly, of which `digest` and `effectiveAt` are told.
  private func found(_ stored: Stored, digest: String? = "a", effectiveAt: Timestamp? = ToldSample.at(1)) -> [String] {
    var told = ToldPolicy()
    let entry = ToldSample.entry(1, "created", "", kind: "Policy", name: "regie")
    told.take(application: entry, digest: digest, effectiveAt: effectiveAt)
    return ToldSample.text(told.check(stored))
  }

  static let direct: [Case] = [
    Case("nothing", false) { _ in },
    Case("the text", true) { $0.digest = "x" },
    Case("a text that can not be read", true) { $0.digest = nil },
    Case("since when", true) { $0.effectiveAt = ToldSample.at(2) },
    Case("who has applied it", true) { $0.principal = "oidc:eve" },
    Case("a name that is gone", false) { $0.principal = nil },
  ]

  @Test(arguments: direct)
  func `a version that was applied directly and is stored otherwise than it is told is found`(example: Case) {
    var stored = Self.applied
    example.edit(&stored)
    #expect(found(stored) == (example.isFound ? ["version@1/10 1"] : []))
  }

  @Test func `of a text that the entry does not hold any more only that it can be read is looked at`() {
    var stored = Self.applied
    stored.digest = "x"
    #expect(found(stored, digest: nil) == [])
    stored.digest = nil
    #expect(found(stored, digest: nil) == ["version@1/10 1"])
  }

  @Test(arguments: [(-1, true), (0, false), (60_000_000, false), (60_000_001, true)] as [(Int64, Bool)])
  func `where it is not told since when, a version follows its entry within a minute`(late: Int64, isFound: Bool) {
    var stored = Self.applied
    stored.effectiveAt = Timestamp(microseconds: ToldSample.at(1).microseconds + late)
    #expect(found(stored, effectiveAt: nil) == (isFound ? ["version@1/10 1"] : []))
  }

  @Test func `each version that was applied is compared with an entry of its own, and one more is missed`() {
    var told = ToldPolicy()
    for number: Int64 in 1...4 {
      told.take(
        application: ToldSample.entry(number, "changed", "", kind: "Policy", name: "regie"), digest: "\(number)",
        effectiveAt: ToldSample.at(number))
    }
    var found: [AuditFinding] = []
    for number: Int64 in 1...3 {
      found += told.check(
        Stored(
          number: number, digest: number == 2 ? "x" : "\(number)", effectiveAt: ToldSample.at(number), origin: nil))
    }
    #expect(ToldSample.text(found) == ["version@2/20 2"])
    #expect(ToldSample.text(told.missing()) == ["version@4/40 -"])
  }

  /// Somebody has deleted the version, and governance has given its number again.
  @Test func `another version under a number that was told of is found, although it is told as well`() {
    let second = "0f000000-0000-0000-0000-000000000002"
    let (by, digest) = (ToldSample.end.replacing("\(ToldSample.id)", with: "\(ToldSample.other)"), #""digest":"d1""#)
    let another = by.replacing(digest, with: #""digest":"d2""#)
    var stored = Self.ratified
    stored.proposal = ToldSample.other
    for (text, end) in [("d1", by), ("d2", another)] {
      stored.digest = text
      let acts = [ToldSample.entry(9, "ratified", ToldSample.detail(end), name: second)]
      var (alone, after) = (ToldSample.told(acts), ToldSample.told(ToldSample.acts + acts))
      let sound = alone.check(stored)
      #expect(sound == [], "\(text)")
      let found = after.check(stored)
      #expect(ToldSample.text(found) == ["version@9/90 2"], "\(text)")
    }
    // Nor is it forgotten because it is told once more.
    let last = ToldSample.entry(10, "ratified", ToldSample.detail(another), name: second)
    let twice = [ToldSample.entry(9, "voted", ToldSample.detail(another), name: second), last]
    var told = ToldSample.told(ToldSample.acts + twice)
    let found = told.check(stored)
    #expect(ToldSample.text(found) == ["version@10/100 2"])
    // Of the same proposal with another text.
    let text = ToldSample.end.replacing(digest, with: #""digest":"d2""#)
    told = ToldSample.told(ToldSample.acts + [ToldSample.entry(9, "ratified", ToldSample.detail(text))])
    stored.proposal = ToldSample.id
    let other = told.check(stored)
    #expect(ToldSample.text(other) == ["version@9/90 2"])
  }

  @Test func `a version that was applied does not stand in for one that the board has made`() {
    var told = ToldSample.told(ToldSample.acts)
    told.take(
      application: ToldSample.entry(9, "changed", "", kind: "Policy", name: "regie"), digest: "d1",
      effectiveAt: ToldSample.at(100))
    var stored = Self.ratified
    (stored.origin, stored.proposal) = (nil, nil)
    let found = told.check(stored)
    #expect(ToldSample.text(found) == ["version@8/80 2"])
    let missing = told.missing().filter { $0.kind == .version }
    #expect(ToldSample.text(missing) == ["version@8/80 3", "version@9/90 -"])
  }

  @Test func `a version does not keep a name that was erased`() {
    let names = ["oidc:ada", AuditPerson.erased, nil].map { name in
      Stored(number: 1, digest: nil, effectiveAt: ToldSample.at(1), origin: nil, principal: name).principal
    }
    #expect(names == ["oidc:ada", nil, nil])
  }

  @Test func `what the trail tells of and no table holds is missed, and what was seen is not`() {
    let second = "0f000000-0000-0000-0000-000000000002"
    var acts = ToldSample.acts
    acts.append(ToldSample.entry(9, "drafted", ToldSample.draft, name: second))
    var told = ToldSample.told(acts)
    told.take(
      application: ToldSample.entry(10, "created", "", kind: "Policy", name: "regie"), digest: "a",
      effectiveAt: ToldSample.at(10))
    let versions = ["version@8/80 2", "version@8/80 3"]
    let impacts = ["impact@6/60 i0", "impact@8/80 i1"]
    let proposals = ["proposal@8/80 \(ToldSample.name)", "proposal@9/90 \(second)"]
    #expect(ToldSample.text(told.missing()) == versions + ["version@10/100 -"] + impacts + proposals)
    var found = told.check(Self.carried) + told.check(ToldSample.ratified)
    #expect(found == [])
    found = told.check(impact: "i0", isSame: true)
    #expect(found == [])
    #expect(
      ToldSample.text(told.missing()) == [versions[0], "version@10/100 -", impacts[1], proposals[1]])
    found = told.check(Self.ratified)
    #expect(found == [])
    // What is there and something else is told as that, and not as missing besides.
    found = told.check(impact: "i1", isSame: false)
    found += told.check(impact: "i2", isSame: false)
    #expect(ToldSample.text(found) == ["impact@8/80 i1", "impact@0/0 i2"])
    #expect(ToldSample.text(told.missing()) == ["version@10/100 -", proposals[1]])
  }

  @Test func `what the trail names no more, and is what it says, is no finding`() {
    var told = ToldPolicy()
    let found = told.check(impact: "i2", isSame: true)
    #expect(found == [] && told.missing() == [])
  }

  @Test(arguments: [
    ("Policy", "created", true), ("Policy", "changed", true), ("Policy", "deleted", false), ("Policy", "", false),
    ("PolicyProposal", "created", false), ("Project", "changed", false),
  ])
  func `only an entry of a policy that was created or changed tells of an application`(
    kind: String, action: String, isOne: Bool
  ) {
    #expect(ToldPolicy.isApplication(ToldSample.entry(1, action, "", kind: kind)) == isOne)
  }

  private static let whole = ToldTerms(
    operator: "dtnum", base: 1, kind: "ordinary", effectiveAt: ToldSample.at(1), motive: ["fr": "m"],
    closesAt: ToldSample.at(2), amends: ToldSample.id, restores: 1, rules: ToldSample.rules)

  @Test func `terms that the trail does not tell are compared with nothing, and those that it tells are`() {
    let whole = Self.whole
    #expect(whole.agree(with: whole))
    let untold: [(inout ToldTerms) -> Void] = [
      { $0.operator = nil }, { $0.base = nil }, { $0.kind = nil }, { $0.rules = nil },
    ]
    let others: [(inout ToldTerms) -> Void] = [
      { $0.operator = "x" }, { $0.base = 2 }, { $0.kind = "x" }, { $0.rules?.quorum = 1 },
    ]
    for (number, edit) in untold.enumerated() {
      var (told, stored) = (whole, whole)
      edit(&told)
      #expect(told.agree(with: whole), "\(number)")
      #expect(!whole.agree(with: told), "\(number): told, and not stored")
      others[number](&stored)
      #expect(told.agree(with: stored), "\(number)")
      #expect(!whole.agree(with: stored), "\(number)")
      // What else is told is compared all the same.
      for (another, change) in others.enumerated() where another != number {
        stored = whole
        change(&stored)
        #expect(!told.agree(with: stored), "\(number), \(another)")
      }
    }
    // These are always told: what is not there is none.
    let always: [(inout ToldTerms) -> Void] = [
      { $0.effectiveAt = nil }, { $0.motive = nil }, { $0.closesAt = nil }, { $0.amends = nil }, { $0.restores = nil },
    ]
    for (number, edit) in always.enumerated() {
      var other = whole
      edit(&other)
      #expect(!other.agree(with: whole) && !whole.agree(with: other), "\(number)")
    }
  }
}
