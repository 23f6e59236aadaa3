import Board
import Contract
import Events
import Foundation
import Model
import Policy
import Testing

@testable import CLI

/// Drafts, proposals and versions as people read them.
struct ProposalTextTests {
  private static let id = UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID()
  private static let dtnum = BoardActor(principal: "user:dtnum", operator: "dtnum", subject: "dtnum")
  private static let operators = ["anfsi", "dtnum"]
  private static let electorate = Electorate(
    Dictionary(uniqueKeysWithValues: operators.map { ($0, [.init(subject: $0)]) }))

  private static func spec(_ delay: Int) -> PolicySpec {
    PolicySpec(
      title: LocalizedText(fr: "Politique"), dataClasses: [.init(name: "public", sensitivity: .usuel)],
      governance: .init(quorum: 2), flowDelayDays: delay)
  }

  private static func at(_ hour: Int) -> BoardMoment {
    BoardMoment(
      at: Timestamp(microseconds: Int64(hour) * 3_600_000_000), electorate: electorate,
      line: VersionLine([
        BoardVersion(version: 3, effectiveAt: Timestamp(microseconds: 0), origin: .applied, spec: spec(5))
      ]))
  }

  private static func proposal(_ spec: PolicySpec = spec(6)) throws -> Proposal {
    try Proposal(id: id, kind: .version, base: 3, spec: spec, restores: 2, by: dtnum, at: at(0))
  }

  private static func open() throws -> Proposal {
    var proposal = try proposal()
    _ = try proposal.handle(
      .proposed(motive: LocalizedText(fr: "Il le faut", en: "It must be"), effectiveAt: nil), by: dtnum, at: at(1))
    return proposal
  }

  private static func view(
    _ proposal: Proposal, at hour: Int = 2, outdated: Bool = false, withoutVoice: [String] = [],
    makesPermanent: [PolicyDifference.Entry] = []
  ) -> ProposalView {
    ProposalView(
      proposal, revision: 2, replaces: outdated ? 4 : 3, outdated: outdated,
      tally: proposal.result ?? proposal.tally(among: operators), withoutVoice: withoutVoice,
      makesPermanent: makesPermanent, asOf: at(hour).at, digest: "", isWhole: true)
  }

  @Test func `who has a vote and nobody to cast it is shown, while the vote is open`() throws {
    let open = try Self.open()
    let view = Self.view(open, withoutVoice: ["anfsi", "nouveau"])
    #expect(view.withoutVoice == ["anfsi"], "one without a vote on it is silent anyway")
    #expect(ProposalText.render(view, language: .fr).contains("anfsi     sans représentant  -   -   -"))
    #expect(ProposalText.render(view, language: .en).contains("anfsi     no representative  -   -   -"))
    var over = open
    _ = try over.handle(.withdrawn(reason: nil), by: Self.dtnum, at: Self.at(2))
    #expect(Self.view(over, withoutVoice: ["anfsi"]).withoutVoice == nil)
  }

