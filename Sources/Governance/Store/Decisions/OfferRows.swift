import Model
import NIOConcurrencyHelpers
import Placement
import Postgres

/// What is on offer, as decisions see it.
struct OfferReading: Sendable {
  /// By kind, then by name.
  var resources: [AnyResource]
  /// What regions declare beyond what counts.
  var unacknowledged: [UnacknowledgedQualification]

  /// The offer, with what agents found.
  func offer(facts: [ClusterFacts] = []) -> Offer {
    Offer(resources, facts: facts, unacknowledged: unacknowledged)
  }
}

/// The rows of the offer as they were read last: what has not changed since is neither sent nor decoded again.
final class OfferRows: Sendable {
  /// What tells rows apart, within one life of the database.
  private struct Name: Hashable {
    var kind: String
    var name: String
  }

  /// A resource as decisions see it, and what they do not.
  private struct Row {
    var resource: AnyResource
    var unacknowledged: [UnacknowledgedQualification]
  }

  private struct Known {
    var epoch: Int64 = 0
    var life = ""
    var offerVersion: Int64 = 0
    var resources: [Name: Row] = [:]
    /// How often what was known was forgotten.
    var clearings = 0
  }

  private let known = NIOLockedValueBox(Known())

  /// Which rows there are, and of which version. It is not asked which are newer than those known: what is there is
  /// compared, whatever way it came about.
  static let versions: PostgresQuery = """
    SELECT kind, name, resource_version::text AS version FROM resources
    WHERE kind IN ('Operator', 'Chain', 'Region', 'Zone', 'Cluster', 'Derogation') AND deleted_at IS NULL
    """

  /// All resources of the offer; those that are not known as they are, are read.
  ///
  /// - Parameters:
  ///   - rows: as ``versions`` gives them.
  ///   - connection: in a transaction in which the offer stands still.
  func resources(
    _ rows: PostgresRows, epoch: Int64, life: String, offerVersion: Int64, in connection: PostgresConnection
  ) async throws -> OfferReading {
    // Where numbers have gone back they may come again for something else.
    let present = known.withLockedValue { $0 }
    let isSame = present.epoch == epoch && present.life == life && present.offerVersion <= offerVersion
    let before = isSame ? present.resources : [:]
    var resources: [Name: Row] = [:]
    var changed: [Name] = []
    for row in rows {
      let name = Name(kind: try row.decode("kind"), name: try row.decode("name"))
      let version = try row.decode(String.self, "version")
      if let row = before[name], row.resource.metadata.resourceVersion == version {
        resources[name] = row
      } else {
        changed.append(name)
      }
    }
    if !changed.isEmpty {
      let read = try await connection.query(
        """
        SELECT \(AnyResource.columns) FROM resources
        WHERE (kind, name) IN (SELECT * FROM unnest(\(changed.map(\.kind)), \(changed.map(\.name))))
          AND deleted_at IS NULL
        """)
      for row in read {
        let resource = try AnyResource(row: row)
        resources[Name(kind: resource.kind.rawValue, name: resource.metadata.name)] = Row(
          resource: resource, unacknowledged: try AnyResource.unacknowledged(row))
      }
    }
    let next = Known(
      epoch: epoch, life: life, offerVersion: offerVersion, resources: resources, clearings: present.clearings)
    known.withLockedValue { if $0.clearings == next.clearings { $0 = next } }
    return OfferReading(
      resources: resources.values.map(\.resource).sorted {
        ($0.kind.rawValue, $0.metadata.name) < ($1.kind.rawValue, $1.metadata.name)
      }, unacknowledged: resources.values.flatMap(\.unacknowledged).sorted())
  }

  /// Forgets what was read until now.
  func clear() {
    known.withLockedValue { $0 = Known(clearings: $0.clearings + 1) }
  }
}
