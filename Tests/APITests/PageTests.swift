import Contract
import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

struct PageTests {
  private func walk(_ api: APIFixture, _ path: String, limit: Int) async throws -> [[String]] {
    var pages: [[String]] = []
    var next: String?
    repeat {
      let cursor = next.map { "&cursor=\($0)" } ?? ""
      let separator = path.contains("?") ? "&" : "?"
      let page: ListView<Named> = try await api.send(.get, "\(path)\(separator)limit=\(limit)\(cursor)").decode()
      pages.append(page.items.map(\.metadata.name))
      next = page.next
    } while next != nil
    return pages
  }

  private struct Named: Codable, Sendable {
    struct Metadata: Codable, Sendable { var name: String }
    var metadata: Metadata
  }

  @Test func `resources come by name, page by page, without gap or repetition`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      let names = (2...7).map { "nord-\($0)" }
      for name in names.shuffled() {
        #expect(try await api.send(.put, "/api/v1/clusters/\(name)", Offered.cluster(name)).status == 201)
      }
      let all = ["nord-1"] + names
      #expect(try await walk(api, "/api/v1/clusters", limit: 3) == [Array(all[0..<3]), Array(all[3..<6]), [all[6]]])
      #expect(try await walk(api, "/api/v1/clusters", limit: 7) == [all], "a full last page has no next")
      #expect(try await walk(api, "/api/v1/clusters", limit: 1000) == [all])
      #expect(try await walk(api, "/api/v1/derogations", limit: 1) == [[]])
    }
  }

  @Test func `what is removed or added between pages disturbs no other item`() async throws {
    try await APIFixture.run { api in
      try await api.offer()
      for name in ["nord-2", "nord-3", "nord-4"] {
        #expect(try await api.send(.put, "/api/v1/clusters/\(name)", Offered.cluster(name)).status == 201)
      }
      let first: ListView<Named> = try await api.send(.get, "/api/v1/clusters?limit=2").decode()
      #expect(try await api.send(.delete, "/api/v1/clusters/nord-2").status == 204)
      #expect(try await api.send(.put, "/api/v1/clusters/nord-0", Offered.cluster("nord-0")).status == 201)
      let cursor = try #require(first.next)
      let second: ListView<Named> = try await api.send(.get, "/api/v1/clusters?limit=2&cursor=\(cursor)").decode()
      #expect(second.items.map(\.metadata.name) == ["nord-3", "nord-4"])
    }
  }

  @Test func `placements come page by page, within a filter`() async throws {
    try await APIFixture.run { api in
      try await api.offer(projects: ["vigie", "autre"])
      for project in ["vigie", "autre"] { #expect(try await api.place(project).status == 201) }
      let all: ListView<PlacementView> = try await api.send(.get, "/api/v1/placements").decode()
      let order = all.items.map { [$0.spec.project, $0.spec.environment] }
      #expect(order == [["autre", "dev"], ["autre", "prod"], ["vigie", "dev"], ["vigie", "prod"]])
      let ids = all.items.map(\.metadata.name)
      #expect(try await walk(api, "/api/v1/placements", limit: 3) == [Array(ids[..<3]), [ids[3]]])
      #expect(try await walk(api, "/api/v1/placements?project=vigie", limit: 1) == [[ids[2]], [ids[3]]])
    }
  }

  @Test(arguments: ["clusters", "placements"])
  func `bad limits and cursors are refused by name`(list: String) async throws {
    try await APIFixture.run { api in
      for limit in ["0", "-1", "1001", "x", "", "1.5", String(repeating: "9", count: 5000), "%201", "1&limit=2"] {
        let answer = try await api.send(.get, "/api/v1/\(list)?limit=\(limit)")
        #expect(try answer.problem(400, .badParameter).detail.contains("limit"), "\(limit)")
        #expect(answer.body.count < 1000)
      }
      for cursor in ["", "x", "!!!", "bnVsbA", "e30", "eyJ4IjoxfQ", "%00", "W10", String(repeating: "A", count: 4000)] {
        let answer = try await api.send(.get, "/api/v1/\(list)?cursor=\(cursor)")
        #expect(try answer.problem(400, .badCursor).detail.contains("cursor"), "\(cursor)")
      }
    }
  }
}
