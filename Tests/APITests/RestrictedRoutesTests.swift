import Foundation
import HTTPTypes
import Identity
import Model
import Testing

@testable import API

/// What each route that reads tells of a DR zone, and to whom (protocol rule 6).
struct RestrictedRoutesTests {
  /// Routes that have nothing to tell of the zone: nothing was sealed, voted, moved, measured or found wrong in the books, and
  /// there is neither a key nor a bus.
  private static let silent: Set = [
    "/api/v1/audit/anchors", "/api/v1/audit/chain", "/api/v1/capacity/history", "/api/v1/findings/ledger",
    "/api/v1/keys", "/api/v1/policy/drafts", "/api/v1/policy/drafts/{id}", "/api/v1/policy/proposals",
    "/api/v1/policy/proposals/{id}", "/api/v1/policy/proposals/{id}/comments", "/api/v1/policy/proposals/{id}/votes",
    "/api/v1/projects/{name}/moved-environments", "/api/v1/recovery",
  ]

  /// Whether a list has nothing in it.
  private static func isEmpty(_ answer: Answer) -> Bool {
    let object = (try? JSONSerialization.jsonObject(with: answer.body)) as? [String: Any]
    return (object?["items"] as? [Any])?.isEmpty ?? answer.body.isEmpty
  }

  @Test func `a figure is read wherever it stands, but in what has its digits by chance`() {
    let id = "0a133370-0000-4000-8000-13337000000a"
    let digest = String(repeating: "13337abc", count: 8)
    let chance = #"{"id": "\#(id)", "at": "2026-11-30t10:00:00.133370z", "digest": "\#(digest)"}"#
    #expect(!RestrictedZone.tells(chance, "13337"))
    for told in [#"{"cpu": "13337m"}"#, #"{"cpu": 13337}"#, "\(chance), 13337"] {
      #expect(RestrictedZone.tells(told, "13337"), "\(told)")
    }
    #expect(RestrictedZone.tells(chance, id))
  }

  @Test func `no route tells whoever has no right to it what is hosted in a DR zone, or how full it is`() async throws {
    try await RestrictedZone.run { api, bare in
      let zone = try await bare.furnished(api)
      let addresses = zone.addresses(api)
      #expect(addresses.count > 60)
      var told: Set<String> = []
      for address in addresses {
        for role in RestrictedZone.strangers {
          let answer = try await api.send(.get, address.path, headers: APIFixture.being(role))
          zone.check(answer, asked: address.path, role.description)
        }
        zone.check(try await api.send(.get, address.path), asked: address.path, "anybody")
        let whole = try await api.send(.get, address.path, headers: APIFixture.all)
        if whole.status == 200, !Self.isEmpty(whole) { told.insert(address.route) }
      }
      // Where there is nothing to be read for anybody, nothing was tried.
      let untold = Set(addresses.map(\.route)).subtracting(told).subtracting(Self.silent)
      #expect(untold.isEmpty, "\(untold.sorted())")
      // What has a right to it does see it: the words are those that answers are written in.
      let seen = try await api.send(.get, "/api/v1/placements", headers: APIFixture.being(.operator("dtnum")))
      let text = seen.text.lowercased()
      for word in zone.words.prefix(3) + ["13337"] { #expect(text.contains(word), "\(word): \(text.prefix(600))") }
      let agents = try await api.send(.get, "/api/v1/agents", headers: APIFixture.being(.operator("dtnum")))
      #expect(agents.text.contains("battement-tu"), "\(agents.text)")
      let flows = try await api.send(.get, "/api/v1/flows", headers: APIFixture.being(.operator("dtnum")))
      #expect(flows.text.contains("motif-tu"), "\(flows.text)")
      let report = try await api.send(.get, "/api/v1/capacity", headers: APIFixture.being(.operator("dtnum")))
      #expect(report.text.contains("13837"), "\(report.text)")
      for role in [Role.operator("dtnum"), .boardMember(operator: "autre"), .governanceAdmin, .auditor] {
        let clusters = try await api.send(.get, "/api/v1/clusters", headers: APIFixture.being(role))
        #expect(clusters.text.contains("habitant7") && !clusters.text.contains("withheld"), "\(role)")
        let shown = try await api.send(.get, "/api/v1/zones/nord-dr", headers: APIFixture.being(role))
        #expect(shown.text.contains("git.example/tu") && !shown.text.contains("withheld"), "\(role)")
      }
    }
  }
}
