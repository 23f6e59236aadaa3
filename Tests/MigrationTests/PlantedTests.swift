import Foundation
import Migration
import Model
import Placement
import PlantedMoves
import Testing

@Suite("Planted evacuations")
struct PlantedTests {
  @Test(
    "are found almost whole, and what is found holds",
    arguments: [
      (40, 5, 60, PlantedEvacuation.Shape.region), (60, 8, 80, .region), (60, 6, 95, .region), (120, 12, 95, .region),
      (40, 5, 80, .relay), (60, 6, 95, .relay), (500, 20, 95, .region),
    ])
  func found(environments: Int, clusters: Int, fill: Int, shape: PlantedEvacuation.Shape) throws {
    for seed: UInt64 in 1...3 {
      let limits = MoveLimits(inFlightPerOperator: 10, perDay: 30)
      let evacuation = PlantedEvacuation(
        environments: environments, clusters: clusters, fill: Int64(fill), shape: shape, seed: seed, limits: limits)
      let plan = try PlanChecker.checked(evacuation.inputs, "seed \(seed)")
      let ratio = Double(plan.moves.count) / Double(environments)
      print("seed \(seed) \(shape) \(environments)×\(clusters) at \(fill)%: \(ratio), waves \(plan.waves.count)")
      #expect(ratio >= 0.99, "seed \(seed): \(plan.moves.count) of \(environments)")
      let bounds = EvacuationBounds(evacuation)
      #expect(plan.waves.count >= bounds.waves && plan.peak >= bounds.peak, "seed \(seed)")
    }
  }
}
