import Board
import Identity
import Model
import Placement
import Testing

@testable import Store

/// Who speaks for an operator is what its resource says at the moment of the act.
struct RepresentativeTests {
  private static let text = StoreFixture.boardPolicy(quorum: 2, rules: ["nouvelle"])
  private static let anfsi = StoreFixture.actor("anfsi")

  private static func vote(
    _ fixture: StoreFixture, on record: BoardRecord, by actor: BoardActor
  ) async throws -> StoreError? {
    try await refusal {
      _ = try await fixture.store.act(
        .voted(.for, reason: nil, withoutImpact: true), on: record.proposal.id, by: actor,
        context: RequestContext(principal: actor.principal))
    }
  }

  @Test func `a change during a vote keeps the vote, says who has cast it, and hands it to who follows`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let open = try await fixture.propose(Self.text)
      let (marie, paul) = (
        BoardActor(principal: "oidc:marie", operator: "anfsi", subject: "marie"),
        BoardActor(principal: "oidc:paul", operator: "anfsi", groups: ["/anfsi/board"])
      )
      #expect(try await Self.vote(fixture, on: open, by: marie)?.kind == .forbidden)
      try await fixture.represent("anfsi", by: [.init(subject: "marie")])
      #expect(try await Self.vote(fixture, on: open, by: marie) == nil)
      try await fixture.represent("anfsi", by: [.init(group: "/anfsi/board")])
      let standing = try await fixture.store.proposal(open.proposal.id)
      #expect(standing.tally?.for == 1 && standing.proposal.votes.map(\.principal) == ["oidc:marie"])
      let refused = try await Self.vote(fixture, on: open, by: marie)
      #expect(refused?.kind == .forbidden && refused?.accepted?.contains("/api/v1/operators/anfsi") == true)
      _ = try await fixture.store.act(
        .voted(.against, reason: nil, withoutImpact: true), on: open.proposal.id, by: paul,
        context: RequestContext(principal: "oidc:paul"))
      let followed = try await fixture.store.votes(on: open.proposal.id).items.map(\.vote)
      #expect(followed.map(\.principal) == ["oidc:paul", "oidc:marie"], "both are kept")
      #expect(try await fixture.store.proposal(open.proposal.id).tally?.against == 1)
      let versions = try await fixture.store.history(of: .operator, "anfsi").items
      #expect(versions.count == 3, "each change is a version of the operator")
    }
  }

  @Test func `an operator that names nobody is shown without a voice, and weighs on the vote all the same`()
    async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board(StoreFixture.boardPolicy(quorum: 2))
      let open = try await fixture.propose(Self.text)
      #expect(open.withoutVoice == [])
      try await fixture.represent("anfsi", by: [])
      let silent = try await fixture.store.proposal(open.proposal.id)
      #expect(silent.withoutVoice == ["anfsi"] && silent.tally?.silent == 3)
      #expect(try await Self.vote(fixture, on: open, by: Self.anfsi)?.kind == .forbidden)
      try await fixture.vote(.for, on: open.proposal.id, "dtnum")
      #expect(try await fixture.store.proposal(open.proposal.id).proposal.state == .open, "it is waited for")
      try await fixture.represent("anfsi", by: [.init(subject: "anfsi")])
      try await fixture.vote(.for, on: open.proposal.id, "anfsi")
      #expect(try await fixture.store.proposal(open.proposal.id).proposal.state == .ratified)
    }
  }

  @Test func `whoever drafts speaks for the operator, too`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      try await fixture.represent("anfsi", by: [])
      let error = try await refusal {
        _ = try await fixture.store.draft(Self.text, by: Self.anfsi, context: StoreFixture.context("anfsi"))
      }
      #expect(error?.kind == .forbidden)
    }
  }

  @Test func `an operator changes whom it names and nothing else of itself, and neither joins nor leaves`() async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      let own = Scope.own(operators: ["anfsi", "nouveau"], projects: [])
      func put(_ resource: Resource<OperatorSpec>) async throws -> StoreError.Kind? {
        try await refusal { _ = try await fixture.store.put(.operator(resource), context: someone, within: own) }?.kind
      }
      let named = OperatorSpec(displayName: "anfsi", representatives: [.init(subject: "paul")])
      #expect(try await put(Resource("anfsi", named)) == nil)
      guard case .operator(let stored) = try await fixture.store.get(.operator, "anfsi") else { return }
      #expect(stored.spec == named)
      let labelled = Resource(metadata: Metadata(name: "anfsi", labels: ["sector": "public"]), spec: named)
      var renamed = named
      renamed.displayName = "ANFSI"
      var opening = named
      opening.flowOpening = .init(mode: .automatic)
      for other in [labelled, Resource("anfsi", renamed), Resource("anfsi", opening)] {
        #expect(try await put(other) == .forbidden)
      }
      #expect(try await put(Resource("dtnum", named)) == .forbidden)
      #expect(try await put(Resource("nouveau", named)) == .forbidden)
      let leaving = try await refusal {
        try await fixture.store.delete(.operator, "anfsi", context: someone, within: own)
      }
      #expect(leaving?.kind == .forbidden)
    }
  }

  @Test func `what decisions are made on names no person`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.board()
      try await fixture.represent("anfsi", by: [.init(subject: "ada-lovelace"), .init(group: "/anfsi")])
      let present = try await fixture.store.presentOffer().offer
      let anfsi = present.operators.first { $0.name == "anfsi" }
      #expect(anfsi?.spec.representatives == [.init(group: "/anfsi")])
    }
  }
}
