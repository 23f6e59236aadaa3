import Events
import Foundation
import Model
import Policy
import Postgres
import TestSupport
import Testing

@testable import Store

/// What capacity is said to be, beside what is worked out from scratch, after whatever has happened: projects come,
/// grow and go, agents report, operators declare other capacity and the board another policy.
struct CapacityFromScratchTests {
  /// What a rule of the policy says, in thousandths.
  private struct Rule {
    var stage: String?
    var resource: CountedResource?
    var overcommit: Int64
    var reserve: Int64
    var tolerance: Int64

    func isOf(_ other: String, _ counted: CountedResource) -> Bool {
      (stage ?? other) == other && (resource ?? counted) == counted
    }

    func spec(_ id: String) -> PolicySpec.CapacityRule {
      PolicySpec.CapacityRule(
        id: id, stages: stage.map { [$0] } ?? [], resources: resource.map { [$0] } ?? [],
        overcommit: Quantity(milli: overcommit), reserve: Quantity(milli: reserve),
        tolerance: Quantity(milli: tolerance))
    }
  }

  /// A cluster as its operator has declared it.
  private struct Declared {
    var zone: String
    var region: String
    var isDedicated = false
    var capacity = Offered.large
  }

  /// What has happened, as far as no table of the database says it.
  private struct History {
    var dice: Dice
    var rules: [Rule] = []
    var clusters: [String: Declared] = [
      "nord-1": Declared(zone: "nord", region: "nord"), "nord-2": Declared(zone: "nord", region: "nord"),
      "nord-3": Declared(zone: "nord", region: "nord", isDedicated: true),
      "sud-1": Declared(zone: "sud", region: "sud"),
    ]
    var held: [ReservationRecord] = []
    var reports: Int64 = 0
    /// How often each kind of step has come to something.
    var done: [Step: Int] = [:]
  }

  private enum Step: CaseIterable {
    case place, reserve, confirm, expire, remove, observe, declare, govern
  }

  private static let projects = (0..<6).map { "p\($0)" }

  @Test func `figures equal what is worked out from scratch, after whatever has happened`() async throws {
    var history = History(dice: Dice.fresh("capacity after histories"))
    let seed = history.dice.seed
    try await StoreFixture.run { fixture in
      try await Self.offer(history, fixture)
      for number in 0..<96 {
        // Each in its turn, so that none stays out; in between whatever comes.
        let step = Step.allCases[number % 2 == 0 ? number / 2 % 8 : Int.random(in: 0..<8, using: &history.dice)]
        do {
          if try await Self.take(step, number, &history, fixture) { history.done[step, default: 0] += 1 }
        } catch let error as StoreError {
          // Refused: too much, in the wrong state, or not there.
          let expected: [StoreError.Kind] = [
            .notFound, .conflict, .invalid, .reservationPending, .reservationConfirmed, .reservationEnded,
          ]
          #expect(expected.contains(error.kind), "seed \(seed): \(error)")
        }
        try await Self.compare(history, fixture, "seed \(seed), step \(number)")
      }
    }
    #expect(history.done.values.reduce(0, +) >= 40, "seed \(seed): \(history.done)")
    #expect(Set(history.done.keys) == Set(Step.allCases), "seed \(seed): \(history.done)")
  }

