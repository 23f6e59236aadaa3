import Foundation
import Model
import Placement

/// What is to be moved, by numbers, with all that is known before the search and never changes in it.
struct MovingProblem {
  let inputs: PlanningInputs
  let choice: ScopeChoice
  /// Judges as if the places that are left did drain.
  let engine: Engine
  /// Nothing promised anywhere.
  let bare: PlacementState
  let stages: [String]
  private(set) var projects: [MovingProject] = []
  private(set) var movers: [Mover] = []
  /// By mover, what it holds and its stage, apart: the search looks at nothing else most of the time.
  private(set) var loads: [Load] = []
  private(set) var stageNumbers: [Int] = []
  private(set) var structures: [Structure] = []
  /// By mover, those that go first.
  private(set) var firsts: [[Int]] = []
  private let order: DependencyOrder
  /// What the scope means, and no plan moves, and was not moved yet.
  private let withheld: Set<EnvironmentReference>
  /// By site, the operator's number.
  let operators: [Int]
  /// What clusters have promised before anything is moved.
  let rooms: RoomBook

  init(_ inputs: PlanningInputs) {
    self.inputs = inputs
    let choice = ScopeChoice(inputs.scope, offer: inputs.offer)
    self.choice = choice
    order = DependencyOrder(inputs.limits.dependencies)
    withheld = Set(
      inputs.withheld.filter { choice.means($0) && !$0.hasMoved }.map {
        EnvironmentReference(project: $0.project, environment: $0.environment)
      })
    let engine = Engine(offer: choice.draining(inputs.offer), policy: inputs.policy, day: inputs.day)
    self.engine = engine
    bare = PlacementState(ledger: Ledger(), staleZones: inputs.staleZones, for: engine)
    let stages = Set(inputs.projects.flatMap { $0.replicas.map(\.existing.stage) }).sorted()
    self.stages = stages
    let names = engine.clusters.indices.map { engine.place($0).operator }
    let known = Set(names).sorted()
    operators = names.map { known.firstIndex(of: $0) ?? 0 }
    rooms = RoomBook(engine, stages: stages, ledger: inputs.ledger)
    add()
    (loads, stageNumbers) = (movers.map(\.load), movers.map(\.stage))
    firsts = waits()
  }

  private mutating func add() {
    var numbers: [Structure.Key: Int] = [:]
    let names = NamedProjects(inputs)
    for placed in inputs.projects.sorted(by: { $0.project.name < $1.project.name }) {
      let replicas = placed.replicas.sorted {
        ($0.existing.environment, $0.existing.replica) < ($1.existing.environment, $1.existing.replica)
      }
      let moving = replicas.filter { choice.means($0, of: placed.project.name) }
      guard !moving.isEmpty else { continue }
      let others = replicas.filter { !choice.means($0, of: placed.project.name) }
      let stayers = others.filter { placed.asks(for: $0.existing) && mayStay($0.existing, of: placed) }
      let key = Structure.Key(placed, moving: moving, stayers: stayers, isNamed: names.contains(placed))
      let structure = numbers[key] ?? structures.count
      if structure == structures.count {
        numbers[key] = structure
        structures.append(
          Structure(
            placed, moving: moving.map(\.existing), stayers: stayers.map(\.existing), now: inputs.now, engine: engine,
            bare: bare))
      }
      let first = movers.count
      for (member, replica) in moving.enumerated() {
        movers.append(mover(replica, member, of: placed, structures[structure].members[member]))
      }
      projects.append(
        MovingProject(placed: placed, movers: first..<movers.count, stayers: stayers, structure: structure))
    }
  }

  private func mayStay(_ existing: ExistingPlacement, of placed: PlacedProject) -> Bool {
    Structure.mayStay(existing, of: placed, inputs.now, engine, bare)
  }

  private func mover(
    _ replica: PlacedProject.Replica, _ member: Int, of placed: PlacedProject, _ found: Structure.Member
  ) -> Mover {
    let existing = replica.existing
    let load = Load(existing.quota)
    let stage = stages.firstIndex(of: existing.stage) ?? 0
    let isAsked = placed.asks(for: existing)
    let own = EnvironmentReference(project: placed.project.name, environment: existing.environment)
    let isHeld = order.firsts(of: own).contains { withheld.contains($0) }
    let fitting = found.candidates.indices.filter { index in
      isAsked && !isHeld && rooms.couldEverHold(load, stage: stage, at: found.candidates[index])
    }
    return Mover(
      project: projects.count, member: member, id: replica.id, existing: existing,
      source: engine.site(named: existing.cluster), load: load, stage: stage,
      isProduction: existing.stage == Stage.production, candidates: fitting.map { found.candidates[$0] },
      preferences: fitting.map { found.preferences[$0] }, mayStay: isAsked && found.mayStay, isHeld: isHeld)
  }

  /// By mover, the movers that go first.
  private func waits() -> [[Int]] {
    guard !inputs.limits.dependencies.isEmpty else { return Array(repeating: [], count: movers.count) }
    var numbers: [EnvironmentReference: [Int]] = [:]
    for (number, mover) in movers.enumerated() {
      numbers[mover.reference(in: projects[mover.project].name), default: []].append(number)
    }
    return movers.map { mover in
      order.firsts(of: mover.reference(in: projects[mover.project].name)).flatMap { numbers[$0] ?? [] }
    }
  }

  func name(of project: Int) -> String { projects[project].name }
  func structure(of mover: Int) -> Structure { structures[projects[movers[mover].project].structure] }
}

extension PlacedProject {
  /// Whether the project still asks for a replica.
  func asks(for existing: ExistingPlacement) -> Bool {
    project.spec.environments.contains {
      $0.name == existing.environment && existing.replica < max(1, $0.replicas ?? 1)
    }
  }
}

extension Structure.Key {
  /// What a project asks for, without how much, and without what people read.
  init(
    _ placed: PlacedProject, moving: [PlacedProject.Replica], stayers: [PlacedProject.Replica], isNamed: Bool
  ) {
    var spec = placed.project.spec
    (spec.displayName, spec.consoleID) = (nil, nil)
    for index in spec.environments.indices {
      spec.environments[index].quota = ResourceList()
      spec.environments[index].consoleID = nil
    }
    func parts(_ replicas: [PlacedProject.Replica], _ kind: String) -> [[String]] {
      replicas.map { [kind, $0.existing.environment, String($0.existing.replica), $0.existing.cluster] }
    }
    self.init(
      spec: spec, labels: placed.project.metadata.labels, name: isNamed ? placed.project.name : nil,
      derogations: placed.derogations, parts: parts(moving, "moves") + parts(stayers, "stays"))
  }
}
