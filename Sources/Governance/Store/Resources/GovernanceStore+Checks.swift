import Foundation
import Identity
import Model
import Postgres

extension GovernanceStore {
  /// Everything named must be there.
  func checkReferences(of resource: AnyResource, in connection: PostgresConnection) async throws {
    let references = resource.references
    guard !references.isEmpty else { return }
    let rows = try await connection.query(
      """
      SELECT r.kind, r.name FROM resources r
      JOIN unnest(\(references.map(\.kind.rawValue)), \(references.map(\.name))) AS wanted (kind, name)
        ON r.kind = wanted.kind AND r.name = wanted.name
      WHERE r.deleted_at IS NULL
      """)
    let found = try Set(rows.map { try Pair($0.decode("kind"), $0.decode("name")) })
    let problems = references.filter { !found.contains(Pair($0.kind.rawValue, $0.name)) }.map { missing in
      FieldProblem(
        path: missing.path, message: "there is no \(missing.kind.rawValue) of that name",
        messageFR: "il n’existe pas de \(missing.kind.rawValue) de ce nom", value: missing.name,
        accepted: "the name of a \(missing.kind.rawValue) that was applied before", resource: resource.label)
    }
    guard let first = problems.first else { return }
    throw StoreError(
      .conflict, path: first.path, first.message, fr: first.messageFR, accepted: first.accepted, problems: problems)
  }

  /// What a document may not contradict of what is stored.
  ///
  /// - Parameter scope: how far the reach of who writes it goes.
  func checkConflicts(
    of resource: AnyResource, with old: AnyResource?, within scope: Scope, in connection: PostgresConnection
  ) async throws {
    switch resource {
    case .policy(let policy):
      try await checkOnlyPolicy(policy.name, in: connection)
      try await checkBoard(of: policy.spec, in: connection)
    case .zone(let zone): try await check(zone, old: old, in: connection)
    case .cluster(let cluster):
      try await checkConsole(of: cluster, after: old, within: scope, in: connection)
      try await check(cluster, old: old, in: connection)
    case .operator, .chain, .region, .project, .derogation, .placement, .migration, .flowRequest: break
    }
  }

  private func checkOnlyPolicy(_ name: String, in connection: PostgresConnection) async throws {
    let rows = try await connection.query(
      "SELECT name FROM resources WHERE kind = 'Policy' AND name <> \(name) AND deleted_at IS NULL")
    guard let other = try rows.first?.decode(String.self, "name") else { return }
    throw StoreError(
      .conflict, path: "metadata.name", "there is one policy, and it is named “\(other)”",
      fr: "il y a une seule politique, nommée « \(other) »", accepted: other)
  }

  private func check(
    _ zone: Resource<ZoneSpec>, old: AnyResource?, in connection: PostgresConnection
  ) async throws {
    let rows = try await connection.query(
      """
      SELECT name FROM resources
      WHERE kind = 'Zone' AND spec ->> 'slug' = \(zone.spec.slug) AND name <> \(zone.name) AND deleted_at IS NULL
      """)
    if let other = try rows.first?.decode(String.self, "name") {
      throw StoreError(
        .conflict, path: "spec.slug", "the slug “\(zone.spec.slug)” belongs to zone “\(other)”",
        fr: "le slug « \(zone.spec.slug) » appartient à la zone « \(other) »", accepted: "a slug of its own")
    }
    guard case .zone(let before)? = old else { return try await checkPast(of: zone, in: connection) }
    if before.spec.slug != zone.spec.slug { try await checkPast(of: zone, in: connection) }
    let changed = [
      before.spec.slug != zone.spec.slug ? "spec.slug" : nil,
      before.spec.sensitivity != zone.spec.sensitivity ? "spec.sensitivity" : nil,
      before.spec.region != zone.spec.region ? "spec.region" : nil,
    ]
    guard let path = changed.compactMap(\.self).first else { return }
    let count = try await connection.query(
      "SELECT count(*) FROM placements WHERE zone = \(before.spec.slug) AND removed_at IS NULL")
    try Self.refuse(change: path, whileHosting: try count.only.decode(at: 0))
    if before.spec.slug == zone.spec.slug { try await checkPast(of: zone, from: before, in: connection) }
  }

  /// Placements, also those that are gone, are shown to the operator of the zone whose slug they name. So whoever comes to a
  /// slug must have been the operator of all that was ever placed under it: of a zone, deleted since, that was there then.
  private func checkPast(of zone: Resource<ZoneSpec>, in connection: PostgresConnection) async throws {
    let rows = try await connection.query(
      """
      SELECT count(*) FROM placements p WHERE p.zone = \(zone.spec.slug) AND NOT EXISTS (
        SELECT FROM resources z
        JOIN resources r ON r.kind = 'Region' AND r.name = z.spec ->> 'region' AND r.created_at <= z.deleted_at
          AND coalesce(r.deleted_at, 'infinity') > z.deleted_at
        WHERE z.kind = 'Zone' AND z.spec ->> 'slug' = \(zone.spec.slug)
          AND z.created_at <= p.created_at AND z.deleted_at >= p.removed_at
          AND r.spec ->> 'operator' = (\(Self.ownerOfRegion(zone.spec.region))))
      """)
    try Self.refuse("spec.slug", forPast: try rows.only.decode(at: 0), accepted: "a slug that nothing was placed under")
  }

