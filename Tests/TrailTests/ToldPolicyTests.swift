import Events
import Foundation
import Testing

@testable import Trail

/// What tables hold of proposals and their votes is compared with what the trail tells, value by value.
struct ToldPolicyTests {
  typealias Stored = ToldPolicy.Proposal

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var edit: @Sendable (inout Stored) -> Void
    var found: [String]

    init(_ description: String, _ found: [String], _ edit: @escaping @Sendable (inout Stored) -> Void) {
      (testDescription, self.edit, self.found) = (description, edit, found)
    }
  }

  static let cases: [Case] = [
    Case("nothing", []) { _ in },
    Case("the state", ["proposal"]) { $0.state = "rejected" },
    Case("what its row is looked for by", ["proposal"]) { $0.isWhole = false },
    Case("the text", ["proposal"]) { $0.digest = "x" },
    Case("a text that can not be read", ["proposal"]) { $0.digest = nil },
    Case("the base", ["proposal"]) { $0.terms.base = 9 },
    Case("the rules", ["proposal"]) { $0.terms.rules?.quorum = 1 },
    Case("no rules", ["proposal"]) { $0.terms.rules = nil },
    Case("the count", ["proposal"]) { $0.result?.against = 1 },
    Case("no count", ["proposal"]) { $0.result = nil },
    Case("why it was rejected", ["proposal"]) { $0.rejection = "votes" },
    Case("why it was withdrawn", ["proposal"]) { $0.withdrawal = "w" },
    Case("when it ended", ["proposal"]) { $0.course.closedAt = ToldSample.at(9) },
    Case("which version it is", ["proposal"]) { $0.course.version = 3 },
    Case("who has begun it", ["proposal"]) { $0.course.writers = ["oidc:eve", "oidc:bob"] },
    Case("who has edited it", ["proposal"]) { $0.course.writers = ["oidc:ada", "oidc:eve"] },
    Case("nobody has edited it", ["proposal"]) { $0.course.writers = ["oidc:ada"] },
    Case("a comment is gone", ["proposal"]) { $0.comments = [] },
    Case("the words of a comment", ["proposal"]) { $0.comments[0].digest = "c2" },
    Case("a comment twice", ["proposal"]) { $0.comments.append($0.comments[0]) },
    Case("state and comments", ["proposal"]) { ($0.state, $0.comments) = ("open", []) },
    Case("a vote that was cast is gone", ["vote"]) { $0.cast.removeLast() },
    Case("no vote was cast", ["vote"]) { $0.cast = [] },
    Case("a vote was cast twice", ["vote"]) { $0.cast.append($0.cast[2]) },
    Case("votes in another order", ["vote"]) { $0.cast.swapAt(0, 1) },
    Case("the first choice", ["vote"]) { $0.cast[0].choice = "abstain" },
    Case("the reason of a vote", ["vote"]) { $0.cast[0].reason = nil },
    Case("the operator of a vote", ["vote"]) { $0.cast[0].operator = "dtnum" },
    Case("the moment of a vote", ["vote"]) { $0.cast[0].at = ToldSample.at(6) },
    Case("who has cast a vote", ["vote"]) { $0.cast[2].principal = "oidc:eve" },
    Case("a name that is gone", []) { $0.cast[2].principal = nil },
    Case("the choice that counts", ["vote"]) { $0.standing[0].choice = "against" },
    Case("an earlier vote counts", ["vote"]) { $0.standing[1] = $0.cast[0] },
    Case("a vote does not count", ["vote"]) { $0.standing.removeLast() },
    Case("a vote counts twice", ["vote"]) { $0.standing.append($0.standing[0]) },
    Case("who has cast one that counts", ["vote"]) { $0.standing[1].principal = "oidc:ada" },
    Case("the order of those that count", []) { $0.standing.reverse() },
    Case("the impact", ["impact"]) { $0.course.impact?.digest = "i0" },
    Case("no impact", ["impact"]) { $0.course.impact = nil },
    Case("the question is of another text", ["impact"]) { $0.asked = "d0" },
    Case("nobody has asked", ["impact"]) { $0.asked = nil },
    Case("all at once", ["proposal", "vote", "impact"]) { ($0.digest, $0.cast, $0.asked) = (nil, [], nil) },
  ]

  @Test(arguments: cases)
  func `whatever is stored otherwise than it is told is found, once and as what it is`(example: Case) {
    var stored = ToldSample.ratified
    example.edit(&stored)
    #expect(ToldSample.kinds(stored) == example.found)
  }

  @Test func `of a draft no question is looked for, nor of what an earlier program has put to the vote`() {
    var draft = ToldSample.proposed
    (draft.state, draft.asked) = ("draft", nil)
    draft.terms = ToldTerms(operator: "dtnum", base: 1, kind: "ordinary")
    draft.course.proposedAt = nil
    let begun = Array(ToldSample.acts.prefix(2))
    #expect(ToldSample.kinds(draft, after: begun) == [])
    draft.terms.base = 2
    #expect(ToldSample.kinds(draft, after: begun) == ["proposal"])
    var stored = ToldSample.proposed
    stored.asked = nil
    #expect(ToldSample.kinds(stored, after: Array(ToldSample.acts.prefix(3))) == ["impact"])
    let earlier = begun + [ToldSample.entry(3, "proposed", ToldSample.detail(quorum: nil), by: "oidc:bob")]
    #expect(ToldSample.kinds(stored, after: earlier) == [])
  }

  /// Put to the vote as it is stored, and one more act; `told` is the detail of that.
  private func kinds(_ stored: Stored, _ action: String, _ told: String) -> [String] {
    let begun = Array(ToldSample.acts.prefix(3))
    return ToldSample.kinds(stored, after: begun + [ToldSample.entry(4, action, told, by: "oidc:eve")])
  }

  @Test func `what is put to the vote stays what it is, whatever a later act and the table say alike`() {
    let stored = ToldSample.proposed
    #expect(kinds(stored, "prolonged", ToldSample.detail()) == [])
    var (text, base, quorum, late) = (stored, stored, stored, stored)
    (text.digest, text.asked) = ("d2", "d2")
    base.terms.base = 2
    quorum.terms.rules?.quorum = 1
    late.terms.closesAt = ToldSample.at(1800)
    let others = [
      (text, ToldSample.detail(digest: "d2")), (base, ToldSample.detail(base: 2)),
      (quorum, ToldSample.detail(quorum: 1)), (stored, ToldSample.detail(quorum: 1)),
    ]
    for (number, (other, told)) in others.enumerated() {
      for action in ["prolonged", "commented"] {
        #expect(kinds(other, action, told) == ["proposal"], "\(number), \(action)")
      }
    }
    // A suspension moves the deadline, and nothing else does.
    let moved = ToldSample.detail(closesAt: 1800)
    #expect(kinds(late, "prolonged", moved) == [])
    #expect(kinds(stored, "prolonged", moved) == ["proposal"])
    #expect(kinds(late, "commented", moved) == ["proposal"])
    // Nor does it become the same again.
    var back = Array(ToldSample.acts.prefix(3))
    back.append(ToldSample.entry(4, "voted", ToldSample.detail(base: 2)))
    back.append(ToldSample.entry(5, "prolonged", ToldSample.detail()))
    #expect(ToldSample.kinds(stored, after: back) == ["proposal"])
  }

  @Test(arguments: [
    ("rejected", #","rejection":"votes""#), ("rejected", #","rejection":"outdated""#),
    ("withdrawn", #","withdrawal":"w""#), ("amended", #","amendedBy":"\#(ToldSample.other)""#),
  ])
  func `an end is compared with what is stored of it, also where no version comes of it`(action: String, told: String) {
    var stored = ToldSample.proposed
    #expect(kinds(stored, action, ToldSample.detail(told)) == ["proposal"], "it is open")
    (stored.state, stored.course.closedAt) = (action, ToldSample.at(4))
    if told.contains("votes") { stored.rejection = "votes" }
    if told.contains("outdated") { stored.rejection = "outdated" }
    if told.contains("withdrawal") { stored.withdrawal = "w" }
    if told.contains("amendedBy") { stored.course.amendedBy = ToldSample.other }
    #expect(kinds(stored, action, ToldSample.detail(told)) == [])
    let whole = stored
    let edits: [(inout Stored) -> Void] = [
      { $0.state = "ratified" }, { $0.rejection = "x" }, { $0.withdrawal = "x" }, { $0.course.amendedBy = $0.id },
      { $0.course.closedAt = nil }, { $0.course.version = 1 },
    ]
    for (number, edit) in edits.enumerated() {
      stored = whole
      edit(&stored)
      #expect(kinds(stored, action, ToldSample.detail(told)) == ["proposal"], "\(number)")
    }
  }

  /// Row and trail agree: governance has told of what it was made to do by whoever has set the row back.
  @Test(arguments: ["rejected", "withdrawn", "amended", "ratified"])
  func `what goes on after its end is found, although all that is stored is told`(end: String) {
    let begun = Array(ToldSample.acts.prefix(3))
    let first = ToldSample.entry(4, end, ToldSample.detail())
    let again = ToldSample.entry(5, "ratified", ToldSample.detail(ToldSample.end))
    var stored = ToldSample.ratified
    (stored.standing, stored.cast, stored.comments) = ([], [], [])
    (stored.course.closedAt, stored.course.impact) = (ToldSample.at(5), nil)
    #expect(ToldSample.kinds(stored, after: begun + [again]) == [])
    #expect(ToldSample.kinds(stored, after: begun + [first, again]) == ["proposal"])
    // Nor is it open again.
    stored = ToldSample.proposed
    stored.course.closedAt = ToldSample.at(4)
    for action in ["voted", "commented", "prolonged"] {
      let open = ToldSample.entry(5, action, ToldSample.detail())
      #expect(ToldSample.kinds(stored, after: begun + [first, open]) == ["proposal"], "\(action)")
    }
  }

  @Test func `a draft that was discarded is not put to the vote, nor written on`() {
    let discarded = #"\#(ToldSample.draft),"before":{}"#
    let begun = Array(ToldSample.acts.prefix(2)) + [ToldSample.entry(3, "discarded", discarded)]
    var stored = ToldSample.proposed
    (stored.state, stored.asked) = ("discarded", nil)
    stored.terms = ToldTerms(operator: "dtnum", base: 1, kind: "ordinary")
    (stored.course.proposedAt, stored.course.closedAt) = (nil, ToldSample.at(3))
    #expect(ToldSample.kinds(stored, after: begun) == [])
    stored.state = "draft"
    let edited = ToldSample.entry(4, "edited", discarded, by: "oidc:bob")
    #expect(ToldSample.kinds(stored, after: begun + [edited]) == ["proposal"])
    stored = ToldSample.proposed
    (stored.course.proposedAt, stored.course.closedAt) = (ToldSample.at(4), ToldSample.at(3))
    let proposed = ToldSample.entry(4, "proposed", ToldSample.detail(), by: "oidc:bob")
    #expect(ToldSample.kinds(stored, after: begun + [proposed]) == ["proposal"])
    // What is voted on is withdrawn, and not discarded.
    (stored.state, stored.course.proposedAt, stored.course.closedAt) = ("discarded", ToldSample.at(3), ToldSample.at(4))
    #expect(kinds(stored, "discarded", ToldSample.detail()) == ["proposal"])
  }

  @Test func `another text that is put to the vote in the place of the first is found, although it is told`() {
    var stored = ToldSample.proposed
    (stored.digest, stored.asked, stored.course.proposedAt) = ("d2", "d2", ToldSample.at(4))
    stored.course.writers = ["oidc:ada", "oidc:bob", "oidc:eve"]
    let second = ToldSample.entry(4, "proposed", ToldSample.detail(digest: "d2"), by: "oidc:eve")
    #expect(ToldSample.kinds(stored, after: Array(ToldSample.acts.prefix(2)) + [second]) == [])
    #expect(ToldSample.kinds(stored, after: Array(ToldSample.acts.prefix(3)) + [second]) == ["proposal"])
  }

  @Test func `what is drafted or edited once it is voted on, or drafted twice, is found`() {
    var stored = ToldSample.proposed
    let told = ToldSample.detail()
    stored.state = "draft"
    stored.course.writers = ["oidc:ada", "oidc:bob", "oidc:eve"]
    #expect(kinds(stored, "edited", told) == ["proposal"])
    (stored.course.writers, stored.course.createdAt) = (["oidc:eve"], ToldSample.at(4))
    #expect(kinds(stored, "drafted", told) == ["proposal"])
    // Whoever has begun it would have had no hand in it.
    stored.terms = ToldTerms(operator: "dtnum", base: 1, kind: "ordinary")
    (stored.asked, stored.course.proposedAt, stored.course.createdAt) = (nil, nil, ToldSample.at(2))
    let again = ToldSample.entry(2, "drafted", ToldSample.draft, by: "oidc:eve")
    #expect(ToldSample.kinds(stored, after: [again]) == [])
    #expect(ToldSample.kinds(stored, after: [ToldSample.acts[0], again]) == ["proposal"])
  }

  /// Each act that may be the last until now, and the state that the row is in then.
  @Test(arguments: [(1, "draft"), (2, "draft"), (3, "open"), (4, "open"), (5, "open"), (7, "open"), (8, "ratified")])
  func `the state is the one after the last act`(count: Int, state: String) {
    let acts = Array(ToldSample.acts.prefix(count))
    var stored = ToldSample.ratified
    (stored.state, stored.course) = (state, ToldCourse(createdAt: ToldSample.at(1), writers: ["oidc:ada", "oidc:bob"]))
    if count == 1 { (stored.digest, stored.course.writers) = ("d0", ["oidc:ada"]) }
    if count < 3 { stored.terms = ToldTerms(operator: "dtnum", base: 1, kind: "ordinary") }
    if count > 2 { stored.course.proposedAt = ToldSample.at(3) }
    if count < 4 { stored.comments = [] }
    if count < 7 { stored.result = nil }
    if count == 8 { stored.course = ToldSample.ratified.course }
    #expect(!ToldSample.kinds(stored, after: acts).contains("proposal"))
    for other in ["draft", "open", "ratified", "rejected", "", acts[count - 1].action] where other != state {
      stored.state = other
      #expect(ToldSample.kinds(stored, after: acts).contains("proposal"), "\(other)")
    }
  }

  @Test func `two proposals are told apart, and each is found where the trail tells of it last`() {
    let second = "0f000000-0000-0000-0000-000000000002"
    let acts = ToldSample.acts + [ToldSample.entry(9, "drafted", ToldSample.draft, name: second)]
    var told = ToldSample.told(acts)
    var stored = ToldSample.ratified
    let first = told.check(stored)
    #expect(first == [])
    stored.id = ToldSample.other
    let other = told.check(stored)
    #expect(ToldSample.text(other) == ["proposal@9/90 \(second)", "vote@9/90 \(second)"])
    let missing = told.missing().filter { $0.kind == .proposal }
    #expect(missing == [])
  }

  @Test func `of an act that waits for its seal the place is none, and what it tells counts already`() {
    var acts = ToldSample.acts
    for index in 6...7 { acts[index].seal = nil }
    var told = ToldSample.told(acts)
    var stored = ToldSample.ratified
    let sound = told.check(stored)
    #expect(sound == [])
    stored.state = "open"
    let found = told.check(stored)
    #expect(ToldSample.text(found) == ["proposal@0/80 \(ToldSample.name)"])
  }

  @Test func `where an instance of the version before does not tell the rules, those of the proposal count on`() {
    var stored = ToldSample.proposed
    let silent = ToldSample.detail(quorum: nil)
    #expect(kinds(stored, "prolonged", silent) == [])
    stored.terms.rules?.quorum = 1
    #expect(kinds(stored, "prolonged", silent) == ["proposal"])
  }

  @Test func `of comments of which an earlier program has told no words nothing is said`() {
    var stored = ToldSample.proposed
    stored.comments = [ToldPolicy.Comment(operator: "x", at: ToldSample.at(1), digest: "x")]
    #expect(kinds(stored, "commented", ToldSample.detail()) == [])
    #expect(kinds(stored, "commented", ToldSample.detail(ToldSample.comment)) == ["proposal"])
    #expect(kinds(stored, "prolonged", ToldSample.detail()) == ["proposal"])
  }

  @Test func `of whom an earlier program has told as a writer only who has begun is looked for`() {
    let acts = [
      ToldSample.entry(1, "drafted", ToldSample.draft), ToldSample.entry(2, "edited", ToldSample.draft, by: "oidc:bob"),
    ]
    var stored = ToldSample.proposed
    (stored.state, stored.asked, stored.course.proposedAt) = ("draft", nil, nil)
    stored.terms = ToldTerms(operator: "dtnum", base: 1, kind: "ordinary")
    for (writers, found) in [
      (["oidc:ada"], []), (["oidc:ada", "oidc:eve"], []), (["oidc:bob"], ["proposal"]), ([], ["proposal"]),
    ] as [([String], [String])] {
      stored.course.writers = writers
      #expect(ToldSample.kinds(stored, after: acts) == found, "\(writers)")
    }
  }

  @Test func `an impact that is told without the rules is compared with nothing, and not looked for`() {
    var acts = Array(ToldSample.acts.prefix(6))
    let silent = ToldSample.detail(
      quorum: nil, ToldSample.end + ToldSample.vote("dtnum", "for", 7) + ToldSample.impact("i9"))
    acts += [ToldSample.entry(7, "voted", silent), ToldSample.entry(8, "ratified", silent)]
    var stored = ToldSample.ratified
    for impact in [nil, ToldImpact(digest: "i1", asOf: ToldSample.at(7))] {
      stored.course.impact = impact
      #expect(ToldSample.kinds(stored, after: acts) == [])
    }
    let missing = ToldSample.told(acts).missing().filter { $0.kind == .impact }
    #expect(ToldSample.text(missing) == ["impact@6/60 i0"])
  }

  @Test func `of names that were erased in the trail nothing is said`() {
    let acts = ToldSample.acts.map { act in
      var act = act
      act.principal = AuditPerson.erased
      return act
    }
    var stored = ToldSample.ratified
    stored.cast[0].principal = "oidc:mallory"
    stored.course.writers = ["oidc:mallory"]
    #expect(ToldSample.kinds(stored, after: acts) == [])
    stored.cast[0].choice = "for"
    #expect(ToldSample.kinds(stored, after: acts) == ["vote"])
  }

  @Test func `a vote keeps who has cast it, unless the name was erased`() {
    let ballots = ["oidc:ada", AuditPerson.erased, nil].map { ToldSample.ballot("anfsi", "for", 1, $0) }
    #expect(ballots.map(\.principal) == ["oidc:ada", nil, nil])
  }

  @Test func `what is not an act of the board, or does not say of which text, tells of no proposal`() {
    let others = [
      ToldSample.entry(1, "drafted", ToldSample.draft, kind: "Project"),
      ToldSample.entry(1, "drafted", ToldSample.draft, name: "x"), ToldSample.entry(1, "drafted", #""base":1"#),
    ]
    var told = ToldSample.told(others)
    #expect(told.missing() == [])
    let found = told.check(ToldSample.proposed)
    #expect(ToldSample.text(found) == ["proposal@0/0 \(ToldSample.name)"])
  }
}
