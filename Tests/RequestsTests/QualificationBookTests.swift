import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Requests

/// A qualification counts once somebody of another operator has acknowledged it, with its days and its evidence.
struct QualificationBookTests {
  private typealias Qualification = RegionSpec.Qualification

  private static let moment = Timestamp(microseconds: 1_800_000_000_000_000)

  private static func hds(
    _ from: String? = "2026-01-01", _ until: String? = "2027-12-31", evidence: String? = "certificat 12"
  ) -> Qualification {
    Qualification(
      name: "HDS", validFrom: from.flatMap { CalendarDay($0) }, validUntil: until.flatMap { CalendarDay($0) },
      evidence: evidence.map { RegionSpec.Evidence(reference: $0) })
  }

  private static func actor(
    _ name: String?, also: Set<String> = [], isAdmin: Bool = false
  ) -> QualificationActor {
    QualificationActor(operator: name, affiliations: also.union([name].compactMap(\.self)), isAdmin: isAdmin)
  }

  private static func acknowledged(_ qualifications: Qualification...) throws -> QualificationBook {
    var book = QualificationBook()
    for qualification in qualifications {
      #expect(try book.say(.acknowledged, of: qualification, owner: "dtnum", by: actor("anfsi"), at: moment))
    }
    return book
  }

  private static func followed(
    _ book: QualificationBook, _ declared: [Qualification], after before: [Qualification], owner: String = "dtnum",
    isAdmin: Bool = false
  ) -> QualificationBook {
    var book = book
    book.follow(declared, after: before, owner: owner, byAdministrator: isAdmin, at: moment)
    return book
  }

