public import Events
import Foundation
public import Model
import Postgres
public import Requests

/// A version of something on offer.
public struct ResourceVersion: Sendable, Hashable {
  /// What became of it.
  public enum Change: String, Codable, Sendable, CaseIterable {
    /// It was there when the history began.
    case known
    /// It was not there before.
    case created
    /// It said something else before.
    case changed
    /// Something was said of its qualifications.
    case judged
    /// It is not there any more.
    case deleted
  }

  /// Counts versions of everything on offer; some numbers may be left out.
  public var number: Int64
  /// What became of it.
  public var change: Change
  /// The resource as it was then, or was last.
  public var resource: AnyResource
  /// What was said of its qualifications, where it is a region.
  public var qualifications: QualificationBook
  /// Whose it was then; nil of what is nobody's own.
  public var `operator`: String?
  /// Who wrote it; nil where that is not known here, or is not known any more.
  public var principal: String?
  /// When, by the database's clock.
  public var at: Timestamp

  /// Columns that ``init(row:)`` reads.
  static let columns: PostgresQuery = """
    h.id, h.change, h.resource AS uid, h.kind, h.name, h.generation, h.resource_version, h.labels, h.annotations, h.spec, h.verdicts,
    h.at AS created_at, h.operator, h.principal
    """

  init(row: PostgresRow) throws {
    number = try row.decode("id")
    change = try row.known("change")
    at = Timestamp(try row.decode(Date.self, "created_at"))
    resource = try AnyResource(declared: row)
    // When this version was written says nothing of when the resource was first there.
    resource.metadata.creationTimestamp = nil
    qualifications = try AnyResource.book(row)
    `operator` = try row.decode("operator")
    principal = try row.decode("principal")
  }
}
