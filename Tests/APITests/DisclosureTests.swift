import Contract
import Foundation
import HTTPTypes
import Identity
import Model
import Testing

@testable import API

/// What is withheld of the offer: seen to be, and not betrayed by what changes.
struct DisclosureTests {
  private static let stranger = APIFixture.being(.operator("autre"))
  private static let owner = APIFixture.being(.operator("dtnum"))

  private static let head = "apiVersion: regie.cloud-pi-native.fr/v1\n"

  private static func zone(git: String, note: String = "rien") -> String {
    "\(head)kind: Zone\nmetadata: {name: nord-dr, annotations: {note: \(note)}}\n"
      + "spec: {region: nord, sensitivity: DR, slug: nord-dr, chain: forge, git: {url: \"https://git.example/\(git)\"}}"
  }

  private static func dedicated(_ name: String, to projects: String = "vigie") -> String {
    Offered.cluster(name)
      .replacing("  zone: nord-usuel", with: "  zone: nord-usuel\n  privacy: dedicated\n  projects: [\(projects)]")
  }

  private func run(_ body: @escaping @Sendable (APIFixture) async throws -> Void) async throws {
    try await APIFixture.run(authentication: .required(SpokenRoles())) { api in
      let more = [
        ("operators/autre", Offered.op.replacing("dtnum", with: "autre")), ("zones/nord-dr", Self.zone(git: "un")),
        ("clusters/a-own", Self.dedicated("a-own")), ("clusters/b-open", Offered.cluster("b-open")),
        ("clusters/c-dr", Offered.cluster("c-dr").replacing("zone: nord-usuel", with: "zone: nord-dr")),
        ("clusters/d-open", Offered.cluster("d-open")),
      ]
      for (path, text) in Offered.all + more {
        let answer = try await api.send(.put, "/api/v1/\(path)", text, headers: APIFixture.all)
        try #require(answer.status == 201, "\(path): \(answer.text)")
      }
      try await body(api)
    }
  }

  @Test func `a list says how many clusters it withholds, and its pages are full of the others`() async throws {
    try await run { api in
      var (names, cursor, pages): ([String], String?, Int) = ([], nil, 0)
      repeat {
        let more = cursor.map { "&cursor=\($0)" } ?? ""
        let page: ResourceListView = try await api.send(
          .get, "/api/v1/clusters?limit=2\(more)", headers: Self.stranger
        ).decode()
        #expect(page.withheld == 2)
        names += page.items.map(\.resource.metadata.name)
        (cursor, pages) = (page.next, pages + 1)
      } while cursor != nil
      #expect(names == ["b-open", "d-open", "nord-1"])
      #expect(pages == 2)
      let own: ResourceListView = try await api.send(.get, "/api/v1/clusters", headers: Self.owner).decode()
      #expect(own.items.count == 5 && own.withheld == nil)
    }
  }

  @Test func `a cluster that is withheld is not told from one that there is not`() async throws {
    try await run { api in
      for name in ["a-own", "c-dr", "nowhere"] {
        let answer = try await api.send(
          .get, "/api/v1/clusters/\(name)", headers: Self.stranger.merging(["if-match": "\"1\""]) { $1 })
        let problem = try answer.problem(404, .notFound)
        #expect(problem.detail.contains(name) && answer.header("etag") == nil)
      }
    }
  }

