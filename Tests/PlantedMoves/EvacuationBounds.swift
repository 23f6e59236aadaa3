import Migration
import Model
import Placement

/// What no plan of an evacuation can fall short of: worked out from volumes and flows, never from a plan.
public struct EvacuationBounds {
  private let evacuation: PlantedEvacuation

  /// The bounds of an evacuation.
  public init(_ evacuation: PlantedEvacuation) { self.evacuation = evacuation }

  /// The fewest waves that move everything: what one operator has to give up, what is moved in all, and the production of
  /// one project, by what a wave and a day may have of each.
  public var waves: Int {
    let (inputs, limits) = (evacuation.inputs, evacuation.inputs.limits)
    func over(_ count: Int, _ most: Int) -> Int { (count + most - 1) / most }
    let leaving = Dictionary(grouping: evacuation.planted, by: \.from).values.map(\.count).max() ?? 0
    let ids = Set(evacuation.planted.map(\.id))
    let production =
      inputs.projects.map { placed in
        placed.replicas.count { ids.contains($0.id) && $0.existing.stage == "prod" }
      }.max() ?? 0
    return max(
      limits.inFlightPerOperator.map { over(leaving, $0) } ?? 1, over(production, limits.productionPerProject),
      limits.perDay.map { over(evacuation.planted.count, $0) } ?? 1)
  }

  /// The least that the fullest target can be filled, in thousandths, however things are cut up: the lowest level at which
  /// all that moves still flows into what its data and stage admit, for each resource by itself.
  public var peak: Int64 {
    CountedResource.allCases.map { resource in
      var (low, high): (Int64, Int64) = (0, 1000)
      while low < high {
        let middle = (low + high) / 2
        if flows(resource, upTo: middle) { high = middle } else { low = middle + 1 }
      }
      return low
    }.max() ?? 0
  }

  private func flows(_ resource: CountedResource, upTo level: Int64) -> Bool {
    let kinds = Dictionary(grouping: evacuation.planted, by: \.admitted)
    let clusters = evacuation.inputs.offer.clusters
    // What leaves a cluster makes room there.
    var leaving: [String: Int64] = [:]
    let ids = Set(evacuation.planted.map(\.id))
    for replica in evacuation.inputs.projects.flatMap(\.replicas) where ids.contains(replica.id) {
      leaving[replica.existing.cluster, default: 0] += replica.existing.quota[resource]
    }
    let places = clusters.map { cluster -> Int64 in
      let limit = ResourceAmounts(cluster.spec.capacity)[resource]
      let committed = evacuation.inputs.ledger[cluster.name].committed[resource] - (leaving[cluster.name] ?? 0)
      return max(0, limit * level / 1000 - committed)
    }
    let wanted = kinds.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    var flow = Flow(
      supplies: wanted.map { $0.value.reduce(0) { $0 + $1.quota[resource] } }, places: places,
      edges: wanted.map { kind in clusters.indices.filter { kind.key.contains(clusters[$0].name) } })
    return flow.isWhole()
  }

  /// From kinds of things to places: the largest flow, by augmenting paths.
  private struct Flow {
    private var supplies: [Int64]
    private var places: [Int64]
    private let edges: [[Int]]
    private var carried: [[Int: Int64]]

    init(supplies: [Int64], places: [Int64], edges: [[Int]]) {
      (self.supplies, self.places, self.edges) = (supplies, places, edges)
      carried = Array(repeating: [:], count: supplies.count)
    }

    /// Whether all that there is finds a place.
    mutating func isWhole() -> Bool {
      for kind in supplies.indices { while supplies[kind] > 0 { if !augment(from: kind) { return false } } }
      return true
    }

    private mutating func augment(from start: Int) -> Bool {
      var reached: [Int: Int] = [:]  // by place, the kind that it was reached from
      var (waiting, entered): ([Int], [Int: Int]) = ([start], [start: -1])
      while let kind = waiting.popLast() {
        for place in edges[kind] where reached[place] == nil {
          reached[place] = kind
          if places[place] > 0 {
            send(to: place, from: start, reached, entered)
            return true
          }
          for other in supplies.indices where entered[other] == nil && carried[other][place] ?? 0 > 0 {
            entered[other] = place
            waiting.append(other)
          }
        }
      }
      return false
    }

    private mutating func send(to end: Int, from start: Int, _ reached: [Int: Int], _ entered: [Int: Int]) {
      var (amount, path, place) = (min(places[end], supplies[start]), [(kind: Int, place: Int, back: Int)](), end)
      while let kind = reached[place] {
        let back = entered[kind] ?? -1
        path.append((kind, place, back))
        if back < 0 { break }
        amount = min(amount, carried[kind][back] ?? 0)
        place = back
      }
      for step in path {
        carried[step.kind][step.place, default: 0] += amount
        if step.back >= 0 { carried[step.kind][step.back, default: 0] -= amount }
      }
      places[end] -= amount
      supplies[start] -= amount
    }
  }
}
