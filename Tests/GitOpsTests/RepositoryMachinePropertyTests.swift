import Foundation
import Testing

@testable import GitOps

/// The machine and its plan against a repository in memory where anything may fail, in any order.
struct RepositoryMachinePropertyTests {
  @Test func `whatever happens, the repository ends as decided, and no Namespace goes unless it was removed`() {
    var pushes = 0
    for _ in 0..<60 {
      let seed = UInt64.random(in: .min ... .max)
      var world = World(seed: seed)
      world.run(steps: 150)
      #expect(world.faults == [], "seed \(seed)")
      world.settle()
      #expect(world.faults == [], "seed \(seed)")
      #expect(world.files == world.wanted, "seed \(seed)")
      pushes += world.pushes
    }
    #expect(pushes > 60, "the histories hold something")
  }
}
