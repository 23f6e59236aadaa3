import Events
import Model
import Postgres
import Requests

extension GovernanceStore {
  /// What was acknowledged of a region was acknowledged of what is there. A zone or cluster that comes out of another region
  /// would have it without anybody saying so: its operator alone does not bring it where more counts. One that was deleted and
  /// is made again under its name comes from where it was.
  ///
  /// - Throws: ``StoreError`` of kind `conflict`.
  func checkQualifications(
    of resource: AnyResource, after before: AnyResource?, at moment: Timestamp, in connection: PostgresConnection
  ) async throws {
    let answers: [PostgresRows]
    let path: String
    switch resource {
    case .zone(let zone):
      path = "spec.region"
      guard let former = try await former(before, of: resource, "spec ->> 'region'", in: connection),
        former != zone.spec.region
      else { return }
      answers = try await connection.pipeline([
        Self.selectResource(.region, former), Self.selectResource(.region, zone.spec.region),
      ])
    case .cluster(let cluster):
      path = "spec.zone"
      guard let former = try await former(before, of: resource, "spec ->> 'zone'", in: connection),
        former != cluster.spec.zone
      else { return }
      answers = try await connection.pipeline([
        Self.selectRegion(ofZone: former), Self.selectRegion(ofZone: cluster.spec.zone),
      ])
    case .operator, .chain, .region, .policy, .project, .derogation, .placement, .migration, .flowRequest: return
    }
    guard case .region(let target)? = try answers[1].first.map({ try AnyResource(row: $0) }) else { return }
    var (source, held): (String, [RegionSpec.Qualification]) = ("", [])
    if case .region(let region)? = try answers[0].first.map({ try AnyResource(row: $0) }) {
      (source, held) = (region.name, region.spec.qualifications)
    }
    let today = ParisTime.day(of: moment)
    let gained = target.spec.qualifications.filter { wanted in
      wanted.validUntil.map { $0 >= today } ?? true && !held.contains { wanted.isShortened(from: $0) }
    }.map(\.name)
    guard source != target.name, !gained.isEmpty else { return }
    let names = Set(gained).sorted().joined(separator: ", ")
    throw StoreError(
      .conflict, path: path, "more counts in region “\(target.name)” than where this was: \(names)",
      fr: "plus de qualifications comptent dans la région « \(target.name) » que là où ceci était : \(names)",
      accepted: "a region where no more counts; or the write of an administrator, who answers for it")
  }

  /// Where something was said to be: what is stored of it, or was when it was deleted last.
  private func former(
    _ before: AnyResource?, of resource: AnyResource, _ field: PostgresQuery, in connection: PostgresConnection
  ) async throws -> String? {
    switch before {
    case .zone(let zone)?: return zone.spec.region
    case .cluster(let cluster)?: return cluster.spec.zone
    default: break
    }
    let rows = try await connection.query(
      """
      SELECT \(field) AS place FROM resources WHERE kind = \(resource.kind.rawValue) AND name = \(resource.metadata.name)
        AND deleted_at IS NOT NULL ORDER BY deleted_at DESC LIMIT 1
      """)
    return try rows.first?.decode(String.self, "place")
  }

  /// The region of a zone, or of the one that had the name last.
  static func selectRegion(ofZone name: String) -> PostgresQuery {
    """
    SELECT \(AnyResource.columns) FROM resources WHERE kind = 'Region' AND deleted_at IS NULL AND name = (
      SELECT spec ->> 'region' FROM resources WHERE kind = 'Zone' AND name = \(name)
      ORDER BY deleted_at DESC NULLS FIRST LIMIT 1)
    """
  }
}
