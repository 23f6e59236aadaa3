import Model
import TestSupport
import Testing

@testable import Policy

struct CapacityFiguresTests {
  static func amounts(_ cpu: Int64, _ memory: Int64 = 0) -> ResourceAmounts {
    ResourceAmounts(cpu: cpu, memory: memory)
  }

  static func cluster(
    _ name: String, declared: Int64 = 100, limit: Int64, committed: Int64, reserved: Int64 = 0, measured: Int64? = nil,
    used: Int64? = nil, zone: String = "z", region: String = "r", operator: String = "o",
    sensitivity: Sensitivity = .usuel, privacy: ClusterSpec.Privacy = .public
  ) -> ClusterCapacity {
    ClusterCapacity(
      cluster: name, zone: zone, region: region, operator: `operator`, sensitivity: sensitivity, privacy: privacy,
      figures: CapacityFigures(
        declared: amounts(declared), measured: measured.map { amounts($0) }, limit: amounts(limit),
        committed: amounts(committed), reserved: amounts(reserved), used: used.map { amounts($0) },
        isDedicated: privacy == .dedicated),
      stages: [.init(stage: "prod", limit: amounts(limit), committed: amounts(committed), all: amounts(committed))],
      placements: 3, reporting: 2, compared: 1)
  }

  /// declared, limit, committed → overcommitted, over-promised, headroom, fill of a shared and of a dedicated cluster.
  @Test(
    arguments: [
      (100, 90, 0, 0, 0, 90, 0, 0), (100, 90, 45, 0, 0, 45, 500, 450), (100, 90, 90, 0, 0, 0, 1000, 900),
      (100, 150, 120, 20, 0, 30, 800, 1200), (100, 90, 95, 0, 5, 0, 1055, 950), (0, 0, 0, 0, 0, 0, nil, nil),
      (0, 0, 7, 7, 7, 0, nil, nil), (3, 3, 1, 0, 0, 2, 333, 333),
      (.max, .max, .max, 0, 0, 0, 1000, 1000),
    ] as [(Int64, Int64, Int64, Int64, Int64, Int64, Int64?, Int64?)])
  func `what is over, free and full follows from what is declared, allowed and promised`(
    declared: Int64, limit: Int64, committed: Int64, over: Int64, beyond: Int64, free: Int64, shared: Int64?,
    dedicated: Int64?
  ) {
    let figures = Self.cluster("c", declared: declared, limit: limit, committed: committed).figures
    #expect(figures.overcommitted.cpu == over && figures.overPromised.cpu == beyond && figures.headroom.cpu == free)
    #expect(figures.fill.cpu == shared)
    #expect(
      Self.cluster("c", declared: declared, limit: limit, committed: committed, privacy: .dedicated).figures.fill.cpu
        == dedicated)
  }

  @Test func `what one cluster has promised too much of is no less room on another`() {
    let report = CapacityReport(
      [
        Self.cluster("b", limit: 90, committed: 100, zone: "z2"), Self.cluster("a", limit: 90, committed: 40),
        Self.cluster("c", declared: 10, limit: 9, committed: 5, privacy: .dedicated),
      ], reach: .everything)
    #expect(report.clusters.map(\.cluster) == ["a", "b", "c"])
    #expect(report.total.figures.headroom.cpu == 54 && report.total.figures.overPromised.cpu == 10)
    #expect(report.total.figures.committed.cpu == 145 && report.total.clusters == 3)
    #expect(report.total.figures.fill.cpu == 763, "90 and 90 that may be promised, 10 that are declared")
    #expect(report.zones.map(\.name) == ["z", "z2"] && report.zones.map(\.clusters) == [2, 1])
    #expect(report.regions.map(\.figures.headroom.cpu) == [54])
  }

  @Test func `sums are held at the largest number there is`() {
    let report = CapacityReport(
      [Self.cluster("a", limit: .max, committed: .max - 1), Self.cluster("b", limit: .max, committed: .max - 1)],
      reach: .everything)
    #expect(report.total.figures.limit.cpu == .max && report.total.figures.committed.cpu == .max)
    #expect(report.total.figures.headroom.cpu == 2)
  }

  @Test func `filters keep what they name, and of the stages only the one`() {
    let all = [
      Self.cluster("a", limit: 1, committed: 0), Self.cluster("b", limit: 1, committed: 0, zone: "y", region: "q"),
    ]
    func names(_ filter: CapacityReport.Filter) -> [String] {
      CapacityReport(all, filter, reach: .everything).clusters.map(\.cluster)
    }
    #expect(names(.init(region: "q")) == ["b"] && names(.init(zone: "z")) == ["a"])
    #expect(names(.init(cluster: "b")) == ["b"])
    #expect(names(.init(region: "q", zone: "z")) == [] && names(.init(stage: "dev")) == [])
    #expect(names(.init(stage: "prod")) == ["a", "b"])
    var several = all
    several[0].stages.insert(
      .init(stage: "dev", limit: Self.amounts(1), committed: Self.amounts(0), all: Self.amounts(0)), at: 0)
    func stages(_ filter: CapacityReport.Filter) -> [[String]] {
      CapacityReport(several, filter, reach: .everything).clusters.map { $0.stages.map(\.stage) }
    }
    #expect(stages(.init()) == [["dev", "prod"], ["prod"]] && stages(.init(stage: "prod")) == [["prod"], ["prod"]])
    #expect(stages(.init(stage: "dev")) == [["dev"]])
  }

  @Test func `what is withheld is counted by place, and neither by name nor by stage`() {
    let all = [
      Self.cluster("open", limit: 1, committed: 0),
      Self.cluster("secret", limit: 1, committed: 0, sensitivity: .restricted),
      Self.cluster("owned", limit: 1, committed: 0, zone: "y", region: "q", privacy: .dedicated),
    ]
    func withheld(_ filter: CapacityReport.Filter, _ reach: CapacityReach = .own(operators: [])) -> Int {
      CapacityReport(all, filter, reach: reach).withheld
    }
    #expect(withheld(.init()) == 2 && withheld(.init(region: "r")) == 1 && withheld(.init(zone: "y")) == 1)
    #expect(withheld(.init(region: "s")) == 0 && withheld(.init(region: "q", zone: "z")) == 0)
    #expect(withheld(.init(stage: "dev")) == 2 && withheld(.init(cluster: "secret")) == 0)
    #expect(withheld(.init(cluster: "open")) == 0 && withheld(.init(), .own(operators: ["o"])) == 0)
    #expect(withheld(.init(), .everything) == 0)
  }

  @Test func `others see what is published, and of what is not they see nothing, in no sum`() {
    let all = [
      Self.cluster("mine", limit: 10, committed: 1, measured: 9, used: 1, operator: "me"),
      Self.cluster("theirs", limit: 100, committed: 20, measured: 80, used: 5, region: "s", operator: "them"),
      Self.cluster("secret", limit: 1000, committed: 300, operator: "them", sensitivity: .restricted),
      Self.cluster("owned", limit: 10_000, committed: 4000, operator: "them", privacy: .dedicated),
    ]
    let whole = CapacityReport(all, reach: .everything)
    #expect(whole.withheld == 0 && whole.total.figures.committed.cpu == 4321)
    #expect(whole.total.figures.used?.cpu == 6 && whole.total.figures.measured?.cpu == 89)
    let mine = CapacityReport(all, reach: .own(operators: ["me"]))
    #expect(mine.clusters.map(\.cluster) == ["mine", "theirs"] && mine.withheld == 2)
    #expect(mine.clusters[0].figures.used?.cpu == 1 && mine.clusters[0].placements == 3)
    #expect(mine.clusters[0].reporting == 2 && mine.clusters[0].compared == 1)
    #expect(mine.clusters[1].figures.used == nil && mine.clusters[1].figures.measured == nil)
    #expect(mine.clusters[1].placements == nil && mine.clusters[1].reporting == nil)
    #expect(mine.clusters[1].compared == nil)
    #expect(mine.total.figures.committed.cpu == 21)
    #expect(mine.total.figures.used == nil && mine.total.figures.measured == nil, "or theirs would follow from mine")
    #expect(mine.regions.map(\.figures.used?.cpu) == [1, nil])
    #expect(CapacityReport(all, reach: .own(operators: ["them"])).withheld == 0)
  }

  @Test func `a report adds up to what its clusters have, whatever they have`() {
    var dice = Dice.fresh("capacity report")
    for _ in 0..<200 {
      let all = (0..<Int.random(in: 0...12, using: &dice)).map { number in
        Self.cluster(
          "c\(number)", declared: .random(in: 0...100, using: &dice), limit: .random(in: 0...150, using: &dice),
          committed: .random(in: 0...200, using: &dice), zone: "z\(number % 4)", region: "r\(number % 2)",
          operator: "o\(number % 2)", sensitivity: number % 4 == 3 ? .restricted : .usuel,
          privacy: number % 5 == 0 ? .dedicated : .public)
      }
      let reach = [CapacityReach.everything, .own(operators: []), .own(operators: ["o1"])].randomElement(using: &dice)!
      let report = CapacityReport(all.shuffled(using: &dice), reach: reach)
      for path in [\CapacityFigures.committed.cpu, \.limit.cpu, \.headroom.cpu, \.overcommitted.cpu, \.declared.cpu] {
        let sum = report.clusters.reduce(0) { $0 + $1.figures[keyPath: path] }
        #expect(report.total.figures[keyPath: path] == sum, "seed \(dice.seed)")
        #expect(report.zones.reduce(0) { $0 + $1.figures[keyPath: path] } == sum, "seed \(dice.seed)")
        #expect(report.regions.reduce(0) { $0 + $1.figures[keyPath: path] } == sum, "seed \(dice.seed)")
      }
      #expect(report.clusters.count + report.withheld == all.count, "seed \(dice.seed)")
      for cluster in report.clusters {
        let figures = cluster.figures
        #expect(figures.committed.cpu + figures.headroom.cpu - figures.overPromised.cpu == figures.limit.cpu)
      }
    }
  }

  @Test func `two books differ where they say something else, and a cluster that one lacks has nothing there`() {
    let same = ["a": Self.amounts(1, 2)]
    #expect(LedgerDifference.between(ledger: same, held: same) == [])
    #expect(LedgerDifference.between(ledger: ["a": Self.amounts(0)], held: [:]) == [])
    #expect(
      LedgerDifference.between(
        ledger: ["b": Self.amounts(1, 2), "a": Self.amounts(5)], held: ["b": Self.amounts(1, 3)])
        == [
          LedgerDifference(cluster: "a", resource: .cpu, ledger: 5, held: 0),
          LedgerDifference(cluster: "b", resource: .memory, ledger: 2, held: 3),
        ])
    #expect(LedgerDifference.between(ledger: [:], held: ["c": Self.amounts(7)]).map(\.held) == [7])
  }
}
