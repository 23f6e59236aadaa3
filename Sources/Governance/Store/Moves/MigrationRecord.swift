public import Events
public import Foundation
public import Migration
import Model
import Postgres

/// A migration as it is stored: what was wished for, and the campaign that carries out its plan.
public struct MigrationRecord: Codable, Sendable, Hashable {
  /// Its identifier.
  public var id: UUID
  /// Grows with the order of planning.
  public var number: Int64
  /// What is to be moved, why and on what terms.
  public var wish: MigrationWish
  /// How it is carried out.
  public internal(set) var campaign: MigrationCampaign
  /// Counts its changes, from 1; the value of the `ETag`.
  public internal(set) var revision: Int64
  /// The digest of all that the plan was judged on.
  public var checkIndex: String
  /// How many placements can not be moved.
  public var blocked: Int
  /// Who has planned it.
  public var principal: String
  /// When it was planned, by the database's clock.
  public var createdAt: Timestamp
  /// When it has changed last, but for its moves.
  public var updatedAt: Timestamp
  /// Of which moment this is, by the database's clock.
  public var asOf: Timestamp
  /// Whether this is the stored answer to an earlier request.
  public internal(set) var isReplay = false

  private enum CodingKeys: String, CodingKey {
    case id, number, wish, campaign, revision, checkIndex, blocked, principal, createdAt, updatedAt, asOf
  }

  static let columns: PostgresQuery = """
    g.id, g.number, g.wish, g.body, g.revision, g.check_index, g.blocked, g.principal, g.created_at, g.updated_at
    """

  init(row: PostgresRow, asOf: Timestamp) throws {
    id = try row.decode("id")
    number = try row.decode("number")
    wish = try row.decode(PostgresJSON.self, "wish").model(MigrationWish.self)
    campaign = try row.decode(PostgresJSON.self, "body").model(MigrationCampaign.self)
    revision = try row.decode("revision")
    checkIndex = try row.decode("check_index")
    blocked = Int(try row.decode(Int32.self, "blocked"))
    principal = try row.decode("principal")
    createdAt = Timestamp(try row.decode(Date.self, "created_at"))
    updatedAt = Timestamp(try row.decode(Date.self, "updated_at"))
    self.asOf = asOf
  }

  var replayed: MigrationRecord {
    var copy = self
    copy.isReplay = true
    return copy
  }
}
