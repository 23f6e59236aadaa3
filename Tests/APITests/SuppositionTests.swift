import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Testing

@testable import API

/// The same question of a world that is otherwise.
struct SuppositionTests {
  private func ask(_ api: APIFixture, _ more: String, project: String = Offered.project("vigie")) async throws
    -> QueryView
  {
    let json = try ProjectText.json(project)
    let answer = try await api.send(
      .post, Asked.query, #"{"project": \#(json)\#(more)}"#, type: "application/json")
    try #require(answer.status == 200, "\(answer.text)")
    return try answer.decode()
  }

  private func codes(_ view: QueryView) -> Set<ReasonCode> {
    Set(view.explanation.environments.flatMap(\.candidates).flatMap(\.reasons).map(\.code))
  }

  @Test func `on another day, qualifications have expired`() async throws {
    try await APIFixture.run { api in
      let region = Offered.region.replacing("2099-12-31", with: "2030-06-30")
      try await api.offer()
      #expect(try await api.send(.put, "/api/v1/regions/nord", region).status == 200)
      let zone = Offered.zone.replacing("nord-usuel", with: "nord-dr").replacing(
        "sensitivity: usuel", with: "sensitivity: DR"
      )
      .replacing("slug: nord", with: "slug: nord-dr")
      #expect(try await api.send(.put, "/api/v1/zones/nord-dr", zone).status == 201)
      let cluster = Offered.cluster("nord-dr").replacing("zone: nord-usuel", with: "zone: nord-dr")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-dr", cluster).status == 201)
      let project = Offered.project("vigie", dataClass: "dr")
      let today = try await ask(api, "", project: project)
      #expect(today.explanation.outcome == .placed)
      let last = try await ask(api, #", "at": "2030-06-30""#, project: project)
      #expect(last.explanation.outcome == .placed && last.basis.day == CalendarDay("2030-06-30"))
      let later = try await ask(api, #", "at": "2030-07-01""#, project: project)
      #expect(later.explanation.outcome == .unplaceable && codes(later).contains(.qualificationExpired))
      #expect(later.basis.supposed == [.at])
    }
  }

  @Test func `under another policy, a rule forbids what is allowed today`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let policy = try ProjectText.json(
        Offered.policy.replacing("effect: prefer\n      weight: 2", with: "effect: forbid"))
      let view = try await ask(api, #", "policy": \#(policy)"#)
      #expect(view.explanation.outcome == .unplaceable && codes(view).contains(.ruleForbids))
      #expect(view.basis.supposed == [.policy] && view.basis.policyVersion == 1)
      #expect(try await ask(api, "").explanation.outcome == .placed)
    }
  }

  @Test func `in another offer, regions are cordoned, clusters added, resized or gone`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let cordoned = try await ask(
        api, #", "offer": {"states": [{"kind": "Region", "name": "nord", "state": "cordoned"}]}"#)
      #expect(cordoned.explanation.outcome == .unplaceable && codes(cordoned).contains(.regionCordoned))
      let small = try await ask(
        api, #", "offer": {"capacities": [{"cluster": "nord-1", "capacity": {"cpu": "1"}}]}"#)
      #expect(small.explanation.outcome == .unplaceable && codes(small).contains(.capacityNeverFits))
      let gone = try await ask(api, #", "offer": {"remove": [{"kind": "Cluster", "name": "nord-1"}]}"#)
      #expect(gone.explanation.outcome == .unplaceable && gone.explanation.environments[0].refused == 0)
      let large = try ProjectText.json(Offered.cluster("nord-2", cpu: "1000"))
      let added = try await ask(
        api, #", "offer": {"apply": [\#(large)]}"#, project: Offered.project("vigie", cpu: "400"))
      #expect(added.proposal.map(\.cluster) == ["nord-2", "nord-2"] || added.proposal.last?.cluster == "nord-2")
      #expect(added.basis.supposed == [.offer])
      // Nothing of it was remembered.
      #expect(try await ask(api, "").explanation.environments[0].accepted == 1)
    }
  }
}