  /// Else whoever may not read a change would count them.
  @Test func `a zone's tag changes for whoever reads a part with that part, and with nothing else`() async throws {
    try await run { api in
      func read(_ reader: [String: String]) async throws -> Answer {
        try await api.send(.get, "/api/v1/zones/nord-dr", headers: reader)
      }
      let (first, known) = (try await read(Self.stranger), try await read(Self.owner))
      let view: ResourceView = try first.decode()
      #expect(view.withheld == ["spec.git", "metadata.annotations", "metadata.labels"])
      #expect(view.resource.metadata.resourceVersion == nil && view.resource.metadata.generation == nil)
      let other = try await api.send(
        .put, "/api/v1/zones/nord-dr", Self.zone(git: "deux", note: "autre"), headers: Self.owner)
      #expect(other.status == 200)
      #expect(try await read(Self.stranger).body == first.body)
      #expect(try await read(Self.stranger).header("etag") == first.header("etag"))
      #expect(try await read(Self.owner).header("etag") != known.header("etag"))
      let tag = try #require(first.header("etag"))
      let again = try await api.send(
        .get, "/api/v1/zones/nord-dr", headers: Self.stranger.merging(["if-none-match": tag]) { $1 })
      #expect(again.status == 304)
      let moved = Self.zone(git: "deux", note: "autre").replacing(", chain: forge", with: "")
      #expect(try await api.send(.put, "/api/v1/zones/nord-dr", moved, headers: Self.owner).status == 200)
      #expect(try await read(Self.stranger).header("etag") != tag)
    }
  }

  @Test func `whoever may write a zone reads it whole, and puts back all of it`() async throws {
    try await run { api in
      let read = try await api.send(.get, "/api/v1/zones/nord-dr", headers: Self.owner)
      let back = try await api.send(
        .put, "/api/v1/zones/nord-dr", read.text, type: "application/json", headers: Self.owner)
      #expect(back.status == 200 && back.text.contains("git.example/un"))
      #expect(back.header("etag") == read.header("etag"))
    }
  }

  @Test func `a zone that was not read whole is not put back, and so loses nothing`() async throws {
    try await run { api in
      for path in ["zones/nord-dr", "zones/nord-usuel"] {
        let read = try await api.send(.get, "/api/v1/\(path)", headers: Self.stranger)
        let back = try await api.send(.put, "/api/v1/\(path)", read.text, type: "application/json", headers: Self.owner)
        let problem = try back.problem(422, .invalid)
        #expect(problem.errors?.map(\.path) == ["status.withheld"], "\(back.text)")
      }
      #expect(try await api.send(.get, "/api/v1/zones/nord-dr", headers: Self.owner).text.contains("git.example/un"))
    }
  }

  @Test func `a zone that is not DR keeps its repository to its operator, and no more`() async throws {
    try await run { api in
      let view: ResourceView = try await api.send(.get, "/api/v1/zones/nord-usuel", headers: Self.stranger).decode()
      #expect(view.withheld == ["spec.git"])
      let list: ResourceListView = try await api.send(.get, "/api/v1/zones", headers: Self.stranger).decode()
      #expect(list.items.map(\.withheld.count) == [3, 1] && list.withheld == nil)
    }
  }

  @Test func `who has written a version of the policy is told to the board, to who administers and to auditors only`()
    async throws
  {
    try await run { api in
      let knowing: [Role] = [.boardMember(operator: "dtnum"), .governanceAdmin, .auditor]
      let others: [Role] = [
        .operator("dtnum"), .console, .projectTeam("vigie"), .organisation("mi"), .homologationAuthority,
      ]
      for role in knowing + others {
        let reader = APIFixture.being(role)
        let page: ListView<PolicyVersionView> = try await api.send(
          .get, "/api/v1/policy/versions", headers: reader
        ).decode()
        let one: PolicyVersionView = try await api.send(.get, "/api/v1/policy/versions/1", headers: reader).decode()
        let present: PolicyVersionView = try await api.send(.get, "/api/v1/policy/in-force", headers: reader).decode()
        let told = [page.items.first?.principal, one.principal, present.principal].compactMap(\.self)
        #expect(told.count == (knowing.contains(role) ? 3 : 0), "\(role): \(told)")
      }
    }
  }

  @Test func `what becomes some projects' own is withheld at once`() async throws {
    try await run { api in
      #expect(try await api.send(.get, "/api/v1/clusters/b-open", headers: Self.stranger).status == 200)
      let put = try await api.send(
        .put, "/api/v1/clusters/b-open", Self.dedicated("b-open"), headers: Self.owner)
      #expect(put.status == 200)
      #expect(try await api.send(.get, "/api/v1/clusters/b-open", headers: Self.stranger).status == 404)
    }
  }
}
