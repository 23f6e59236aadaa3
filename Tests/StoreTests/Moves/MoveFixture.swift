import Events
import Foundation
import Identity
import Migration
import Model
import NIOConcurrencyHelpers
import Placement
import Postgres
import Store
import Testing

/// Two regions of two operators that one chain delivers to, and what agents report there.
struct MoveFixture: Sendable {
  let store: StoreFixture
  private let sequence = NIOLockedValueBox(Int64(0))

  static let admin = MoveCaller(principal: "oidc:service", isServiceBody: true)
  static let team = MoveCaller(principal: "oidc:team", projects: ["basegun"])
  static let north = MoveCaller(principal: "oidc:north", operators: ["dtnum"])
  static let south = MoveCaller(principal: "oidc:south", operators: ["anfsi"])

  /// - Parameter quota: of each environment of `basegun`.
  static func run(
    north: ResourceList = Offered.large, south: ResourceList = Offered.large, quota: ResourceList = Offered.small,
    _ body: (MoveFixture) async throws -> Void
  ) async throws {
    try await StoreFixture.run { fixture in
      let moves = MoveFixture(store: fixture)
      try await moves.offer(north, south, quota)
      try await body(moves)
    }
  }

  private func offer(_ north: ResourceList, _ south: ResourceList, _ quota: ResourceList) async throws {
    try await store.offer(clusters: ["nord-1": north])
    let put: [AnyResource] = [
      .operator(Resource("anfsi", OperatorSpec(displayName: "ANFSI"))),
      .region(
        Resource(
          "sud",
          RegionSpec(
            operator: "anfsi", location: RegionSpec.Location(country: "FR"),
            dataCenters: [RegionSpec.DataCenter(name: "dc1"), RegionSpec.DataCenter(name: "dc2")],
            audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))),
      .zone(Resource("sud-usuel", ZoneSpec(region: "sud", sensitivity: .usuel, slug: "sud", chain: "forge"))),
      .chain(
        Resource(
          "forge",
          ChainSpec(
            displayName: "Forge", sensitivities: [.usuel, .restricted], regions: ["nord", "sud"],
            audience: Audience(organisations: ["*"], scopes: AudienceScope.allCases)))),
    ]
    for resource in put { _ = try await store.store.put(resource, context: someone) }
    // What is placed before the south has a cluster is in the north.
    _ = try await store.place("basegun", quota: quota, environments: ["prod", "dev"])
    _ = try await store.store.put(Offered.cluster("sud-1", south, zone: "sud-usuel"), context: someone)
  }

  /// `prod` has two replicas in the north, apart, and the south has room for both.
  ///
  /// - Returns: the first one.
  func twoReplicas() async throws -> UUID {
    for (name, zone) in [("nord-2", "nord-usuel"), ("sud-2", "sud-usuel")] {
      let spec = ClusterSpec(zone: zone, dataCenters: ["dc2"], stages: ["dev", "prod"], capacity: Offered.large)
      _ = try await store.store.put(.cluster(Resource(name, spec)), context: someone)
    }
    guard case .project(var project) = try await store.store.get(.project, "basegun") else {
      throw StoreError(.notFound, "no project", fr: "aucun projet")
    }
    project.spec.environments[0].replicas = 2
    _ = try await store.store.put(.project(project), context: someone)
    let placed = try await store.store.decide(PlacementRequest(project: "basegun"), context: someone)
    #expect(placed.placements.count == 3)
    try await report()
    let first = placed.placements.first { $0.spec.environment == "prod" && $0.spec.replica == 0 }
    return try #require(first).spec.id
  }

  /// Everything in the north is to go.
  func plan(
    _ scope: MoveScope = .regions(["nord"]), retentionDays: Int = 0, motive: MoveMotive = .departure,
    rehearses: Bool = true
  )
    async throws -> MigrationRecord
  {
    try await store.store.createMigration(
      MigrationWish(
        motive: motive, reason: "Le nord ferme", scope: scope,
        limits: MoveLimits(retentionDays: retentionDays, rehearses: rehearses)),
      by: Self.admin, context: someone)
  }

  func moves(of migration: MigrationRecord) async throws -> [MoveRecord] {
    try await store.store.moves(MoveFilter(migration: migration.id)).items
  }

  func move(_ environment: String, of migration: MigrationRecord) async throws -> MoveRecord {
    try #require(try await moves(of: migration).first { $0.move.terms.environment == environment })
  }

