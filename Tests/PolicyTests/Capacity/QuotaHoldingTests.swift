import Foundation
import Model
import TestSupport
import Testing

@testable import Policy

/// What quotas on clusters enforce, beside what the ledger holds: pure.
struct QuotaHoldingTests {
  private static func holding(
    cpu reserved: Int64 = 2000, pods: Int64 = 10, decided: Int64? = nil,
    enforced: ResourceList? = ResourceList(cpu: Quantity(2), pods: Quantity(10)), used: Int64? = nil,
    phase: PlacementPhase = .active, isCurrent: Bool = true, isSeen: Bool = true, cluster: String = "a",
    placement: UUID = UUID()
  ) -> QuotaHolding {
    QuotaHolding(
      placement: placement, project: "p", environment: "prod", replica: 0, cluster: cluster, phase: phase,
      decided: ResourceAmounts(cpu: decided ?? reserved, pods: pods),
      reserved: ResourceAmounts(cpu: reserved, pods: pods), enforced: enforced,
      used: used.map { ResourceList(cpu: Quantity($0)) }, isCurrent: isCurrent, isSeen: isSeen)
  }

  private static let table: [(QuotaHolding, QuotaHolding.Standing, String)] = [
    (holding(), .agrees, "both say the same"),
    (holding(enforced: ResourceList(cpu: Quantity("2000m"), pods: Quantity(10))), .agrees, "in other words"),
    (holding(enforced: ResourceList(cpu: Quantity(3), pods: Quantity(10))), .differs, "raised by hand"),
    (holding(enforced: ResourceList(cpu: Quantity(1), pods: Quantity(10))), .differs, "lowered by hand"),
    (holding(enforced: ResourceList(pods: Quantity(10))), .differs, "no limit for what is held"),
    (holding(enforced: ResourceList()), .differs, "the quota is gone"),
    (
      holding(enforced: ResourceList(cpu: Quantity(2), gpu: Quantity(0), pods: Quantity(10))), .agrees,
      "none of what was not asked for"
    ),
    (
      holding(enforced: ResourceList(cpu: Quantity(2), gpu: Quantity(1), pods: Quantity(10))), .differs,
      "some of what was not asked for"
    ),
    (holding(enforced: nil), .notCompared, "an agent that does not say, or knows of none"),
    (holding(enforced: ResourceList(cpu: Quantity(3)), isCurrent: false), .notCompared, "not of this revision"),
    (holding(enforced: ResourceList(cpu: Quantity(3)), isSeen: false), .notCompared, "silent, or out of reach"),
    (holding(enforced: ResourceList(cpu: Quantity(3)), phase: .removed), .gone, "on its way out"),
    (
      holding(enforced: ResourceList(cpu: Quantity(2), pods: Quantity(3)), phase: .frozen), .agrees,
      "frozen at the pods in use"
    ),
    (
      holding(pods: 0, enforced: ResourceList(cpu: Quantity(2), pods: Quantity(7)), phase: .frozen), .agrees,
      "frozen at the pods in use, of which none were promised"
    ),
    (
      holding(pods: 0, enforced: ResourceList(cpu: Quantity(3), pods: Quantity(7)), phase: .draining), .differs,
      "the pods are as they are to be, and the cores are not"
    ),
    (
      holding(pods: 0, enforced: ResourceList(cpu: Quantity(2), pods: Quantity(7))), .differs,
      "pods that nobody asked for, and not frozen"
    ),
    (
      holding(enforced: ResourceList(cpu: Quantity(2), pods: Quantity(11)), phase: .draining), .differs,
      "more pods than were promised"
    ),
    (holding(enforced: ResourceList(cpu: Quantity(2), pods: Quantity(3))), .differs, "fewer, and not frozen"),
    (
      holding(cpu: 0, enforced: ResourceList(cpu: Quantity(-5), pods: Quantity(10))), .agrees,
      "less than nothing is nothing"
    ),
    (holding(cpu: 8000, decided: 2000, used: 8), .agrees, "in use beyond a quota that was lowered"),
    (holding(cpu: 8000, decided: 2000, used: 6), .differs, "held beyond what is in use"),
    (holding(cpu: 8000, decided: 2000), .differs, "held, and nobody knows what is in use"),
    (holding(cpu: 8000, decided: 3000, used: 8), .differs, "lowered by hand below what was decided"),
    (holding(cpu: 3000, used: 3), .differs, "lowered by hand below what is in use"),
  ]

  @Test(arguments: table)
  func `a quota agrees, differs, or is not compared`(
    holding: QuotaHolding, standing: QuotaHolding.Standing, why: String
  ) {
    #expect(holding.standing == standing, "\(why)")
    let differences = LedgerDifference.between(quotas: [holding], ledger: ["a": holding.reserved])
    #expect(differences.isEmpty == (standing != .differs), "\(why)")
  }