  @Test func `what is declared counts for nothing until it is acknowledged, and no more once it is refused`() throws {
    var book = QualificationBook()
    #expect(book.standing(of: Self.hds()) == .pending && book.counting(of: [Self.hds()]).isEmpty)
    #expect(try book.say(.acknowledged, of: Self.hds(), owner: "dtnum", by: Self.actor("anfsi"), at: Self.moment))
    #expect(book.counting(of: [Self.hds()]) == [Self.hds(evidence: nil)], "without what it is proved by")
    #expect(try !book.say(.acknowledged, of: Self.hds(), owner: "dtnum", by: Self.actor("alize"), at: Self.moment))
    #expect(book.verdict(on: Self.hds())?.operator == "anfsi")
    #expect(
      try book.say(
        .refused, of: Self.hds(), reason: "certificat suspendu", owner: "dtnum", by: Self.actor("alize"),
        at: Self.moment))
    #expect(book.standing(of: Self.hds()) == .refused && book.counting(of: [Self.hds()]).isEmpty)
  }

  @Test(
    arguments: [
      hds("2026-01-01", "2028-12-31"), hds("2025-01-01"), hds(nil), hds("2026-01-01", nil), hds(evidence: "autre"),
      hds(evidence: nil),
    ])
  private func `other days and other evidence need another acknowledgement`(changed: Qualification) throws {
    let book = Self.followed(try Self.acknowledged(Self.hds()), [changed], after: [Self.hds()])
    #expect(book.standing(of: changed) == .pending && book.counting(of: [changed]).isEmpty)
    // Going back does not bring back what was said.
    let back = Self.followed(book, [Self.hds()], after: [changed])
    #expect(back.standing(of: Self.hds()) == .pending)
  }

  @Test func `shortening and taking back take effect at once, and can not be undone alone`() throws {
    let shorter = Self.hds("2026-02-01", "2026-06-30")
    let book = Self.followed(try Self.acknowledged(Self.hds()), [shorter], after: [Self.hds()])
    #expect(book.counting(of: [shorter]) == [shorter.bare] && book.verdict(on: shorter)?.operator == "anfsi")
    #expect(Self.followed(book, [Self.hds()], after: [shorter]).standing(of: Self.hds()) == .pending)
    let gone = Self.followed(book, [], after: [shorter])
    #expect(gone.verdicts.isEmpty)
    #expect(Self.followed(gone, [shorter], after: []).standing(of: shorter) == .pending)
  }

  @Test func `what was refused is not saved by shortening it`() throws {
    var book = try Self.acknowledged(Self.hds())
    _ = try book.say(.refused, of: Self.hds(), reason: "non", owner: "dtnum", by: Self.actor("alize"), at: Self.moment)
    let shorter = Self.hds("2026-02-01")
    #expect(Self.followed(book, [shorter], after: [Self.hds()]).standing(of: shorter) == .pending)
    #expect(Self.followed(book, [Self.hds()], after: [Self.hds()]).standing(of: Self.hds()) == .refused)
  }

  @Test func `who administers answers for what it writes, and for nothing that waited already`() {
    let waiting = Self.hds(evidence: "en attente")
    let book = Self.followed(
      QualificationBook(), [waiting, Self.hds("2028-01-01", "2028-12-31")], after: [waiting], isAdmin: true)
    #expect(book.standing(of: waiting) == .pending)
    #expect(book.counting(of: [Self.hds("2028-01-01", "2028-12-31")]).count == 1)
  }

  private static let unproven = [hds(evidence: nil), hds(nil), hds("2026-01-01", nil), Qualification(name: "HDS")]

  @Test(arguments: unproven)
  private func `what has no days or no evidence waits, whoever writes it, but in the first offer`(
    bare: Qualification
  ) throws {
    #expect(Self.followed(QualificationBook(), [bare], after: [], isAdmin: true).standing(of: bare) == .pending)
    var first = QualificationBook()
    first.follow([bare], after: [], owner: "dtnum", byAdministrator: true, isFirstOffer: true, at: Self.moment)
    #expect(first.standing(of: bare) == .acknowledged)
    var operators = QualificationBook()
    operators.follow([bare], after: [], owner: "dtnum", byAdministrator: false, isFirstOffer: true, at: Self.moment)
    #expect(operators.standing(of: bare) == .pending, "an operator answers for nothing of its own")
    // Nor does anybody acknowledge it; it can be refused.
    for actor in [Self.actor("anfsi"), Self.actor(nil, also: ["*"], isAdmin: true)] {
      var book = QualificationBook()
      let refusal = #expect(throws: RequestRefusal.self) {
        try book.say(.acknowledged, of: bare, owner: "dtnum", by: actor, at: Self.moment)
      }
      #expect(refusal?.code == .wrongState)
      #expect(try book.say(.refused, of: bare, reason: "r", owner: "dtnum", by: actor, at: Self.moment))
    }
  }

  @Test func `nobody judges what its own operator declares, whatever else it is`() throws {
    var book = QualificationBook()
    for (actor, code) in [
      (Self.actor("dtnum"), RequestRefusal.Code.ownRequest), (Self.actor("anfsi", also: ["dtnum"]), .ownRequest),
      (Self.actor("anfsi", also: ["*"]), .ownRequest), (Self.actor(nil), .notOperator),
    ] {
      let refusal = #expect(throws: RequestRefusal.self) {
        try book.say(.acknowledged, of: Self.hds(), owner: "dtnum", by: actor, at: Self.moment)
      }
      #expect(refusal?.code == code, "\(actor)")
    }
    #expect(book.verdicts.isEmpty)
    let own = #expect(throws: RequestRefusal.self) {
      try book.say(
        .acknowledged, of: Self.hds(), owner: "dtnum", by: Self.actor("anfsi", also: ["dtnum"], isAdmin: true),
        at: Self.moment)
    }
    #expect(own?.code == .ownRequest, "who administers is with the operator as well")
    let admin = Self.actor(nil, also: ["*"], isAdmin: true)
    #expect(try book.say(.acknowledged, of: Self.hds(), owner: "dtnum", by: admin, at: Self.moment))
    #expect(book.verdict(on: Self.hds())?.operator == nil)
    let refusal = #expect(throws: RequestRefusal.self) {
      try book.say(.refused, of: Self.hds(), reason: " ", owner: "dtnum", by: admin, at: Self.moment)
    }
    #expect(refusal?.code == .badText, "a refusal has a reason")
  }

  @Test func `a region that changes hands keeps nothing that its new operator has said`() throws {
    let book = Self.followed(try Self.acknowledged(Self.hds()), [Self.hds()], after: [Self.hds()], owner: "anfsi")
    #expect(book.standing(of: Self.hds()) == .pending)
    let other = Self.followed(try Self.acknowledged(Self.hds()), [Self.hds()], after: [Self.hds()], owner: "alize")
    #expect(other.standing(of: Self.hds()) == .acknowledged)
  }

  @Test func `what an operator declares anew has days and evidence`() throws {
    let bare = Qualification(name: "HDS")
    let missing = QualificationBook().problems(in: [Self.hds(), bare], after: [])
    #expect(
      missing.map(\.path) == [
        "spec.qualifications[1].validFrom", "spec.qualifications[1].validUntil", "spec.qualifications[1].evidence",
      ])
    #expect(QualificationBook().problems(in: [bare], after: [bare]).isEmpty, "what stood already may stand")
    let book = QualificationBook([QualificationVerdict(bare, .acknowledged, at: Self.moment)])
    let ended = Qualification(name: "HDS", validUntil: CalendarDay("2026-12-31"))
    #expect(book.problems(in: [ended], after: [bare]).isEmpty, "ending it needs nothing")
  }

  @Test func `what stands for another qualification, or was refused, spares nobody days and evidence`() throws {
    let other = Qualification(name: "SecNumCloud")
    let ended = Qualification(name: "HDS", validUntil: CalendarDay("2026-12-31"))
    for (outcome, name, declared) in [
      (QualificationVerdict.Outcome.acknowledged, "HDS", other), (.refused, "HDS", ended),
      (.refused, "SecNumCloud", other),
    ] {
      let said = QualificationVerdict(Qualification(name: name), outcome, at: Self.moment)
      let problems = QualificationBook([said]).problems(in: [declared], after: [])
      let wanted = declared.lacking.map { field in
        FieldProblem(
          path: "spec.qualifications[0].\(field)",
          message: "is needed for “\(declared.name)” to be acknowledged",
          messageFR: "est nécessaire pour que « \(declared.name) » soit reconnue",
          accepted: field == "evidence" ? "{reference: …}" : "YYYY-MM-DD")
      }
      #expect(problems == wanted && !problems.isEmpty, "\(outcome) \(name)")
    }
    let missing = QualificationBook().problems(in: [ended], after: [])
    #expect(missing.map(\.accepted) == ["YYYY-MM-DD", "{reference: …}"])
  }

  @Test func `a refusal keeps its reason, an acknowledgement has none, and of both the last one counts`() throws {
    var book = QualificationBook()
    for (outcome, speaker) in [
      (QualificationVerdict.Outcome.acknowledged, "anfsi"), (.refused, "alize"), (.acknowledged, "alize"),
    ] {
      let isNews = try book.say(
        outcome, of: Self.hds(), reason: "motif", owner: "dtnum", by: Self.actor(speaker), at: Self.moment)
      let wanted = QualificationVerdict(
        Self.hds(), outcome, operator: speaker, reason: outcome == .refused ? "motif" : nil, at: Self.moment)
      #expect(isNews && book.verdicts == [wanted])
    }
  }

  @Test func `fewer days of the same, proved by the same, and nothing else, is a shortening`() {
    let endless = Self.hds(nil, nil)
    let renamed = Qualification(
      name: "SecNumCloud", validFrom: Self.hds().validFrom, validUntil: Self.hds().validUntil,
      evidence: Self.hds().evidence)
    let cases: [(Qualification, Qualification, Bool)] = [
      (Self.hds(), Self.hds(), true), (Self.hds("2026-01-02", "2027-12-30"), Self.hds(), true),
      (Self.hds("2025-12-31"), Self.hds(), false), (Self.hds("2026-01-01", "2028-01-01"), Self.hds(), false),
      (Self.hds(nil), Self.hds(), false), (Self.hds("2026-01-01", nil), Self.hds(), false),
      (Self.hds(), endless, true), (endless, endless, true), (endless, Self.hds(), false),
      (Self.hds(evidence: "autre"), Self.hds(), false), (Self.hds(evidence: nil), Self.hds(), false),
      (renamed, Self.hds(), false),
    ]
    for (one, other, wanted) in cases {
      #expect(one.isShortened(from: other) == wanted, "\(one) from \(other)")
    }
  }

  @Test func `without its acknowledgements a book keeps what was refused`() throws {
    let (good, bad) = (Self.hds(), Self.hds(evidence: "périmé"))
    var book = try Self.acknowledged(good)
    _ = try book.say(.refused, of: bad, reason: "non", owner: "dtnum", by: Self.actor("anfsi"), at: Self.moment)
    let left = book.withoutAcknowledgements
    #expect(left.verdicts == [QualificationVerdict(bad, .refused, operator: "anfsi", reason: "non", at: Self.moment)])
    #expect(left.standing(of: good) == .pending && left.standing(of: bad) == .refused)
  }

  @Test func `whatever is declared and said, nothing counts but what somebody else has acknowledged as it stands`()
    throws
  {
    var dice = Dice.fresh("qualification histories")
    let days = ["2026-01-01", "2026-06-01", "2027-01-01", "2027-06-01"]
    for _ in 0..<300 {
      var book = QualificationBook()
      var declared: [Qualification] = []
      var acknowledged: Set<Qualification> = []
      for _ in 0..<12 {
        if Bool.random(using: &dice) {
          let range = [days.randomElement(using: &dice), days.randomElement(using: &dice)].compactMap(\.self).sorted()
          let next =
            Bool.random(using: &dice)
            ? [] : [Self.hds(range[0], range[1], evidence: "\(Int.random(in: 0...1, using: &dice))")]
          book.follow(next, after: declared, owner: "dtnum", byAdministrator: false, at: Self.moment)
          declared = next
        } else if let one = declared.first {
          let outcome: QualificationVerdict.Outcome = Bool.random(using: &dice) ? .acknowledged : .refused
          _ = try book.say(outcome, of: one, reason: "r", owner: "dtnum", by: Self.actor("anfsi"), at: Self.moment)
          if outcome == .acknowledged { acknowledged.insert(one) }
        }
        for one in declared where book.standing(of: one) == .acknowledged {
          #expect(acknowledged.contains { one.isShortened(from: $0) }, "seed \(dice.seed)")
        }
        #expect(book.verdicts.count <= declared.count, "seed \(dice.seed)")
      }
    }
  }
}
