import Events
public import Foundation
public import Identity
import Model
import Postgres
public import Requests

extension GovernanceStore {
  /// Notified, without a payload, by every commit that wrote something to be delivered.
  public static let webhooksChannel = "regie_webhooks"
  /// How many destinations an operator or a project may have.
  public static let mostWebhooks = 20

  /// Makes a destination.
  ///
  /// - Parameters:
  ///   - secret: what deliveries are signed with; 32 bytes.
  ///   - reach: how far the caller's reach goes: the owner must be within it.
  /// - Throws: ``StoreError``: `forbidden`, `conflict` where there is no such owner or it has too many.
  public func addWebhook(
    _ address: WebhookAddress, events: [WebhookEvent], of owner: WebhookRecord.Owner, secret: [UInt8],
    within reach: Scope = .everything, context: RequestContext
  ) async throws -> WebhookRecord {
    guard reach.covers(owner) else { throw StoreError.notOwnWebhook }
    return try await pool.withTransaction { connection in
      try await Self.lock(owner, in: connection)
      let present = try await connection.query(
        "SELECT count(*) AS n FROM webhooks WHERE removed_at IS NULL AND \(owner.condition)")
      guard try present.only.decode(Int64.self, "n") < Self.mostWebhooks else {
        throw StoreError(
          .conflict, path: owner.field, "it has \(Self.mostWebhooks) destinations already",
          fr: "il a déjà \(Self.mostWebhooks) destinations", accepted: "DELETE /api/v1/webhooks/{id}")
      }
      let id = mint()
      let stored = try stored(WebhookVault.Secrets(url: address.text, secret: secret), of: id)
      try await connection.execute(
        """
        INSERT INTO webhooks (id, operator, project, url, shown, events, secret, sealed, sealed_by, created_by,
          retry_at)
        VALUES (\(id), \(owner.column), \(owner.projectName), \(stored.url), \(address.shown),
          \(events.map(\.rawValue)), \(stored.secret), \(stored.sealed), \(stored.sealedBy), \(context.principal),
          clock_timestamp())
        """)
      let record = try await webhook(id, in: connection)
      try await connection.execute(try Self.entry("created", record, at: record.createdAt, context))
      if events.contains(.findingDue) { try await tellDue(record, in: connection) }
      return record
    }
  }

  /// Destinations of an owner are made one at a time, so that their count holds.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` where there is no such owner.
  private static func lock(_ owner: WebhookRecord.Owner, in connection: PostgresConnection) async throws {
    guard let (kind, name) = owner.resource else {
      _ = try await connection.query(
        "SELECT pg_advisory_xact_lock(hashtextextended(\(WebhookRecord.Owner.serviceBodyName)::text, 0))")
      return
    }
    let rows = try await connection.query("\(selectResource(kind, name)) FOR UPDATE")
    guard !rows.isEmpty else {
      throw StoreError(
        .conflict, path: owner.field, "there is no \(kind.rawValue) “\(name)”",
        fr: "il n’existe pas de \(kind.rawValue) « \(name) »", accepted: "a name that was applied before")
    }
  }

