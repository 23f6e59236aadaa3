import Foundation
import Model
import Testing

@testable import Placement

/// What a batch is made of, each part by itself: projects, bounds, the board, and how the fullest cluster is relieved.
@Suite struct BatchInsideTests {
  private static func project(_ batch: BatchWorld, nodes: Int = 100_000) -> BatchProject {
    let engine = batch.engine
    return BatchProject(
      batch.projects[0], at: 0, mayMove: false, within: (nodes, nodes), engine, on: batch.state(engine))
  }

  /// One project whose first term is a cluster that the policy does not prefer.
  private static func termed(environments: Int = 1) -> BatchWorld {
    var batch = BatchWorld.clusters(20, 20)
    batch.world.policy.rules = [World.rule("second", .prefer, places: .in("cluster.name", "c1"), weight: 5)]
    var spec = batch.world.project.spec
    spec.environments = (0..<environments).map { World.environment("e\($0)", "prod", cpu: 2) }
    spec.preferences.terms = [.in("cluster.name", "c0"), .in("cluster.name", "c1")]
    batch.add(Resource("p", spec))
    return batch
  }

  @Test("what could not be decided by itself may hold any term beside others: nothing is taken for certain")
  func undecided() {
    let batch = Self.termed(environments: 4)
    let certain = Self.project(batch)
    #expect(certain.status == .placed && certain.bestTerm == 0 && certain.bestNewTerm == 0)
    let open = Self.project(batch, nodes: 1)
    #expect(open.status == .undecided && open.mayBePlaced)
    #expect(open.bestTerm == 0 && open.bestNewTerm == 0 && open.leastRechained == 0)
  }

  @Test("the preference in the first term bounds only what gives nothing another chain, and holds all first terms")
  func preference() {
    let batch = Self.termed()
    let engine = batch.engine
    let project = Self.project(batch)
    #expect(project.bestPreference == 0 && project.bestOutside == 1000)
    let bounds = BatchBounds(
      projects: [project], limits: BatchSites(engine, stages: ["prod"]), state: batch.state(engine))
    func most(_ rechained: Int, _ terms: Int, _ newTerms: Int) -> Int64 {
      bounds.preference(
        of: 1,
        holding: BatchObjective(
          placed: 1, rechained: rechained, terms: terms, newTerms: newTerms, preference: 0, fullest: 0))
    }
    #expect(most(0, 0, 0) == project.bestPreference)
    for (rechained, terms, newTerms) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
      #expect(most(rechained, terms, newTerms) == project.bestOutside, "\(rechained), \(terms), \(newTerms)")
    }
  }

  @Test("what is taken off the board leaves nothing behind")
  func board() {
    let batch = Self.termed()
    let engine = batch.engine
    let limits = BatchSites(engine, stages: ["prod"])
    var board = BatchBoard(batch.state(engine), projects: 2, limits)
    let empty = board.value
    let plan = engine.plan(batch.projects[0], on: batch.state(engine))
    let amounts = ResourceAmounts(cpu: 5_000, memory: 8 << 30)
    func placed(_ site: Int) -> BatchBoard.Placed {
      BatchBoard.Placed(
        plan: plan, growth: [(site: site, amounts: amounts)], rechained: 2, term: 3, newTerm: 4, preference: 50,
        isFree: true, newSites: [site])
    }
    board.place(1, placed(0))
    let one = BatchObjective(placed: 1, rechained: 2, terms: 3, newTerms: 4, preference: 50, fullest: 250)
    #expect(board.value == one && board.members == [[1], []] && board.order == [1])
    board.place(0, placed(0))
    #expect(
      board.value
        == BatchObjective(placed: 2, rechained: 4, terms: 6, newTerms: 8, preference: 100, fullest: 500))
    #expect(board.members == [[0, 1], []] && board.order == [1, 0] && board.isAsDecided(0) && board.isAsDecided(1))
    board.remove(0)
    #expect(board.value == one && board.members == [[1], []] && board.order == [1])
    // What was there when the other one was decided is there no more from here on.
    board.place(0, placed(1))
    #expect(board.isAsDecided(1) && !board.isAsDecided(0) && board.fullest.sites == [0, 1])
    for project in [0, 1, 1] { board.remove(project) }
    #expect(board.value == empty && board.members == [[], []] && board.order == [])
  }

  @Test("the fullest cluster is relieved until that makes it no less full")
  func level() throws {
    var batch = BatchWorld.clusters(20, 20)
    for number in 0..<4 { batch.add("p\(number)", cpu: 4) }
    let engine = batch.engine
    let state = batch.state(engine)
    let projects = batch.projects.indices.map { position in
      BatchProject(
        batch.projects[position], at: position, mayMove: false, within: (100_000, 100_000), engine, on: state)
    }
    var search = BatchSearch(
      projects, BatchSites(engine, stages: ["prod"]), batch.batch, engine, state, nodes: 0)
    let second = try #require(engine.site(named: "c1"))
    for project in projects.indices {
      let places = search.places(for: project, without: [second])
      search.board.place(project, try #require(places))
    }
    let isKept = search.keepIfBetter()
    #expect(isKept && search.best.value.placed == 4 && search.best.value.fullest == 800)
    search.level()
    #expect(search.best.value.placed == 4 && search.best.value.fullest == 400)
  }
}
