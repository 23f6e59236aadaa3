import Model
import Postgres

extension GovernanceStore {
  /// A cluster is in data centres that its region has: what was acknowledged of the region was acknowledged of those,
  /// and by their names it is told what is apart. What a cluster named before there was this check it may go on naming
  /// where it is.
  ///
  /// - Throws: ``StoreError`` of kind `conflict`.
  func checkDataCenters(
    of resource: AnyResource, after before: AnyResource?, in connection: PostgresConnection
  ) async throws {
    switch resource {
    case .cluster(let cluster):
      let rows = try await connection.query(Self.selectRegion(ofZone: cluster.spec.zone))
      guard case .region(let region)? = try rows.first.map({ try AnyResource(row: $0) }) else { return }
      var known = Set(region.spec.dataCenters.map(\.name))
      if case .cluster(let old)? = before, old.spec.zone == cluster.spec.zone { known.formUnion(old.spec.dataCenters) }
      try Self.refuse(
        cluster.spec.dataCenters.enumerated().filter { !known.contains($0.element) }.map { index, name in
          Self.unknown(name, in: region, path: "spec.dataCenters[\(index)]", of: resource)
        })
    case .zone(let zone):
      guard case .zone(let old)? = before, old.spec.region != zone.spec.region else { return }
      let rows = try await connection.query(Self.selectResource(.region, zone.spec.region))
      guard case .region(let region)? = try rows.first.map({ try AnyResource(row: $0) }) else { return }
      let known = Set(region.spec.dataCenters.map(\.name))
      let centers = try await namedCenters("z.name = \(zone.name)", in: connection)
      try Self.refuse(
        centers.filter { !known.contains($0.center) }.map {
          Self.unknown($0.center, in: region, path: "spec.region", of: resource, namedBy: $0.cluster)
        })
    case .region(let region):
      guard case .region(let old)? = before else { return }
      let gone = Set(old.spec.dataCenters.map(\.name)).subtracting(region.spec.dataCenters.map(\.name))
      guard !gone.isEmpty else { return }
      let centers = try await namedCenters("z.spec ->> 'region' = \(region.name)", in: connection)
      try Self.refuse(
        centers.filter { gone.contains($0.center) }.map {
          FieldProblem(
            path: "spec.dataCenters", message: "cluster “\($0.cluster)” is in data centre “\($0.center)”",
            messageFR: "le cluster « \($0.cluster) » est dans le centre « \($0.center) »", value: $0.center,
            accepted: "with “\($0.center)”, until no cluster names it", resource: resource.label)
        })
    case .operator, .chain, .policy, .project, .derogation, .placement, .migration, .flowRequest: break
    }
  }

  /// A data centre that live clusters name, with one of them.
  private struct NamedCenter {
    var center: String
    var cluster: String
  }

  /// What the clusters of some zones (`z`) name, each once.
  private func namedCenters(_ zones: PostgresQuery, in connection: PostgresConnection) async throws -> [NamedCenter] {
    let rows = try await connection.query(
      """
      SELECT named.center, min(c.name) AS cluster FROM resources c
      JOIN resources z ON z.kind = 'Zone' AND z.name = c.spec ->> 'zone' AND z.deleted_at IS NULL
      CROSS JOIN LATERAL jsonb_array_elements_text(c.spec -> 'dataCenters') AS named (center)
      WHERE c.kind = 'Cluster' AND c.deleted_at IS NULL AND \(zones)
      GROUP BY named.center ORDER BY named.center
      """)
    return try rows.map { NamedCenter(center: try $0.decode("center"), cluster: try $0.decode("cluster")) }
  }

  private static func unknown(
    _ name: String, in region: Resource<RegionSpec>, path: String, of resource: AnyResource,
    namedBy cluster: String? = nil
  ) -> FieldProblem {
    let (by, par) = cluster.map { (", which cluster “\($0)” names", ", que nomme le cluster « \($0) »") } ?? ("", "")
    return FieldProblem(
      path: path, message: "region “\(region.name)” has no data centre “\(name)”\(by)",
      messageFR: "la région « \(region.name) » n’a pas de centre « \(name) »\(par)", value: name,
      accepted: region.spec.dataCenters.map(\.name).joined(separator: ", "), resource: resource.label)
  }

  private static func refuse(_ problems: [FieldProblem]) throws {
    guard let first = problems.first else { return }
    throw StoreError(
      .conflict, path: first.path, first.message, fr: first.messageFR, accepted: first.accepted, problems: problems)
  }
}