  @Test func `what of an emergency restriction would stay is said before the votes`() throws {
    let view = Self.view(
      try Self.open(), makesPermanent: PolicyDifference(from: Self.spec(5), to: Self.spec(6)).entries)
    let (french, english) = (
      ProposalText.render(view, language: .fr), ProposalText.render(view, language: .en)
    )
    #expect(
      french.contains(
        "\nRendrait définitif, d’une restriction d’urgence qui prend fin sans lui :\n  La politique change"))
    #expect(
      english.contains(
        "\nWould make permanent, of an emergency restriction that ends without it:\n  The policy changes"))
    #expect(!ProposalText.render(Self.view(try Self.open()), language: .fr).contains("définitif"))
  }

  @Test func `an open proposal says until when, why, how it stands, and who has said what`() throws {
    var proposal = try Self.open()
    _ = try proposal.handle(.voted(.against, reason: "trop tôt"), by: Self.dtnum, at: Self.at(2))
    let anfsi = BoardActor(principal: "user:anfsi", operator: "anfsi", subject: "anfsi")
    _ = try proposal.handle(.voted(.against, reason: nil), by: anfsi, at: Self.at(2))
    #expect(proposal.state == .rejected)
    let open = try Self.open()
    #expect(
      ProposalText.render(Self.view(open), language: .fr) == """
        0a000000-0000-4000-8000-00000000000a: soumis au vote, jusqu’au 1970-01-16T01:00:00.000000Z
        « Il le faut »
        de dtnum, sur la version 3, reprend la version 2
        pour 0, contre 0, abstention 0, sans réponse 2 ; il faut 2 voix pour
        OPERATOR  VOTE  AT  BY  REASON
        anfsi     -     -   -   -
        dtnum     -     -   -   -
        """)
    let text = ProposalText.render(Self.view(proposal), language: .en)
    #expect(text.contains("rejected\n“It must be”\nby dtnum, on version 3, restores version 2\nfor 0, against 2"))
    #expect(text.contains("dtnum     against  1970-01-01T02:00:00.000000Z  user:dtnum  trop tôt"))
  }

  @Test func `each end has its words, in both languages`() throws {
    var withdrawn = try Self.open()
    _ = try withdrawn.handle(.withdrawn(reason: "plus tard"), by: Self.dtnum, at: Self.at(2))
    #expect(ProposalText.render(Self.view(withdrawn), language: .fr).contains("a: retiré : plus tard\n"))
    #expect(ProposalText.render(Self.view(withdrawn), language: .en).contains("a: withdrawn: plus tard\n"))
    #expect(ProposalText.render(Self.view(try Self.open(), at: 900), language: .fr).contains("vote clos, à compter"))
    #expect(
      ProposalText.render(Self.view(try Self.open(), at: 900), language: .en).contains("vote closed, to be counted"))
    var ratified = try Self.open()
    for name in Self.operators {
      _ = try ratified.handle(
        .voted(.for, reason: nil), by: BoardActor(principal: name, operator: name, subject: name), at: Self.at(3))
    }
    #expect(ProposalText.render(Self.view(ratified), language: .en).contains("a: ratified, version 4\n"))
    let outdated = ProposalText.render(Self.view(try Self.proposal(), outdated: true), language: .fr)
    #expect(outdated.contains("un brouillon\nde dtnum, sur la version 3, à reprendre sur la version 4"))
  }

  @Test func `what keeps a draft from being proposed is told with its place`() throws {
    let text = ProposalText.render(Self.view(try Self.proposal(Self.spec(99))), language: .fr)
    #expect(text.contains("À corriger avant de proposer :\n  spec.flowDelayDays"))
  }

  @Test func `lists name what is outdated and what is closing, and versions what became of them`() throws {
    let table = ProposalText.table(
      [Self.view(try Self.open(), at: 900), Self.view(try Self.proposal(), outdated: true)], language: .en)
    #expect(table.contains("closing  version  3     dtnum") && table.contains("draft    version  3!    dtnum"))
    func version(_ number: Int64, inForce: Bool, by other: Int64?) -> PolicyVersionView {
      PolicyVersionView(
        version: number, name: "regie", effectiveAt: Timestamp(microseconds: 0), inForce: inForce, supersededBy: other,
        origin: .ratified, proposal: number == 2 ? Self.id : nil, principal: "local",
        createdAt: Timestamp(microseconds: 0), digest: "", spec: nil)
    }
    let versions = [
      version(3, inForce: false, by: nil), version(2, inForce: true, by: nil), version(1, inForce: false, by: 2),
    ]
    let french = PolicyVersionText.render(versions, language: .fr)
    #expect(
      french.contains("3        à venir") && french.contains("2        en vigueur")
        && french.contains("remplacée par 2"))
    #expect(PolicyVersionText.render(versions, language: .en).contains("superseded by 2"))
  }
}