  private static func offer(_ history: History, _ fixture: StoreFixture) async throws {
    try await fixture.offer(clusters: [:])
    let scopes = AudienceScope.allCases
    let put: [AnyResource] = [
      .region(
        Resource(
          "sud",
          RegionSpec(
            operator: "dtnum", location: RegionSpec.Location(country: "FR"),
            dataCenters: [RegionSpec.DataCenter(name: "dc1")],
            audience: Audience(organisations: ["*"], scopes: scopes)))),
      .zone(Resource("sud-usuel", ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud", chain: "forge"))),
      .chain(
        Resource(
          "forge",
          ChainSpec(
            displayName: "Forge", sensitivities: [.usuel, .restricted], regions: ["nord", "sud"],
            audience: Audience(organisations: ["*"], scopes: scopes)))),
      .project(Offered.project("p0")),
    ]
    for resource in put { _ = try await fixture.store.put(resource, context: someone) }
    for name in history.clusters.keys.sorted() { try await declare(name, history, fixture) }
  }

  private static func declare(_ name: String, _ history: History, _ fixture: StoreFixture) async throws {
    guard let cluster = history.clusters[name] else { return }
    let spec = ClusterSpec(
      zone: "\(cluster.zone)-usuel", dataCenters: ["dc1"], privacy: cluster.isDedicated ? .dedicated : .public,
      projects: cluster.isDedicated ? ["p0"] : [], stages: ["dev", "prod"], capacity: cluster.capacity)
    _ = try await fixture.store.put(.cluster(Resource(name, spec)), context: someone)
  }

  /// - Returns: whether it has come to something.
  private static func take(
    _ step: Step, _ number: Int, _ history: inout History, _ fixture: StoreFixture
  ) async throws -> Bool {
    let name = projects[Int.random(in: 0..<projects.count, using: &history.dice)]
    let quota = quota(&history.dice)
    switch step {
    case .place:
      let environments = Bool.random(using: &history.dice) ? ["prod"] : ["dev", "prod"]
      return try await !fixture.place(name, quota: quota, environments: environments).placements.isEmpty
    case .reserve:
      guard let one = try await reserve(number, quota, fixture) else { return false }
      history.held.append(one)
    case .confirm:
      var one = history.held.popLast()
      if one == nil { one = try await reserve(number, quota, fixture) }
      guard let one else { return false }
      _ = try await fixture.confirm(one, .fresh())
    case .expire:
      var one = history.held.popLast()
      if one == nil { one = try await reserve(number, quota, fixture) }
      guard let one else { return false }
      try await fixture.elapse(one)
      _ = try await fixture.store.expireReservations()
    case .remove:
      // In the beginning few are placed, and dice may meet none of them in all their turns.
      if history.done[.remove] == nil { _ = try await fixture.place(name, quota: quota) }
      _ = try await fixture.store.remove(RemovalRequest(project: name), context: someone)
    case .observe: return try await observe(&history, fixture)
    case .declare:
      guard let cluster = history.clusters.keys.sorted().randomElement(using: &history.dice) else { return false }
      // Less than is promised, too.
      history.clusters[cluster]?.capacity = ResourceList(
        cpu: Quantity(Int64.random(in: 8...80, using: &history.dice)),
        memory: Quantity("\(Int.random(in: 30...300, using: &history.dice))Gi"),
        gpu: Bool.random(using: &history.dice) ? Quantity(3) : nil, storage: Quantity("1Ti"), pods: Quantity(400))
      try await declare(cluster, history, fixture)
    case .govern: try await govern(&history, fixture)
    }
    return true
  }

  /// Nil where there is no room.
  private static func reserve(
    _ number: Int, _ quota: ResourceList, _ fixture: StoreFixture
  ) async throws -> ReservationRecord? {
    let wish = PlacementRequest(project: Offered.project("h\(number)", quota: quota))
    return try await fixture.store.reserve(wish, ttl: .seconds(600), context: someone).reservation
  }

  /// Some agents report, and say what is in use, or do not.
  private static func observe(_ history: inout History, _ fixture: StoreFixture) async throws -> Bool {
    var isNew = false
    for record in try await fixture.store.placements(limit: 1000).items where Bool.random(using: &history.dice) {
      history.reports += 1
      var report = fixture.observe(record, sequence: history.reports, offset: history.reports)
      if case .placement(var state) = report.observation, Int.random(in: 0..<4, using: &history.dice) > 0 {
        state.used = ResourceList(
          cpu: Quantity(milli: Int64.random(in: 0...9000, using: &history.dice)),
          memory: Quantity(Int64.random(in: 0...(30 << 30), using: &history.dice)),
          pods: Bool.random(using: &history.dice) ? Quantity(Int64.random(in: 0...50, using: &history.dice)) : nil)
        report.observation = .placement(state)
      }
      let zone = record.spec.zone
      _ = try await fixture.store.apply([report], topic: "regie.\(zone).observed", zone: zone)
      isNew = true
    }
    return isNew
  }

  private static func govern(_ history: inout History, _ fixture: StoreFixture) async throws {
    history.rules = (0..<Int.random(in: 0...3, using: &history.dice)).map { _ in
      Rule(
        stage: Bool.random(using: &history.dice) ? ["dev", "prod"].randomElement(using: &history.dice) : nil,
        resource: Bool.random(using: &history.dice)
          ? CountedResource.allCases.randomElement(using: &history.dice) : nil,
        overcommit: Int64.random(in: 500...3000, using: &history.dice),
        reserve: Int64.random(in: 0...600, using: &history.dice),
        tolerance: Int64.random(in: 0...500, using: &history.dice))
    }
    guard case .policy(var policy) = Offered.policy() else { return }
    policy.spec.capacity = history.rules.enumerated().map { $1.spec("r\($0)") }
    _ = try await fixture.store.put(.policy(policy), context: someone)
  }

  private static func quota(_ dice: inout Dice) -> ResourceList {
    ResourceList(
      cpu: Quantity(Int64.random(in: 1...9, using: &dice)),
      memory: Quantity("\(Int.random(in: 1...30, using: &dice))Gi"),
      gpu: Bool.random(using: &dice) ? Quantity(1) : nil,
      storage: Bool.random(using: &dice) ? Quantity("\(Int.random(in: 1...90, using: &dice))Gi") : nil,
      pods: Quantity(Int64.random(in: 1...50, using: &dice)))
  }

  // MARK: From scratch

  /// What one cluster has of one resource.
  private struct Sum: Equatable {
    var declared: Int64 = 0
    var limit: Int64 = 0
    var committed: Int64 = 0
    var reserved: Int64 = 0
    var used: Int64?
    var overcommitted: Int64 = 0
    var overPromised: Int64 = 0
    var headroom: Int64 = 0
    /// What it is full against.
    var base: Int64 = 0

    var fill: Int64? { base > 0 ? committed * 1000 / base : nil }

    mutating func add(_ other: Sum) {
      declared += other.declared
      limit += other.limit
      committed += other.committed
      reserved += other.reserved
      if let more = other.used { used = (used ?? 0) + more }
      overcommitted += other.overcommitted
      overPromised += other.overPromised
      headroom += other.headroom
      base += other.base
    }
  }

  private static func compare(_ history: History, _ fixture: StoreFixture, _ place: String) async throws {
    let state = try await fixture.store.capacityState(withUse: true)
    #expect(state.differences == [], "\(place)")
    #expect(state.clusters.map(\.cluster) == history.clusters.keys.sorted(), "\(place)")
    let promises = try await fixture.promises()
    let placements = try await fixture.store.placements(limit: 1000).items
    let report = CapacityReport(state.clusters, reach: .everything)
    for resource in CountedResource.allCases {
      var (zones, regions, total): ([String: Sum], [String: Sum], Sum) = ([:], [:], Sum())
      for found in report.clusters {
        guard let declared = history.clusters[found.cluster] else { continue }
        let sum = sum(
          of: found.cluster, declared, resource, history.rules, promises.filter { $0.cluster == found.cluster },
          placements.filter { $0.spec.cluster == found.cluster })
        expect(found.figures, resource, sum, "\(place), \(found.cluster)")
        for stage in found.stages {
          let own = promises.filter { $0.cluster == found.cluster && $0.stage == stage.stage }
          #expect(stage.committed[resource] == own.reduce(0) { $0 + $1.amounts[resource] }, "\(place), \(stage.stage)")
        }
        zones[declared.zone, default: Sum()].add(sum)
        regions[declared.region, default: Sum()].add(sum)
        total.add(sum)
      }
      #expect(report.zones.compactMap(\.name) == zones.keys.sorted(), "\(place)")
      #expect(report.regions.compactMap(\.name) == regions.keys.sorted(), "\(place)")
      for found in report.zones {
        expect(found.figures, resource, zones[found.name ?? ""], "\(place), \(found.name ?? "")")
      }
      for found in report.regions {
        expect(found.figures, resource, regions[found.name ?? ""], "\(place), \(found.name ?? "")")
      }
      expect(report.total.figures, resource, total, place)
    }
  }

  private static func expect(
    _ figures: CapacityFigures, _ resource: CountedResource, _ sum: Sum?, _ place: String
  ) {
    let found = Sum(
      declared: figures.declared[resource], limit: figures.limit[resource], committed: figures.committed[resource],
      reserved: figures.reserved[resource], used: figures.used?[resource],
      overcommitted: figures.overcommitted[resource], overPromised: figures.overPromised[resource],
      headroom: figures.headroom[resource], base: sum?.base ?? 0)
    #expect(found == sum, "\(place), \(resource)")
    #expect(figures.fill[resource] == sum?.fill, "\(place), \(resource)")
  }

  private static func sum(
    of name: String, _ cluster: Declared, _ resource: CountedResource, _ rules: [Rule],
    _ promises: [StoreFixture.Promise], _ placements: [PlacementRecord]
  ) -> Sum {
    let declared = ResourceAmounts(cluster.capacity)[resource]
    let limit = ["dev", "prod"].map { stage -> Int64 in
      guard let rule = rules.first(where: { $0.isOf(stage, resource) }) else { return declared }
      let share = Int128(1000 - rule.reserve) * Int128(rule.overcommit) * Int128(1000 + rule.tolerance)
      return Int64(Int128(declared) * share / 1_000_000_000)
    }.max()
    let reports = placements.filter { $0.removedAt == nil && $0.spec.revision >= 1 }.compactMap(\.observed?.state.used)
    var sum = Sum(declared: declared, limit: limit ?? 0)
    for promise in promises {
      sum.committed += promise.amounts[resource]
      if promise.isPending { sum.reserved += promise.amounts[resource] }
    }
    if !reports.isEmpty { sum.used = reports.reduce(0) { $0 + ResourceAmounts($1)[resource] } }
    sum.overcommitted = max(0, sum.committed - declared)
    sum.overPromised = max(0, sum.committed - sum.limit)
    sum.headroom = max(0, sum.limit - sum.committed)
    sum.base = cluster.isDedicated ? declared : sum.limit
    return sum
  }
}

extension StoreFixture {
  /// What one reservation holds.
  fileprivate struct Promise {
    var cluster: String
    var stage: String
    var isPending: Bool
    var amounts: ResourceAmounts
  }

  /// What is promised, row by row.
  fileprivate func promises() async throws -> [Promise] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT p.cluster, p.stage, r.state = 'pending' AS pending, r.cpu, r.memory, r.gpu, r.storage, r.pods
        FROM reservations r JOIN placements p ON p.id = r.placement WHERE r.state <> 'released'
        """)
    }
    return try rows.map { row in
      var amounts = ResourceAmounts()
      for resource in CountedResource.allCases { amounts[resource] = try row.decode(Int64.self, resource.rawValue) }
      return Promise(
        cluster: try row.decode("cluster"), stage: try row.decode("stage"), isPending: try row.decode("pending"),
        amounts: amounts)
    }
  }
}