  /// The destinations within reach, the latest first.
  ///
  /// - Parameter principal: only those that it has made, as the audit trail names it.
  public func webhooks(
    by principal: String? = nil, within reach: Scope = .everything, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<WebhookRecord> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    var conditions: [PostgresQuery] = ["w.removed_at IS NULL", "w.number < \(before)"]
    if let principal { conditions.append("w.created_by = \(principal)") }
    if case .own(let operators, let projects) = reach {
      // The service body's stand in the operators' column, and are no operator's.
      conditions.append(
        """
        (\(operators.condition("w.operator")) AND w.operator <> \(WebhookRecord.Owner.serviceBodyName)
          OR \(projects.condition("w.project")))
        """)
    }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(WebhookRecord.columns) FROM webhooks w WHERE \(.join(conditions, separator: " AND "))
        ORDER BY w.number DESC LIMIT \(limit + 1)
        """)
    }
    return try Page(rows.map { try WebhookRecord(row: $0) }, limit: limit, key: \.number)
  }

  /// Takes a destination away; what waited for it is given up.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where it is out of reach.
  public func removeWebhook(_ id: UUID, within reach: Scope = .everything, context: RequestContext) async throws {
    try await pool.withTransaction { connection in
      let record = try await webhook(id, in: connection)
      guard reach.covers(record.owner) else { throw StoreError.noWebhook(id) }
      let rows = try await connection.pipeline(
        Self.removeWebhooks(of: "id = \(id)") + ["SELECT clock_timestamp() AS now"])
      // Somebody else was faster.
      guard rows[1].affected == 1 else { throw StoreError.noWebhook(id) }
      let now = Timestamp(try rows[2].only.decode(Date.self, "now"))
      try await connection.execute(try Self.entry("removed", record, at: now, context))
    }
  }

  /// The statements that take away destinations, the second of them themselves: one, or those of an operator or a project that
  /// is deleted, since another of the same name is another. What is not needed any more is kept no longer.
  static func removeWebhooks(of owner: PostgresQuery) -> [PostgresQuery] {
    [
      """
      UPDATE webhook_deliveries SET state = 'dead', settled_at = clock_timestamp(), failure = 'removed'
      WHERE state = 'pending' AND webhook IN (SELECT id FROM webhooks WHERE removed_at IS NULL AND \(owner))
      """,
      """
      UPDATE webhooks SET removed_at = clock_timestamp(), url = '', secret = decode(repeat('00', 32), 'hex'),
        sealed = NULL, sealed_by = NULL
      WHERE removed_at IS NULL AND \(owner)
      """,
    ]
  }

  /// Writes something to be delivered to a destination, whatever it wants to be told: to try whether it listens. There is one
  /// such thing at a time: what waits already is it.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where it is out of reach.
  public func testWebhook(_ id: UUID, within reach: Scope = .everything) async throws -> DeliveryRecord {
    try await pool.withTransaction { connection in
      let record = try await webhook(id, in: connection)
      guard reach.covers(record.owner) else { throw StoreError.noWebhook(id) }
      let waiting = try await connection.query(
        """
        WITH own AS (SELECT id FROM webhooks WHERE id = \(id) FOR NO KEY UPDATE)
        SELECT \(DeliveryRecord.columns) FROM webhook_deliveries
        WHERE webhook IN (SELECT id FROM own) AND event = \(WebhookEvent.test.rawValue) AND state = 'pending' LIMIT 1
        """)
      if let row = waiting.first { return try DeliveryRecord(row: row) }
      let now = Timestamp(try await connection.query("SELECT clock_timestamp() AS now").only.decode(Date.self, "now"))
      let note = WebhookNote(
        .test, text: LocalizedText(fr: "essai : cette destination écoute", en: "a test: this destination listens"),
        subject: .init(kind: "webhook", id: id.uuidString.lowercased()))
      let rows = try await connection.query(
        """
        INSERT INTO webhook_deliveries (id, webhook, event, body, at)
        VALUES (\(mint()), \(id), \(note.event.rawValue), \(try note.body(at: "\(now)")), \(now.date))
        RETURNING \(DeliveryRecord.columns)
        """)
      return try DeliveryRecord(row: rows.only)
    }
  }

  /// What was, or is to be, delivered to a destination, the latest first.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where it is out of reach.
  public func deliveries(
    to id: UUID, state: DeliveryRecord.State? = nil, within reach: Scope = .everything, limit: Int = 100,
    cursor: String? = nil
  ) async throws -> Page<DeliveryRecord> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    return try await pool.withConnection { connection in
      let record = try await webhook(id, in: connection)
      guard reach.covers(record.owner) else { throw StoreError.noWebhook(id) }
      let wanted: PostgresQuery = state.map { "AND state = \($0.rawValue)" } ?? ""
      let rows = try await connection.query(
        """
        SELECT \(DeliveryRecord.columns) FROM webhook_deliveries
        WHERE webhook = \(id) AND number < \(before) \(wanted) ORDER BY number DESC LIMIT \(limit + 1)
        """)
      return try Page(rows.map { try DeliveryRecord(row: $0) }, limit: limit, key: \.number)
    }
  }

  private func webhook(_ id: UUID, in connection: PostgresConnection) async throws -> WebhookRecord {
    guard let record = try await presentWebhook(id, in: connection) else { throw StoreError.noWebhook(id) }
    return record
  }

  /// A destination; nil where there is none, or none any more.
  func presentWebhook(_ id: UUID, in connection: PostgresConnection) async throws -> WebhookRecord? {
    try await connection.query(
      "SELECT \(WebhookRecord.columns) FROM webhooks w WHERE w.id = \(id) AND w.removed_at IS NULL"
    ).first.map { try WebhookRecord(row: $0) }
  }

  /// What the audit trail keeps: never the secret, and of the address what may be shown.
  private struct Detail: Encodable {
    var `operator`: String?
    var project: String?
    /// Absent where it is not its.
    var serviceBody: Bool?
    var address: String
    var events: [WebhookEvent]
    var delivery: String?
  }

  static func entry(
    _ action: String, _ record: WebhookRecord, delivery: String? = nil, at moment: Timestamp, _ context: RequestContext
  ) throws -> PostgresQuery {
    try AuditWriter.entry(
      at: moment, context: context, action: action, kind: "Webhook", name: record.id.uuidString.lowercased(),
      detail: Detail(
        operator: record.owner.operatorName, project: record.owner.projectName,
        serviceBody: record.owner == .serviceBody ? true : nil, address: record.shown,
        events: record.events, delivery: delivery))
  }
}

extension WebhookRecord.Owner {
  var operatorName: String? { if case .operator(let name) = self { name } else { nil } }
  var projectName: String? { if case .project(let name) = self { name } else { nil } }

  /// What stands in the column of operators.
  var column: String? { self == .serviceBody ? Self.serviceBodyName : operatorName }

  var field: String {
    switch self {
    case .operator: "operator"
    case .project: "project"
    case .serviceBody: "serviceBody"
    }
  }

  /// The resource that it is; nil where it is none.
  var resource: (ResourceKind, String)? {
    switch self {
    case .operator(let name): (.operator, name)
    case .project(let name): (.project, name)
    case .serviceBody: nil
    }
  }

  var condition: PostgresQuery {
    switch self {
    case .operator, .serviceBody: "operator = \(column)"
    case .project(let name): "project = \(name)"
    }
  }
}

extension Scope {
  func covers(_ owner: WebhookRecord.Owner) -> Bool {
    switch owner {
    case .operator(let name): covers(operator: name)
    case .project(let name): covers(project: name)
    case .serviceBody: self == .everything
    }
  }
}

extension StoreError {
  /// Of another's destination it is not even told whether it is there.
  static func noWebhook(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(.notFound, path: "id", "there is no webhook \(id)", fr: "il n’existe pas de webhook \(id)")
  }

  static let notOwnWebhook = StoreError(
    .forbidden, path: "operator", "a destination is made for one’s own operator or project",
    fr: "une destination se crée pour son opérateur ou son projet", accepted: "what is your own")
}
