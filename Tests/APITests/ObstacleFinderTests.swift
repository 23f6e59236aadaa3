import Contract
import Foundation
import HTTPTypes
import Model
import Placement
import Store
import Testing

@testable import API

/// What keeps choices apart is looked for within one budget for all that is asked.
struct ObstacleFinderTests {
  private static func finder(
    _ api: APIFixture, _ project: String, _ choices: [String: [String]], budget: Int = ObstacleFinder.mostNodes
  ) async throws -> ObstacleFinder {
    let question = try QueryQuestion(project, isJSON: false, for: .query, language: .fr)
    let inquiry = try Inquiry(question, in: try await api.store.basis(question.subject.request), language: .fr)
    return ObstacleFinder(try ChosenPlaces(choices, inquiry, language: .fr), inquiry, budget: budget)
  }

  /// A project of so many environments, one beside the other.
  private static func project(_ count: Int, _ words: String = "", cpu: String) -> String {
    let head = Offered.project("vigie").components(separatedBy: "  environments:")[0]
    let environments = (0..<count).map {
      "    - {name: dev\($0), stage: dev, quota: {cpu: \(cpu), memory: 1Gi, pods: 10}}"
    }
    return "\(head)\(words)  environments:\n\(environments.joined(separator: "\n"))\n"
  }

  @Test func `what the budget does not suffice for is undecided, and no reason is made up`() async throws {
    try await ValidationRoutesTests.run { api in
      let spread = Self.project(2, "  spread: [{topology: dataCenter, stage: dev}]\n", cpu: "1")
      let near = ["dev0": ["nord-b"], "dev1": ["nord-c"]]
      var whole = try await Self.finder(api, spread, near)
      let found = whole.find().reasons.map(\.code)
      #expect(found == [.spreadUnsatisfiable])
      #expect(whole.spent > 1000 && whole.spent < 2000, "\(whole.spent)")
      // Where nothing can be asked; where it ends before the ties; before the last of them.
      for budget in [0, 1000, 1150, whole.spent - 1] {
        var short = try await Self.finder(api, spread, near, budget: budget)
        let codes = short.find().reasons.map(\.code)
        #expect(codes == [.budgetExhausted] && short.spent <= budget, "\(budget): \(short.spent)")
      }
    }
  }

  @Test func `a search that does not end leaves enough to find out what the choices are tied by`() async throws {
    try await ValidationRoutesTests.run { api in
      // Each has room for one; which goes where can be tried in more ways than there are nodes.
      let clusters = (0..<9).map { "plein\($0)" }
      for name in clusters {
        let cluster = Offered.cluster(name, cpu: "10")
        try #require(try await api.send(.put, "/api/v1/clusters/\(name)", cluster).status == 201)
      }
      let pairs = (0..<10).map { ("dev\($0)", [clusters[$0 % clusters.count]]) }
      let choices = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
      var finder = try await Self.finder(api, Self.project(10, cpu: "6"), choices)
      let codes = finder.find().reasons.map(\.code)
      #expect(codes == [.jointCapacityShort])
      #expect(finder.spent > 40_000 && finder.spent <= ObstacleFinder.mostNodes, "\(finder.spent)")
    }
  }
}
