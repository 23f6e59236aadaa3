import Foundation
import Migration
import Model
import TestSupport
import Testing

/// What a project's document becomes when replicas of its environments are moved.
@Suite struct MovedDocumentTests {
  private static func spec(
    _ environments: KeyValuePairs<String, Int?>, spread: [[String]] = [], colocation: [[String]] = []
  ) -> ProjectSpec {
    ProjectSpec(
      organisation: "mi", audience: .ministerial, dataClasses: ["ordinary"],
      spread: spread.map { ProjectSpec.Spread(topology: .region, environments: $0) },
      colocation: colocation.map { ProjectSpec.Colocation(topology: .region, environments: $0) },
      environments: environments.map { name, replicas in
        ProjectSpec.Environment(
          name: name, stage: name == "dev" ? "dev" : "prod",
          quota: ResourceList(cpu: Quantity(name == "dev" ? 1 : 4), memory: Quantity("8Gi")), replicas: replicas,
          distinct: name == "prod" ? .region : nil,
          consoleID: name == "prod" ? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) : nil)
      })
  }

  /// What is kept apart, whatever the order of the names.
  private static func kept(_ spec: ProjectSpec) -> Set<[String]> {
    Set(spec.spread.map { [$0.topology.rawValue, "\($0.maxSkew ?? 0)"] + $0.environments.sorted() })
  }

  private static func names(_ spec: ProjectSpec?) -> [String] {
    (spec?.environments ?? []).map { "\($0.name)\($0.replicas.map { "×\($0)" } ?? "")" }
  }

  @Test func `an environment with one replica takes its new name where it stood`() throws {
    let before = Self.spec(["dev": nil, "prod": nil, "back": 2])
    let after = try #require(before.moving("prod", to: "prod2"))
    #expect(Self.names(after) == ["dev", "prod2", "back×2"])
    #expect(after.environments[1].quota == before.environments[1].quota)
    #expect(after.environments[1].stage == "prod")
    #expect(after.environments[1].distinct == .region)
    // The console gives it another identifier.
    #expect(after.environments[1].consoleID == nil)
    #expect(after.spread.isEmpty)
    var spec = before
    spec.environments[1].consoleID = nil
    #expect(after.moving("prod2", backTo: "prod", consoleID: nil) == spec)
    #expect(after.moving("prod2", backTo: "prod", consoleID: before.environments[1].consoleID) == before)
  }

  @Test func `replicas that go one after the other stay apart in between, and nothing is left of that in the end`()
    throws
  {
    let before = Self.spec(["prod": 3])
    let one = try #require(before.moving("prod", to: "prod2"))
    #expect(Self.names(one) == ["prod×2", "prod2×1"])
    let apart = ProjectSpec.Spread(topology: .region, environments: ["prod", "prod2"], maxSkew: 1)
    #expect(one.spread == [apart])
    let two = try #require(one.moving("prod", to: "prod2"))
    #expect(Self.names(two) == ["prod×1", "prod2×2"])
    #expect(two.spread == [apart])
    let three = try #require(two.moving("prod", to: "prod2"))
    #expect(Self.names(three) == ["prod2×3"])
    #expect(three.spread.isEmpty)
    let console = before.environments[0].consoleID
    let back = try #require(three.moving("prod2", backTo: "prod", consoleID: console))
    #expect(back == two)
    #expect(back.moving("prod2", backTo: "prod", consoleID: console) == one)
    #expect(one.moving("prod2", backTo: "prod", consoleID: console) == before)
  }

  @Test func `what speaks of an environment speaks of what takes its place`() throws {
    let before = Self.spec(["dev": nil, "prod": nil], spread: [["prod", "dev"]], colocation: [["dev", "prod"]])
    let after = try #require(before.moving("prod", to: "prod2"))
    #expect(after.spread.map(\.environments) == [["prod2", "dev"]])
    #expect(after.colocation.map(\.environments) == [["dev", "prod2"]])
    #expect(after.moving("prod2", backTo: "prod", consoleID: before.environments[1].consoleID) == before)
  }

  @Test func `an own spread over all environments stays as it is`() throws {
    let before = Self.spec(["dev": nil, "prod": nil], spread: [[]])
    #expect(try #require(before.moving("prod", to: "prod2")).spread.map(\.environments) == [[]])
  }

  @Test func `what was given up stays, and the source is asked for again`() throws {
    let before = Self.spec(["dev": nil, "prod": nil], colocation: [["dev", "prod"]])
    let after = try #require(before.moving("prod", to: "prod2"))
    let kept = try #require(after.moving("prod2", backTo: "prod", consoleID: nil, keeping: true))
    #expect(Self.names(kept) == ["dev", "prod", "prod2"])
    #expect(kept.colocation.map(\.environments) == [["dev", "prod2", "prod"]])
    #expect(kept.spread == [ProjectSpec.Spread(topology: .region, environments: ["prod", "prod2"], maxSkew: 1)])
  }

  @Test func `what the project does not ask for is not moved`() {
    let spec = Self.spec(["dev": nil])
    #expect(spec.moving("prod", to: "prod2") == nil)
    #expect(spec.moving("prod2", backTo: "prod", consoleID: nil) == nil)
  }

  @Test func `documents stay valid, and any way there and back is none`() throws {
    var dice = Dice.fresh("documents of moves")
    for _ in 0..<300 {
      let before = Self.spec(
        ["dev": Bool.random(using: &dice) ? nil : 1, "prod": Int.random(in: 1...4, using: &dice)],
        spread: Bool.random(using: &dice) ? [] : [["dev", "prod"]])
      var course = [before]
      for _ in 0..<Int.random(in: 1...4, using: &dice) {
        guard let next = course[course.count - 1].moving("prod", to: "prod2") else { break }
        #expect(Resource("projet", next).problems.isEmpty)
        course.append(next)
      }
      while course.count > 1 {
        let last = course.removeLast()
        let back = last.moving("prod2", backTo: "prod", consoleID: before.environments[1].consoleID)
        #expect(back.map { Set($0.environments) } == Set(course[course.count - 1].environments))
        #expect(back.map(Self.kept) == Self.kept(course[course.count - 1]))
      }
    }
  }
}
