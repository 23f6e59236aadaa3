public import Events
public import Foundation
import Postgres

/// The latest state of a placement that the bus has acknowledged: what a zone's record covers.
public struct PublishedState: Sendable, Hashable {
  /// The placement.
  public var placement: UUID
  /// The zone's slug.
  public var zone: String
  /// The version.
  public var version: StateVersion
  /// The digest of the bytes as carried.
  public var content: ContentDigest
  /// The record's partition.
  public var partition: Int32
  /// The record's offset.
  public var offset: Int64

  /// A state.
  public init(
    placement: UUID, zone: String, version: StateVersion, content: ContentDigest, partition: Int32, offset: Int64
  ) {
    self.placement = placement
    self.zone = zone
    self.version = version
    self.content = content
    self.partition = partition
    self.offset = offset
  }
}

extension PublishedState {
  init(row: PostgresRow) throws {
    guard let content = ContentDigest(bytes: try row.decode("digest")) else {
      throw StoreError(
        .conflict, path: "digest", "the database holds a digest that has not 32 bytes",
        fr: "la base contient une empreinte qui n’a pas 32 octets")
    }
    self.init(
      placement: try row.decode("placement"), zone: try row.decode("zone"),
      version: StateVersion(epoch: try row.decode("epoch"), revision: try row.decode("revision")), content: content,
      partition: try row.decode("partition"), offset: try row.decode("offset"))
  }

  /// Notes what the bus has acknowledged. A leader that was deposed may come late: what is older changes nothing.
  static func store(_ states: [PublishedState]) -> PostgresQuery {
    """
    INSERT INTO published_states AS s (placement, zone, epoch, revision, digest, partition, "offset")
    SELECT * FROM unnest(\(states.map(\.placement)), \(states.map(\.zone)), \(states.map(\.version.epoch)),
      \(states.map(\.version.revision)), \(states.map(\.content.bytes)), \(states.map(\.partition)),
      \(states.map(\.offset)))
    ON CONFLICT (placement) DO UPDATE SET zone = excluded.zone, epoch = excluded.epoch, revision = excluded.revision,
      digest = excluded.digest, partition = excluded.partition, "offset" = excluded."offset"
    WHERE (s.epoch, s.revision) <= (excluded.epoch, excluded.revision)
    """
  }
}
