import Migration
import PlantedMoves
import Subjects

/// How much of planted evacuations is found, how fast, and how near to the bounds in waves and peak. It ends in an error where a
/// plan does not hold, or finds too little or takes too long.
struct MigrationFigures {
  /// The published ones; each is an evacuation of every shape and size.
  private static let seeds: [UInt64] = [1, 2, 3]
  private static let sizes: [(environments: Int, clusters: Int)] = [
    (200, 5), (200, 50), (1000, 20), (2000, 50), (5000, 50),
  ]

  /// Of the planted moves, what has to be found at least, and within how many seconds.
  private static let (least, most) = (0.99, 60.0)

  func measure(into figures: Figures) throws {
    let clusters = Self.sizes.map { "\($0.clusters)" }.joined(separator: ", ")
    Console.note("subject of migrate.plan: \(clusters) clusters, 0 rules, environments per project: 1 to 3")
    for shape in PlantedEvacuation.Shape.allCases {
      for (environments, clusters) in Self.sizes {
        for fill: Int64 in [60, 80, 95] {
          try measure(shape, environments, clusters, fill, into: figures)
        }
      }
    }
  }

  /// The worst of the seeds counts.
  private func measure(
    _ shape: PlantedEvacuation.Shape, _ environments: Int, _ clusters: Int, _ fill: Int64, into figures: Figures
  ) throws {
    var (found, seconds, waves, peak) = (1.0, 0.0, (reached: 0, bound: 0), (reached: Int64(0), bound: Int64(0)))
    for seed in Self.seeds {
      let evacuation = PlantedEvacuation(
        environments: environments, clusters: clusters, fill: fill, shape: shape, seed: seed,
        limits: MoveLimits(inFlightPerOperator: 50))
      let started = ContinuousClock.now
      let plan = try evacuation.inputs.plan()
      seconds = max(seconds, (.now - started) / .seconds(1))
      found = min(found, Double(plan.moves.count) / Double(environments))
      var checker = PlanChecker(inputs: evacuation.inputs, plan: plan)
      checker.check()
      let bounds = EvacuationBounds(evacuation)
      guard checker.faults.isEmpty, found >= Self.least, seconds <= Self.most, plan.waves.count >= bounds.waves else {
        throw BenchError(
          "\(shape.rawValue) \(environments)×\(clusters) at \(fill) %, seed \(seed): found \(found) in \(seconds) s, \(checker.faults)"
        )
      }
      if plan.waves.count - bounds.waves >= waves.reached - waves.bound { waves = (plan.waves.count, bounds.waves) }
      if plan.peak - bounds.peak >= peak.reached - peak.bound { peak = (plan.peak, bounds.peak) }
    }
    let name = "\(shape.rawValue).\(environments)x\(clusters).\(fill)-percent"
    figures.add("migrate.plan.found.\(name)", found, "ratio")
    figures.add("migrate.plan.seconds.\(name)", seconds, "s")
    figures.add("migrate.plan.waves.\(name)", Double(waves.reached), "waves")
    figures.add("migrate.plan.waves.bound.\(name)", Double(waves.bound), "waves")
    figures.add("migrate.plan.peak.\(name)", Double(peak.reached) / 1000, "ratio")
    figures.add("migrate.plan.peak.bound.\(name)", Double(peak.bound) / 1000, "ratio")
    Console.note("\(name): found \(found), \(seconds) s, waves \(waves), peak \(peak)")
  }
}
