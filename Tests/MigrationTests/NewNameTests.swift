import Migration
import Model
import Placement
import Testing

@Suite("Names of new environments")
struct NewNameTests {
  @Test(
    "are the old one's letters and the first free number, within 11 characters",
    arguments: [
      ("prod", "prod2"), ("prod2", "prod3"), ("integration", "integratio2"), ("2024", "env2"), ("dev9", "dev2"),
      ("Pré-prod", "prprod2"),
    ])
  func names(old: String, new: String) throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.projects = []
    world.project("shop", ["x": "dev 1 a"])
    world.projects[0].project.spec.environments[0].name = old
    world.projects[0].replicas[0].existing.environment = old
    #expect(try world.plan().moves.map(\.newName) == [new])
  }

  @Test("are not what an environment is called, was called, or is going to be")
  func taken() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["dev": "dev 1 a", "dev1": "dev 1 a", "dev2": "dev 1 b"])
    world.projects[0].formerNames = ["dev3"]
    #expect(try world.plan().moves.map(\.newName) == ["dev4", "dev5"])
  }

  @Test("are one for all replicas of an environment, and get longer numbers when they must")
  func many() throws {
    var world = MoveWorld(["a": 100, "b": 100, "c": 100, "d": 100])
    world.project("shop", ["integration": "prod 1 a b"])
    world.scope = .clusters(["a", "b"])
    world.projects[0].formerNames = (2...10).map { "integratio\($0)".prefix(11) }.map(String.init)
    #expect(try world.plan().moves.map(\.newName) == ["integrati10", "integrati10"])
  }
}
