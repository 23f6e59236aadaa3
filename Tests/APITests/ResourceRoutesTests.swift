import Contract
import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

struct ResourceRoutesTests {
  /// One of each kind that clients write, in the order in which they can be put.
  static let samples: [(String, String)] =
    Offered.all + [("projects/vigie", Offered.project("vigie")), ("derogations/exception-1", Offered.derogation)]

  @Test func `every kind is created, read, listed, replaced by itself and deleted`() async throws {
    #expect(Set(Self.samples.map { $0.0.split(separator: "/")[0] }) == Set(ResourceRoutes.kinds.map { $0.plural[...] }))
    try await APIFixture.run { api in
      for (path, text) in Self.samples {
        let created = try await api.send(.put, "/api/v1/\(path)", text)
        #expect(created.status == 201, "\(path): \(created.text)")
        let resource = try created.decode(AnyResource.self)
        #expect(created.header("etag") == "\"\(try #require(resource.metadata.resourceVersion))\"")
        #expect(resource.metadata.generation == 1 && resource.metadata.uid != nil)

        let read = try await api.send(.get, "/api/v1/\(path)")
        #expect(read.status == 200 && read.body == created.body)
        #expect(read.header("etag") == created.header("etag"))

        let again = try await api.send(.put, "/api/v1/\(path)", read.text, type: "application/json")
        #expect(again.status == 200 && again.body == created.body, "what was got may be put again: \(again.text)")

        let plural = try #require(path.split(separator: "/").first)
        let list: ListView<AnyResource> = try await api.send(.get, "/api/v1/\(plural)").decode()
        #expect(list.items == [resource] && list.next == nil)
      }
      for (path, _) in Self.samples.reversed() where !path.hasPrefix("policies") {
        // Chain and zone name each other's region: the zone goes first, then nothing names the chain.
        let removed = try await api.send(.delete, "/api/v1/\(path)")
        guard removed.status != 409 else { continue }
        #expect(removed.status == 204, "\(path): \(removed.text)")
        _ = try await api.send(.get, "/api/v1/\(path)").problem(404, .notFound)
        _ = try await api.send(.delete, "/api/v1/\(path)").problem(404, .notFound)
      }
      let left = try await api.send(.get, "/api/v1/operators")
      #expect(try left.decode(ListView<AnyResource>.self).items.isEmpty, "everything could go in that order")
    }
  }

  @Test func `a change of the spec counts a generation, one of the labels does not`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      let path = "/api/v1/projects/vigie"
      let first = try await api.send(.get, path)
      let labelled = Offered.project("vigie").replacing(
        "metadata: {name: vigie}", with: "metadata: {name: vigie, labels: {a: b}}")
      let second = try await api.send(.put, path, labelled)
      #expect(second.status == 200 && second.header("etag") != first.header("etag"))
      #expect(try second.decode(AnyResource.self).metadata.generation == 1)
      let third = try await api.send(.put, path, Offered.project("vigie", cpu: "3"))
      #expect(try third.decode(AnyResource.self).metadata.generation == 2)
      #expect(try third.decode(AnyResource.self).metadata.uid == first.decode(AnyResource.self).metadata.uid)
    }
  }

  @Test func `the server's own fields of a document are its own affair`() async throws {
    try await APIFixture.run { api in
      let uid = "00000000-0000-4000-8000-000000000001"
      let text = Offered.op.replacing(
        "metadata: {name: dtnum,", with: "status: {any: thing}\nmetadata: {name: dtnum, uid: \(uid), generation: 9,")
      let created = try await api.send(.put, "/api/v1/operators/dtnum", text)
      #expect(created.status == 201, "\(created.text)")
      let metadata = try created.decode(AnyResource.self).metadata
      #expect(metadata.generation == 1 && metadata.uid?.uuidString.lowercased() != uid)
    }
  }

  @Test func `what others refer to is not deleted, and who does is said`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      for (path, by) in [
        ("operators/dtnum", "Region « nord »"), ("regions/nord", "« nord-usuel »"),
        ("chains/forge", "Zone « nord-usuel »"),
        ("zones/nord-usuel", "Cluster « nord-1 »"), ("clusters/nord-1", "Placement"), ("projects/vigie", "Placement"),
      ] {
        let problem = try await api.refuse(.delete, "/api/v1/\(path)", with: 409, .stillReferenced)
        #expect(problem.detail.contains(by), "\(path): \(problem.detail)")
      }
      let problem = try await api.refuse(.delete, "/api/v1/policies/regie", with: 409, .conflict)
      #expect(problem.detail.contains("remplacée, jamais supprimée"))
    }
  }

  @Test func `a resource that contradicts what is stored names the field`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie"])
      #expect(try await api.place("vigie").status == 201)
      let zone = Offered.zone
      for (path, text, field) in [
        ("clusters/x", Offered.cluster("x").replacing("nord-usuel", with: "nulle-part"), "spec.zone"),
        (
          "regions/sud",
          Offered.region.replacing("nord}", with: "sud}").replacing("operator: dtnum", with: "operator: qui"),
          "spec.operator"
        ),
        ("zones/autre", zone.replacing("nord-usuel", with: "autre"), "spec.slug"),
        ("clusters/x", Offered.cluster("x").replacing("Label x", with: "Nord"), "spec.console.label"),
        ("zones/nord-usuel", zone.replacing("slug: nord", with: "slug: sud"), "spec.slug"),
        ("policies/deux", Offered.policy.replacing("name: regie", with: "name: deux"), "metadata.name"),
        ("derogations/exception-1", Offered.derogation.replacing("vigie", with: "absent"), "spec.project"),
      ] {
        let problem = try await api.refuse(.put, "/api/v1/\(path)", text, with: 409, .conflict)
        #expect(problem.errors?.map(\.path) == [field], "\(path): \(problem)")
        #expect(problem.detail.contains(field))
      }
    }
  }

  @Test func `the address and the document must name the same`() async throws {
    try await APIFixture.run { api in
      let name = try await api.refuse(.put, "/api/v1/operators/autre", Offered.op, with: 400, .malformed)
      #expect(name.errors?.first?.path == "metadata.name")
      #expect(name.errors?.first?.value == "dtnum" && name.errors?.first?.accepted == "autre")
      let kind = try await api.refuse(.put, "/api/v1/chains/dtnum", Offered.op, with: 400, .malformed)
      #expect(kind.errors?.first?.path == "kind" && kind.errors?.first?.accepted == "Chain")
    }
  }

  /// Else its members would be told that they speak for nobody when the first vote is open.
  @Test func `an operator is told which of its representatives' groups no rule of roles knows`() async throws {
    try await KeyedAPI.run { api, _ in
      let named = Offered.op.replacing(
        "[{group: /regie/operators/dtnum}]",
        with: "[{group: /regie/operators/dtnum}, {group: /regie/operators/dtnum/board}, "
          + "{group: /regie/operators/anfsi/board}, {subject: marie}]")
      let answer = try await api.send(.put, "/api/v1/operators/dtnum", named, headers: APIFixture.all)
      #expect(answer.status == 201, "\(answer.text)")
      let warnings = answer.headers.filter { $0.name.canonicalName == "warning" }.map(\.value)
      #expect(warnings.count == 2 && warnings.allSatisfy { $0.contains("board-member(dtnum)") }, "\(warnings)")
      #expect(warnings[0].contains("representatives[0]") && warnings[1].contains("representatives[2]"))
    }
  }
}
