import Foundation
import Model
import Placement
import Testing

@testable import Store

/// What of what is held a decision is told, and as what.
struct HeldReplicaTests {
  private static func held(
    _ environment: String, on cluster: String, _ phase: PlacementPhase = .active, isLeaving: Bool = false
  ) -> HeldReplica {
    HeldReplica(
      id: UUID(), environment: environment, replica: 0, cluster: cluster, stage: "prod", phase: phase, revision: 1,
      reserved: ResourceAmounts(cpu: 1000), isLeaving: isLeaving)
  }

  private static func brief(_ placements: [ExistingPlacement]) -> [String] {
    placements.map { "\($0.environment) on \($0.cluster)\($0.isGoing ? ", going" : "")" }
  }

  @Test func `what is removed goes, and is nothing where its replica lives elsewhere`() {
    let held = [
      Self.held("stays", on: "a"), Self.held("goes", on: "a", .removed), Self.held("both", on: "a", .removed),
      Self.held("both", on: "b"), Self.held("frozen", on: "c", .frozen),
    ]
    #expect(Self.brief(held.existing) == ["stays on a", "goes on a, going", "both on b", "frozen on c"])
    #expect(held.mayReturn.isEmpty)
  }

  @Test func `what a move leaves may be led back to until it is removed, and is nowhere to stay`() {
    let held = [
      Self.held("moves", on: "a", isLeaving: true), Self.held("moves", on: "b"),
      Self.held("frozen", on: "a", .frozen, isLeaving: true), Self.held("frozen", on: "b"),
      Self.held("gone", on: "a", .removed, isLeaving: true), Self.held("gone", on: "b"),
    ]
    #expect(Self.brief(held.existing) == ["moves on b", "frozen on b", "gone on b"])
    #expect(Self.brief(held.mayReturn) == ["moves on a", "frozen on a"])
  }
}
