import Events
import Foundation
import Model
import Reconciler
import Testing

/// All modes, changes of mode, outages, two clocks, refused and lost versions: nothing goes that a signed removal does not
/// take away, and what was decided last comes about.
struct WorldPropertyTests {
  private static let blocks = 12
  private static let seedsEach: UInt64 = 25

  @Test(arguments: 0..<blocks)
  func `whatever happens, in whatever mode, only what was removed goes and what was decided last comes about`(
    block: Int
  ) {
    for seed in UInt64(block) * Self.seedsEach..<UInt64(block + 1) * Self.seedsEach {
      var model = WorldModel(seed: seed)
      for _ in 0..<Int.random(in: 1...300, using: &model.generator) { model.step() }
      model.calmDown()
      model.calmDown(.active)
      let before = model.deletions
      model.calmDown(.removed)
      if model.mode != .observe { #expect(model.deletions > before, "seed \(seed): it was there, and is not") }
      #expect(model.complaints == [], "seed \(seed)")
    }
  }

  @Test(arguments: 0..<blocks / 3)
  func `what is refused for good holds up nothing beside it`(block: Int) {
    for seed in UInt64(block) * Self.seedsEach..<UInt64(block + 1) * Self.seedsEach {
      var model = WorldModel(seed: seed)
      for _ in 0..<Int.random(in: 1...200, using: &model.generator) { model.step() }
      guard model.mode == .own else { continue }
      model.calmDown(.active)
      model.standBeside()
      model.calmDown(.active)
      #expect(model.complaints == [], "seed \(seed)")
    }
  }
}