  @Test func `a difference names both sums and the placements that differ, those that differ most first`() {
    let (small, large) = (UUID(), UUID())
    let found = LedgerDifference.between(
      quotas: [
        Self.holding(enforced: ResourceList(cpu: Quantity(3), pods: Quantity(10)), placement: small),
        Self.holding(enforced: ResourceList(cpu: Quantity(9), pods: Quantity(10)), placement: large),
        Self.holding(enforced: nil), Self.holding(enforced: ResourceList(cpu: Quantity(7)), isCurrent: false),
      ], ledger: ["a": ResourceAmounts(cpu: 20_000, pods: 100), "b": ResourceAmounts(cpu: 1)])
    #expect(found.count == 1 && found[0].kind == .quotas && found[0].cluster == "a" && found[0].resource == .cpu)
    #expect(found[0].ledger == 20_000 && found[0].held == 28_000 && found[0].omitted == 0)
    #expect(found[0].placements.map(\.placement) == [large, small])
    #expect(found[0].placements.map(\.held) == [9000, 3000] && found[0].placements.map(\.ledger) == [2000, 2000])
  }

  @Test func `those that differ alike are named in the order of their ids, whichever way they differ`() throws {
    let ids = try ["1", "2", "3"].map { digit in
      try #require(UUID(uuidString: "00000000-0000-4000-8000-00000000000\(digit)"))
    }
    let cores: [Int64] = [3, 1, 3]
    let holdings = zip(ids, cores).map { id, cpu in
      Self.holding(enforced: ResourceList(cpu: Quantity(cpu), pods: Quantity(10)), placement: id)
    }
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
      let found = LedgerDifference.between(
        quotas: order.map { holdings[$0] }, ledger: ["a": ResourceAmounts(cpu: 6000, pods: 30)])
      #expect(found.map(\.resource) == [.cpu] && found.map(\.held) == [7000])
      #expect(found.first?.placements.map(\.placement) == ids && found.first?.omitted == 0)
    }
  }

  @Test func `one that names no limit says so, and no more are named than fit`() {
    let gone = LedgerDifference.between(
      quotas: (0..<20).map { _ in Self.holding(enforced: ResourceList()) },
      ledger: ["a": ResourceAmounts(cpu: 40_000, pods: 200)])
    #expect(gone.map(\.resource) == [.cpu, .pods] && gone.map(\.held) == [0, 0])
    #expect(gone.allSatisfy { $0.placements.count == LedgerDifference.mostParts && $0.omitted == 4 })
    #expect(gone[0].placements.allSatisfy { $0.held == nil })
  }

  @Test func `what is found is what is worked out from scratch, whatever agents say`() {
    var dice = Dice.fresh("quota sums")
    for _ in 0..<500 {
      func amount(_ range: ClosedRange<Int64>) -> Quantity? {
        Bool.random(using: &dice) ? Quantity(Int64.random(in: range, using: &dice)) : nil
      }
      let holdings = (0..<Int.random(in: 0...12, using: &dice)).map { number in
        Self.holding(
          cpu: Int64.random(in: 0...3, using: &dice) * 1000, pods: Int64.random(in: 0...2, using: &dice),
          enforced: Int.random(in: 0..<5, using: &dice) == 0
            ? nil : ResourceList(cpu: amount(0...3), gpu: amount(0...1), pods: amount(0...2)),
          phase: PlacementPhase.allCases.randomElement(using: &dice)!,
          isCurrent: Int.random(in: 0..<5, using: &dice) > 0,
          isSeen: Int.random(in: 0..<5, using: &dice) > 0, cluster: "c\(number % 3)")
      }
      let compared = holdings.filter { [.agrees, .differs].contains($0.standing) }
      // Both sums, of all that can be compared.
      var (ledger, held): ([String: ResourceAmounts], [String: ResourceAmounts]) = ([:], [:])
      for one in compared {
        var enforced = ResourceAmounts(one.enforced ?? ResourceList())
        let isFreezing = one.phase == .frozen || one.phase == .draining
        // At the pods in use: no more than were promised, or however many where none were.
        if isFreezing, let pods = one.enforced?.pods, one.reserved.pods == 0 || pods <= Quantity(one.reserved.pods) {
          enforced.pods = one.reserved.pods
        }
        ledger[one.cluster] = (ledger[one.cluster] ?? ResourceAmounts()).plus(one.reserved)
        held[one.cluster] = (held[one.cluster] ?? ResourceAmounts()).plus(enforced)
      }
      let found = LedgerDifference.between(quotas: holdings.filter { $0.standing != .agrees }, ledger: ledger)
      let wanted = LedgerDifference.between(ledger: ledger, held: held)
      #expect(found.map(\.cluster) == wanted.map(\.cluster), "seed \(dice.seed)")
      #expect(found.map(\.resource) == wanted.map(\.resource), "seed \(dice.seed)")
      #expect(
        found.map(\.ledger) == wanted.map(\.ledger) && found.map(\.held) == wanted.map(\.held), "seed \(dice.seed)")
      #expect(found.allSatisfy { !$0.placements.isEmpty && $0.kind == .quotas }, "seed \(dice.seed)")
    }
  }

  @Test func `what an agent does to freeze a placement is never a difference`() {
    var dice = Dice.fresh("frozen pods")
    for _ in 0..<200 {
      let promised = Bool.random(using: &dice) ? Int64.random(in: 1...20, using: &dice) : nil
      let inUse = Int64.random(in: 0...20, using: &dice)
      // As the agent's objects have it: the pods in use, and never more than were promised.
      let kept = min(inUse, promised ?? inUse)
      let holding = Self.holding(
        pods: promised ?? 0, enforced: ResourceList(cpu: Quantity(2), pods: Quantity(kept)),
        phase: Bool.random(using: &dice) ? .frozen : .draining)
      #expect(holding.standing == .agrees, "seed \(dice.seed)")
    }
  }
}
