import Foundation
import Model
import Placement
import Testing

@testable import Migration

/// What the search for targets asks its board, and what is taken back in the end.
struct TargetBoardTests {
  @Test func `a project's others are moved with it only where each of them may lose its place`() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["dev": "dev 4 a", "prod": "prod 8 a", "test": "dev 1 a"])
    let problem = MovingProblem(world.inputs)
    let site = try #require(problem.engine.site(named: "b"))
    var board = TargetBoard(problem)
    let none = board.siblings(of: 0)
    board.place(1, at: site)
    let one = board.siblings(of: 0)
    board.isFixed[1] = true
    let fixed = board.siblings(of: 0)
    #expect(none == [] && one == [1] && fixed == nil)
  }

  @Test func `what makes the room for another one does not lose its place`() throws {
    var world = MoveWorld(["a": 8, "b": 8])
    world.project("one", ["dev": "dev 8 a"])
    world.project("two", ["dev": "dev 8 b"])
    world.scope = .selection([MoveWorld.id(1), MoveWorld.id(2)])
    let problem = MovingProblem(world.inputs)
    let (a, b) = (try #require(problem.engine.site(named: "a")), try #require(problem.engine.site(named: "b")))
    var board = TargetBoard(problem)
    board.usesFreed = true
    board.place(0, at: b)
    let alone = board.mayLeave(0)
    board.place(1, at: a)
    let neededByOther = board.mayLeave(0)
    board.remove(1)
    let aloneAgain = board.mayLeave(0)
    #expect(alone && !neededByOther && aloneAgain)
  }

  @Test func `of ten moves of a project as many as can be are kept, whichever of them makes no whole`() throws {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project(
      "shop",
      [
        "ea": "prod 1 a", "eb": "prod 1 a", "ec": "dev 1 a", "ed": "dev 1 a", "ee": "dev 1 a", "ef": "dev 1 a",
        "eg": "dev 1 a", "eh": "dev 1 a", "ei": "dev 1 a", "ej": "dev 1 a", "ek": "dev 1 a",
      ]
    ) { $0.colocation = [.init(topology: .cluster, stage: "prod")] }
    // What is not moved may not stay either: what has to be with it does not go alone.
    world.cluster("a") { $0.state = .closed }
    let problem = MovingProblem(world.inputs)
    let site = try #require(problem.engine.site(named: "b"))
    var board = TargetBoard(problem)
    for mover in 0..<11 where mover != 1 { board.place(mover, at: site) }
    var settlement = Settlement(problem)
    settlement.settle(&board)
    let targets = board.targets
    #expect(targets == [nil, nil] + [Int?](repeating: site, count: 9))
  }
}
