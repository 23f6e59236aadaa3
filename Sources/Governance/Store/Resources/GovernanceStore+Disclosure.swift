import Foundation
public import Model
public import Policy
import Postgres

/// A resource as somebody is told it.
public struct ToldResource: Sendable, Hashable {
  /// The resource, without what is withheld.
  public let resource: AnyResource
  /// The paths of what is withheld; empty where it is whole.
  public let withheld: [String]
  /// What changes whenever what is told does, and never with what is withheld: the value of the `ETag`.
  public let version: String

  init(_ resource: AnyResource, withheld: [String] = []) throws {
    self.resource = resource
    self.withheld = withheld
    guard !withheld.isEmpty else {
      version = resource.metadata.resourceVersion ?? ""
      return
    }
    let bytes = [UInt8](try ModelJSON.encoder.encode(resource))
    version = "told-\(Digest.hexadecimal(Digest.sha256(bytes)).prefix(32))"
  }
}

extension GovernanceStore {
  /// One resource, as far as `reach` goes.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where nothing is told of it.
  public func get(_ kind: Kind, _ name: String, reach: CapacityReach) async throws -> ToldResource {
    guard OfferDisclosure.concerns(kind), reach != .everything else {
      return try ToldResource(try await get(kind, name))
    }
    let rows = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try await connection.pipeline([Self.selectResource(kind, name), Self.selectPlaces])
    }
    let disclosure = try Self.disclosure(reach, rows[1])
    guard let row = rows[0].first, let told = disclosure.told(try AnyResource(declared: row)) else {
      throw StoreError.notFound(kind, name)
    }
    return try ToldResource(told.resource, withheld: told.withheld)
  }

  /// The resources of a kind by name, as far as `reach` goes, and how many are withheld of the whole list.
  public func list(
    _ kind: Kind, of projects: [String]?, reach: CapacityReach, limit: Int, cursor: String?
  ) async throws -> (page: Page<ToldResource>, withheld: Int) {
    guard OfferDisclosure.concerns(kind), reach != .everything else {
      let page = try await list(kind, of: projects, limit: limit, cursor: cursor)
      return (Page(items: try page.items.map { try ToldResource($0) }, next: page.next), 0)
    }
    try Cursor.check(limit: limit)
    let after = try Cursor.decode(cursor, as: String.self) ?? ""
    // All of them: which are told is one rule, and it is not written a second time in SQL.
    let rows = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try await connection.pipeline([Self.listResources(kind, after: "", limit: .max), Self.selectPlaces])
    }
    let disclosure = try Self.disclosure(reach, rows[1])
    let told = try rows[0].compactMap { disclosure.told(try AnyResource(declared: $0)) }
    let page = try told.filter { $0.resource.metadata.name > after }
      .sorted { $0.resource.metadata.name < $1.resource.metadata.name }.prefix(limit + 1).map {
        try ToldResource($0.resource, withheld: $0.withheld)
      }
    return (try Page(page, limit: limit, key: \.resource.metadata.name), rows[0].count - told.count)
  }

  static func disclosure(_ reach: CapacityReach, _ zones: PostgresRows) throws -> OfferDisclosure {
    var places: [String: OfferDisclosure.Place] = [:]
    for row in zones {
      guard let sensitivity = Sensitivity(rawValue: try row.decode("sensitivity")) else { continue }
      places[try row.decode("name")] = OfferDisclosure.Place(
        sensitivity: sensitivity, operator: try row.decode("operator"))
    }
    return OfferDisclosure(reach: reach, zones: places)
  }

  /// Every zone, with whoever runs it.
  static let selectPlaces: PostgresQuery = """
    SELECT z.name, z.spec ->> 'sensitivity' AS sensitivity, r.spec ->> 'operator' AS operator FROM resources z
    LEFT JOIN resources r ON r.kind = 'Region' AND r.name = z.spec ->> 'region' AND r.deleted_at IS NULL
    WHERE z.kind = 'Zone' AND z.deleted_at IS NULL
    """
}