  /// A zone that changes hands would take with it what was ever placed there.
  private func checkPast(
    of zone: Resource<ZoneSpec>, from before: Resource<ZoneSpec>, in connection: PostgresConnection
  ) async throws {
    guard before.spec.region != zone.spec.region else { return }
    let rows = try await connection.query(
      """
      SELECT count(*) FROM placements WHERE zone = \(zone.spec.slug)
        AND (\(Self.ownerOfRegion(before.spec.region))) IS DISTINCT FROM (\(Self.ownerOfRegion(zone.spec.region)))
      """)
    try Self.refuse("spec.region", forPast: try rows.only.decode(at: 0), accepted: "a region of the same operator")
  }

  /// How many there were is another operator's business.
  private static func refuse(_ path: String, forPast count: Int64, accepted: String) throws {
    guard count > 0 else { return }
    throw StoreError(
      .conflict, path: path, "placements were hosted under this slug, not in a zone of this operator",
      fr: "des placements ont été hébergés sous ce slug, hors d’une zone de cet opérateur", accepted: accepted)
  }

  private func check(
    _ cluster: Resource<ClusterSpec>, old: AnyResource?, in connection: PostgresConnection
  ) async throws {
    guard case .cluster(let before)? = old else { return }
    let changed = [
      before.spec.zone != cluster.spec.zone ? "spec.zone" : nil,
      before.spec.mode != cluster.spec.mode ? "spec.mode" : nil,
    ]
    guard let path = changed.compactMap(\.self).first else { return }
    let count = try await connection.query(
      "SELECT count(*) FROM placements WHERE cluster = \(cluster.name) AND removed_at IS NULL")
    try Self.refuse(change: path, whileHosting: try count.only.decode(at: 0))
  }

  /// A cluster of the console's is one cluster here: two would count the room of one machine twice, and a choice by its
  /// label would mean either. What two have shared since before this was looked at, each may go on having. Whose it is may
  /// be withheld from who writes.
  private func checkConsole(
    of cluster: Resource<ClusterSpec>, after old: AnyResource?, within scope: Scope, in connection: PostgresConnection
  ) async throws {
    var before: ClusterSpec.Console?
    if case .cluster(let cluster)? = old { before = cluster.spec.console }
    guard let console = cluster.spec.console, console != before else { return }
    if let id = console.id, id != before?.id {
      let text = id.uuidString
      let rows = try await connection.query(
        Self.clusters("spec -> 'console' ->> 'id' = \(text)", besides: cluster.name))
      try Self.refuse(
        ("spec.console.id", text.lowercased()), ("identifier", "l’identifiant"), of: rows, within: scope)
    }
    if console.label != before?.label {
      let rows = try await connection.query(
        Self.clusters("spec -> 'console' ->> 'label' = \(console.label)", besides: cluster.name))
      try Self.refuse(("spec.console.label", console.label), ("label", "le libellé"), of: rows, within: scope)
    }
  }

  private static func clusters(_ condition: PostgresQuery, besides name: String) -> PostgresQuery {
    """
    SELECT name FROM resources
    WHERE kind = 'Cluster' AND \(condition) AND name <> \(name) AND deleted_at IS NULL ORDER BY name LIMIT 1
    """
  }

  /// Refuses what the console calls a cluster where another one is called so already.
  private static func refuse(
    _ field: (path: String, value: String), _ what: (en: String, fr: String), of others: PostgresRows,
    within scope: Scope
  ) throws {
    guard let other = try others.first?.decode(String.self, "name") else { return }
    let isTold = scope == .everything
    let (owner, owned) = (
      isTold ? "cluster “\(other)”" : "another cluster", isTold ? "au cluster « \(other) »" : "à un autre cluster"
    )
    throw StoreError(
      .conflict, path: field.path, "the console's \(what.en) “\(field.value)” belongs to \(owner)",
      fr: "\(what.fr) « \(field.value) » de la console appartient \(owned)", accepted: "one of its own")
  }

  private static func refuse(change path: String, whileHosting count: Int64) throws {
    guard count > 0 else { return }
    throw StoreError(
      .conflict, path: path,
      "this can not change while \(Counted.en(count, "placement is", "placements are")) hosted there",
      fr: "ceci ne peut pas changer tant que "
        + Counted.fr(count, "placement y est hébergé", "placements y sont hébergés"), accepted: "the present value")
  }

  private struct Pair: Hashable {
    var kind: String
    var name: String

    init(_ kind: String, _ name: String) {
      self.kind = kind
      self.name = name
    }
  }
}
