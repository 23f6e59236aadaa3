import Foundation
import Model
import Placement
import Postgres
import Requests

extension AnyResource {
  /// The spec, whatever its kind.
  var spec: any ResourceSpec {
    switch self {
    case .operator(let resource): resource.spec
    case .chain(let resource): resource.spec
    case .region(let resource): resource.spec
    case .zone(let resource): resource.spec
    case .cluster(let resource): resource.spec
    case .policy(let resource): resource.spec
    case .project(let resource): resource.spec
    case .derogation(let resource): resource.spec
    case .placement(let resource): resource.spec
    case .migration(let resource): resource.spec
    case .flowRequest(let resource): resource.spec
    }
  }

  /// Columns that ``init(row:)`` reads.
  static let columns: PostgresQuery =
    "uid, kind, name, generation, resource_version, labels, annotations, spec, created_at, verdicts"

  /// Reads a row of `resources` as decisions see it: of a region's qualifications only those that somebody has acknowledged, and
  /// of who speaks for an operator and how it is reached, and of who has asked for a derogation, no person: what decisions were made on is kept for good.
  init(row: PostgresRow) throws {
    self = try AnyResource(declared: row)
    if case .operator(var found) = self {
      found.spec.representatives.removeAll { $0.subject != nil }
      found.spec.contact = nil
      self = .operator(found)
      return
    }
    if case .derogation(var found) = self {
      found.spec.requestedBy = nil
      self = .derogation(found)
      return
    }
    guard case .region(var region) = self else { return }
    region.spec.qualifications = try Self.book(row).counting(of: region.spec.qualifications)
    self = .region(region)
  }

  /// What was said of the qualifications that the row's region declares.
  static func book(_ row: PostgresRow) throws -> QualificationBook {
    try row.decode(PostgresJSON?.self, "verdicts")?.model(QualificationBook.self) ?? QualificationBook()
  }

  /// What the row's region declares beyond what counts.
  static func unacknowledged(_ row: PostgresRow) throws -> [UnacknowledgedQualification] {
    guard case .region(let region) = try AnyResource(declared: row) else { return [] }
    let book = try book(row)
    return region.spec.qualifications.filter { book.standing(of: $0) != .acknowledged }.map {
      UnacknowledgedQualification(region: region.name, name: $0.name)
    }
  }

  /// Reads a row of `resources` as it was written. Fields that a newer program wrote are left out.
  init(declared row: PostgresRow) throws {
    let kind = try row.decode(String.self, "kind")
    guard let kind = ResourceKind(rawValue: kind) else {
      throw StoreError(
        .conflict, path: "kind", "the database holds a \(kind), which this program does not know",
        fr: "la base contient un \(kind), que ce programme ne connaît pas")
    }
    switch kind {
    case .operator: self = .operator(try Self.resource(row))
    case .chain: self = .chain(try Self.resource(row))
    case .region: self = .region(try Self.resource(row))
    case .zone: self = .zone(try Self.resource(row))
    case .cluster: self = .cluster(try Self.resource(row))
    case .policy: self = .policy(try Self.resource(row))
    case .project: self = .project(try Self.resource(row))
    case .derogation: self = .derogation(try Self.resource(row))
    case .placement: self = .placement(try Self.resource(row))
    case .migration: self = .migration(try Self.resource(row))
    case .flowRequest: self = .flowRequest(try Self.resource(row))
    }
  }

  private static func resource<Spec: ResourceSpec>(_ row: PostgresRow) throws -> Resource<Spec> {
    var metadata = Metadata(
      name: try row.decode("name"),
      labels: try row.decode(PostgresJSON.self, "labels").model([String: String].self),
      annotations: try row.decode(PostgresJSON.self, "annotations").model([String: String].self))
    metadata.uid = try row.decode("uid")
    metadata.generation = try row.decode("generation")
    metadata.resourceVersion = String(try row.decode(Int64.self, "resource_version"))
    metadata.creationTimestamp = try row.decode("created_at")
    return Resource(metadata: metadata, spec: try row.decode(PostgresJSON.self, "spec").model(Spec.self))
  }
}

extension PostgresJSON {
  /// JSON as the model writes it.
  init(model value: some Encodable) throws {
    self.init(bytes: [UInt8](try ModelJSON.encoder.encode(value)))
  }

  /// Reads JSON as the model writes it.
  func model<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try ModelJSON.decoder.decode(type, from: Data(text.utf8))
  }
}
