import Events
import Foundation
import Model
import Postgres
public import Requests

extension GovernanceStore {
  /// What regions declare, by region in the order of names, and what was said of it.
  public func qualifications() async throws -> [QualificationRecord] {
    let rows = try await pool.withConnection {
      try await $0.query(Self.listResources(.region, after: "", limit: .max))
    }
    return try rows.flatMap { row -> [QualificationRecord] in
      guard case .region(let region) = try AnyResource(declared: row) else { return [] }
      return try QualificationRecord.all(of: region, AnyResource.book(row))
    }
  }

  /// Says that a qualification counts, or that it does not, from now on. Saying the same again changes nothing.
  ///
  /// - Parameter id: as it is declared; declared otherwise meanwhile, it is another.
  /// - Throws: ``StoreError``: `notFound`; `forbidden` where it is judged by who is with its own operator.
  public func judge(
    qualification id: String, _ outcome: QualificationVerdict.Outcome, reason: String? = nil,
    by actor: QualificationActor, context: RequestContext
  ) async throws -> QualificationRecord {
    let record = try await pool.withTransaction { connection in
      let answers = try await connection.pipeline([
        StoreLocks.takeOffer(), Self.listResources(.region, after: "", limit: .max), "SELECT clock_timestamp() AS now",
      ])
      let now = Timestamp(try answers[2].only.decode(Date.self, "now"))
      for row in answers[1] {
        guard case .region(let region) = try AnyResource(declared: row) else { continue }
        var book = try AnyResource.book(row)
        guard let present = try QualificationRecord.all(of: region, book).first(where: { $0.id == id }) else {
          continue
        }
        let isNews = try StoreError.asking { () throws(RequestRefusal) -> Bool in
          try book.say(
            outcome, of: present.qualification, reason: reason, owner: region.spec.operator, by: actor, at: now)
        }
        guard isNews else { return present }
        let next = QualificationRecord(
          id: id, region: present.region, operator: present.operator, qualification: present.qualification,
          verdict: book.verdict(on: present.qualification))
        try await store(book, of: region, saying: next, at: now, context: context, in: connection)
        return next
      }
      throw StoreError.noQualification(id)
    }
    world.forgetHead()
    return record
  }

  private func store(
    _ book: QualificationBook, of region: Resource<RegionSpec>, saying record: QualificationRecord, at now: Timestamp,
    context: RequestContext, in connection: PostgresConnection
  ) async throws {
    try await connection.pipeline([
      Self.author(context),
      """
      UPDATE resources SET verdicts = \(try PostgresJSON(model: book)),
        resource_version = nextval('resource_versions'), updated_at = clock_timestamp()
      WHERE uid = \(region.metadata.uid)
      """,
      try AuditWriter.entry(
        at: now, context: context, action: (record.verdict?.outcome ?? .refused).rawValue,
        kind: QualificationDetail.kind, name: region.name, detail: QualificationDetail(record)),
      "UPDATE offer_state SET version = version + 1",
      Self.announceOffer,
    ])
    // A capacity rule may be about the places that hold it.
    try await refreshLimits(after: .region(region), in: connection)
  }
}

/// What the audit trail keeps of a verdict. Words are kept as a digest: they may name somebody.
private struct QualificationDetail: Encodable {
  static let kind = "Qualification"

  var region: String
  var qualification: RegionSpec.Qualification
  var `operator`: String?
  var reason: String?

  init(_ record: QualificationRecord) {
    region = record.region
    qualification = record.qualification
    `operator` = record.verdict?.operator
    reason = record.verdict?.reason.map { Digest.hexadecimal(Digest.sha256($0.utf8)) }
  }
}

extension StoreError {
  /// It may have been there as it was declared before.
  fileprivate static func noQualification(_ id: String) -> StoreError {
    StoreError(
      .notFound, path: "id", "no region declares a qualification \(id) now: declared otherwise, it has another one",
      fr: "nulle région ne déclare à présent de qualification \(id) : déclarée autrement, elle en a un autre",
      accepted: "GET /api/v1/qualifications")
  }
}
