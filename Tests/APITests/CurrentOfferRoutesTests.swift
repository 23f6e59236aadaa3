import Contract
import Events
import Foundation
import HTTPTypes
import Identity
import Model
import Policy
import Postgres
import Store
import TestSupport
import Testing

@testable import API

struct CurrentOfferRoutesTests {
  private let path = "/api/v1/offer/current"

  @Test func `everybody reads it without saying who it is, before there is anything as well`() async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let bare = try await api.send(.get, path)
      #expect(bare.status == 200)
      let nothing: PublicOffer = try bare.decode()
      #expect(nothing.regions.isEmpty && nothing.policy == nil)
      for (path, text) in Offered.all {
        #expect(try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all).status == 201)
      }
      let answer = try await api.send(.get, path)
      let offer: PublicOffer = try answer.decode()
      #expect(offer.regions.map(\.name) == ["nord"] && offer.clusters.map(\.name) == ["nord-1"])
      #expect(offer.policy?.dataClasses.isEmpty == false && !offer.summary.fr.isEmpty)
      #expect(answer.header("etag") != bare.header("etag"))
      #expect(answer.header("cache-control") == "public, max-age=60, stale-if-error=86400")
    }
  }

  @Test func `its tag stays as long as its meaning does, and is all that a client needs to hear`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let tag = try #require(try await api.send(.get, path).header("etag"))
      // A placement, a report, another version of the policy with the same meaning, labels.
      #expect(try await api.place("vigie").status == 201)
      let renamed = Offered.cluster("nord-1").replacing("name: nord-1}", with: "name: nord-1, labels: {note: a}}")
      #expect(renamed != Offered.cluster("nord-1"))
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", renamed).status == 200)
      let same = try await api.send(.get, path, headers: ["if-none-match": tag])
      #expect(same.status == 304 && same.body.isEmpty && same.header("etag") == tag)
      _ = try await api.send(.get, path, headers: ["if-match": "\"other\""]).problem(412, .versionMismatch)
      let smaller = Offered.cluster("nord-1").replacing("cpu: 64", with: "cpu: 63")
      #expect(smaller != Offered.cluster("nord-1"))
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", smaller).status == 200)
      let other = try await api.send(.get, path, headers: ["if-none-match": tag])
      #expect(other.status == 200 && other.header("etag") != tag)
    }
  }

  @Test func `each meaning is written down once, and can be read as it was`() async throws {
    try await APIFixture.run { api in
      #expect(try await api.send(.get, "/api/v1/offer/history").text == #"{"items":[]}"#)
      _ = try await api.send(.get, "\(path)?at=2020-01-01T00:00:00Z").problem(404, .notFound)
      try await api.offer()
      #expect(try await api.store.publishOffer())
      #expect(try await api.store.publishOffer() == false)
      let first = try await api.send(.get, path)
      let smaller = Offered.cluster("nord-1").replacing("cpu: 64", with: "cpu: 63")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-1", smaller).status == 200)
      let written = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<4 { group.addTask { try await api.store.publishOffer() } }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(written == 1, "one of four")
      let history: ListView<OfferPublicationView> = try await api.send(.get, "/api/v1/offer/history").decode()
      #expect(history.items.count == 2 && history.items.map(\.policyVersion) == [1, 1])
      #expect("\"\(history.items[1].digest)\"" == first.header("etag"))
      let moment = history.items[1].publishedAt.description
      let then = try await api.send(.get, "\(path)?at=\(moment)")
      #expect(then.body == first.body && then.header("etag") == first.header("etag"))
      let page: ListView<OfferPublicationView> = try await api.send(.get, "/api/v1/offer/history?limit=1").decode()
      #expect(page.items == [history.items[0]] && page.next != nil)
    }
  }

  @Test func `what the policy names of hidden clusters and of projects is nowhere in it, now and as it was`()
    async throws
  {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      for (path, text) in Offered.all {
        #expect(try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all).status == 201)
      }
      let own = Offered.cluster("nord-geheim").replacing(
        "  zone: nord-usuel\n", with: "  zone: nord-usuel\n  privacy: dedicated\n  projects: [vigie]\n")
      #expect(try await api.send(.put, "/api/v1/clusters/nord-geheim", own, headers: APIFixture.all).status == 201)
      let naming = Offered.policy.replacing(
        "  rules:\n",
        with: """
            rules:
              - id: pour-un-projet
                motive: {fr: Pour un seul projet.}
                effect: forbid
                subject: {matchExpressions: [{key: project.name, operator: NotIn, values: [vigie]}]}
                places: {matchExpressions: [{key: cluster.name, operator: In, values: [nord-geheim, nord-1]}]}

          """
      ).replacing("limits: [", with: "limits: [{subject: {matchLabels: {project.name: vigie}}, production: {cpu: 5}}, ")
      let put = try await api.send(.put, "/api/v1/policies/regie", naming, headers: APIFixture.all)
      let warnings = put.headers.map(\.value).filter { $0.contains("[Withheld]") }
      #expect(put.status == 200 && warnings.count == 3)
      let answer = try await api.send(.get, path)
      let rules = try answer.decode(PublicOffer.self).policy?.rules ?? []
      let found = rules.first { $0.id == "pour-un-projet" }
      let rule = try #require(found)
      #expect(rule.places?.matchExpressions.map(\.values) == [["nord-1", "…"]])
      #expect(rule.motive.fr == "Pour un seul projet.")
      #expect(!answer.text.contains("nord-geheim") && !answer.text.contains("vigie"))
      // As a program of before has written it down.
      #expect(try await api.store.publishOffer())
      try await api.pool.withConnection {
        try await $0.script(
          """
          UPDATE offer_documents SET digest = repeat('a', 64),
            document = replace(replace(document, '…', 'nord-geheim'), '"form":5', '"form":4')
          """)
      }
      let published = try #require(try await api.store.offerPublications().items.first).publishedAt
      let then = try await api.send(.get, "\(path)?at=\(published)")
      #expect(then.status == 200 && then.text.contains("pour-un-projet") && !then.text.contains("nord-geheim"))
      let tag = try #require(then.header("etag"))
      #expect(!tag.contains(String(repeating: "a", count: 64)), "it is of what is told")
    }
  }

  @Test func `whom nobody knows has few connections, and who is known the others`() async throws {
    var configuration = try await APIFixture.database()
    configuration.maximumConnections = 4
    configuration.acquireTimeout = .seconds(5)
    let database = configuration
    try await APIFixture.run(on: database, authentication: .required(SpokenRoles())) { api in
      #expect(try await api.send(.get, path).header("regie-stale") == "false")
      try await LockedTable.run("offer_documents", of: database) { open in
        try await withThrowingTaskGroup(of: Answer.self) { group in
          for _ in 0..<20 { group.addTask { try await api.send(.get, "\(path)?at=2020-01-01T00:00:00Z") } }
          // One is under way, 16 wait.
          for _ in 0..<3 {
            let refused = try #require(try await group.next())
            _ = try refused.problem(503, .contended)
            #expect(refused.header("retry-after") == "1")
          }
          let known = try await api.send(.get, "/api/v1/operators", headers: ["x-api-key": "auditor"])
          #expect(known.status == 200)
          _ = try await api.send(.get, "/api/v1/offer/history").problem(503, .contended)
          // What is asked for at the login is told as it was known last.
          let login = try await api.send(.get, path)
          #expect(login.status == 200 && login.header("regie-stale") == "true")
          open()
          for try await answer in group { _ = try answer.problem(404, .notFound) }
        }
      }
    }
  }
}