  @discardableResult
  func act(_ event: MigrationEvent, _ id: UUID, by caller: MoveCaller = MoveFixture.admin) async throws -> MoveRecord {
    try await store.store.act(
      event, onMove: id, by: caller, context: RequestContext(principal: caller.principal))
  }

  /// Everybody agrees to everything, and it is started.
  func start(_ migration: MigrationRecord) async throws {
    for record in try await moves(of: migration) {
      try await act(.approved(.projectTeam), record.id, by: Self.team)
      try await act(.approved(.targetOperator), record.id, by: Self.south)
      try await act(.approved(.serviceBody), record.id)
    }
    _ = try await store.store.act(
      .started(changes: []), onMigration: migration.id, by: Self.admin, context: someone)
    try await tend(migration)
  }

  /// What the service does when it is woken.
  func tend(_ migration: MigrationRecord) async throws {
    for _ in 0..<10 {
      var isChanged = false
      for record in try await moves(of: migration) where try await store.store.tendMove(record.id) { isChanged = true }
      if try await !store.store.tendMigration(migration.id).isEmpty { isChanged = true }
      if !isChanged { return }
    }
    Issue.record("it never comes to rest")
  }

  /// Agents report that everything is as it is wanted.
  func report(ready: Bool = true, only ids: Set<UUID>? = nil) async throws {
    for record in try await placements() where record.spec.revision >= 1 && !record.isCurrent {
      if let ids, !ids.contains(record.spec.id) { continue }
      let number = sequence.withLockedValue { number in
        number += 1
        return number
      }
      _ = try await store.store.apply(
        [store.observe(record, sequence: number, ready: ready, offset: number)],
        topic: "regie.\(record.spec.zone).observed", zone: record.spec.zone)
    }
  }

  func placements() async throws -> [PlacementRecord] {
    try await store.store.placements(PlacementFilter(project: "basegun"), limit: 1000).items
  }

  func placement(_ id: UUID?) async throws -> PlacementRecord { try await store.store.placement(try #require(id)) }

  /// What the project's document asks for.
  func environments() async throws -> [String] {
    guard case .project(let project) = try await store.store.get(.project, "basegun") else { return [] }
    return project.spec.environments.map { "\($0.name)\($0.replicas.map { "×\($0)" } ?? "")" }
  }

  /// Has people do everything that is open, until nothing goes on by itself; the cut-over and the removal are theirs too.
  func carry(_ migration: MigrationRecord, upTo last: MigrationStep = .done) async throws {
    for _ in 0..<60 {
      try await tend(migration)
      try await report()
      try await tend(migration)
      let open = try await moves(of: migration).filter { !$0.move.step.isEnd && $0.move.step != last }
      if open.isEmpty { return }
      for record in open { try await step(record) }
    }
    Issue.record("it is not done after all these steps")
  }

  /// What people do next for a move.
  func step(_ record: MoveRecord) async throws {
    let move = record.move
    if let task = move.tasks.first(where: \.isOpen) {
      try await act(.done(task.kind, evidence: "vu"), record.id)
    } else if move.awaited.contains(.cutOver) {
      try await act(.cutOverBegins, record.id)
    } else if move.awaited.contains(.removalConfirmation) {
      try await act(.removalConfirmed(typed: move.terms.environment), record.id)
    } else if move.awaited.contains(.targetRemovalConfirmation) {
      try await act(.targetRemovalConfirmed(typed: move.terms.targetEnvironment), record.id)
    }
  }

  /// Has people do what is open for `prod`, and agents report.
  func finishTasks(of migration: MigrationRecord) async throws {
    while let task = try await move("prod", of: migration).move.tasks.first(where: \.isOpen) {
      try await act(.done(task.kind, evidence: "vu"), move("prod", of: migration).id)
    }
    try await report()
    try await tend(migration)
  }

  /// Has the policy forbid the south, or let it be again: nothing is judged by it yet.
  func forbidSouth(_ isForbidden: Bool = true) async throws {
    guard case .policy(var policy) = Offered.policy() else { return }
    let rule = PolicySpec.Rule(
      id: "pas-au-sud", motive: LocalizedText(fr: "non"), effect: .forbid,
      places: LabelSelector(matchLabels: ["cluster.name": "sud-1"]))
    policy.spec.rules = isForbidden ? [rule] : []
    _ = try await store.store.put(.policy(policy), context: someone)
  }
}
