import Contract
import Crypto
import Events
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Store

/// API keys: made, looked through, and taken back.
struct KeyRoutes: Sendable {
  let store: GovernanceStore
  let authentication: Authentication

  func add(to api: APIRoutes) {
    api.get("keys", .read([.governanceAdmin, .auditor])) { request, _ in
      try request.allowParameters(["limit", "cursor"])
      let now = try await store.now()
      let page = try await store.apiKeys(
        limit: try request.number("limit", default: 100, in: 1...1000),
        cursor: request.uri.queryParameters["cursor"].map(String.init))
      return try Response.json(ListView(items: page.items.map { APIKeyView($0, now: now) }, next: page.next))
    }
    api.post("keys", .change([.governanceAdmin])) { request, context in try await create(request, context) }
    api.delete("keys/:id", .change([.governanceAdmin])) { request, context in
      try request.allowParameters(["reason"])
      let record = try await revoke(
        try context.pathPart("id", request), context.storeContext(because: try request.reason()))
      // The moment of its end: another would have to be asked for, and may not be had any more.
      return try Response.json(APIKeyView(record, now: record.revokedAt ?? record.createdAt))
    }
  }

  /// Where the answer to the commit is lost, the key may have been taken back all the same: what is remembered of it is
  /// forgotten then, too, so that nobody but the database lets it in.
  private func revoke(_ id: String, _ context: Store.RequestContext) async throws -> APIKeyRecord {
    let record: APIKeyRecord
    do {
      record = try await store.revoke(apiKey: id, context: context)
    } catch let refusal as StoreError {
      throw refusal
    } catch {
      if case .required(let authenticator) = authentication { authenticator.doubt(key: id) }
      throw error
    }
    if case .required(let authenticator) = authentication { authenticator.forget(key: record.grant.identifier) }
    return record
  }

  private func create(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["reason"])
    let text = try await request.text()
    let document = try request.isJSON ? DocumentText(json: text) : DocumentText(text)
    let order = try order(try document.decode(), document, request.language)
    let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    let identifier = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0.prefix(APIKey.identifierSize)) }
    guard let key = APIKey(identifier: identifier, secret: secret) else {
      throw HTTPError(.internalServerError)
    }
    let record = try await store.create(order, key: key, context: context.storeContext(because: try request.reason()))
    // Kept nowhere on the way.
    return try Response.json(
      NewAPIKeyView(secret: key.text, key: APIKeyView(record, now: record.createdAt)), status: .created,
      headers: [.cacheControl: CacheDirectives.ofSecret])
  }

  private func order(
    _ body: APIKeyBody, _ document: DocumentText, _ language: Language
  ) throws -> APIKeyOrder {
    var problems: [FieldProblem] = []
    func refuse(_ path: String, _ value: String, accepted: String) {
      problems.append(
        FieldProblem(
          path: path, message: "not accepted", messageFR: "refusé", value: value, accepted: accepted))
    }
    let name = body.name.trimmingCharacters(in: .whitespacesAndNewlines)
    if name.isEmpty || name.count > APIKeyBody.longestName || !PlainText.isPlain(name, onOneLine: true) {
      refuse("name", body.name, accepted: "1 … \(APIKeyBody.longestName)")
    }
    var roles: Set<Role> = []
    for (index, text) in body.roles.enumerated() {
      if let role = Role(text), Self.grantable.contains(role.kind) {
        roles.insert(role)
      } else {
        refuse("roles[\(index)]", text, accepted: Self.acceptedRoles)
      }
    }
    if body.roles.isEmpty { refuse("roles", "[]", accepted: Self.acceptedRoles) }
    let days = body.days ?? APIKeyBody.standardDays
    if !APIKeyBody.acceptedDays.contains(days) {
      refuse(
        "days", String(days),
        accepted: "\(APIKeyBody.acceptedDays.lowerBound) … \(APIKeyBody.acceptedDays.upperBound)")
    }
    guard problems.isEmpty else { throw Problem.invalid(document.located(problems), language) }
    return APIKeyOrder(
      name: name, roles: roles.sorted(), isReadOnly: body.readOnly ?? false, seconds: Int64(days) * 86_400)
  }

  /// A key is a program's, and whoever has read it once has it: it neither votes nor administers.
  private static let grantable: [RoleKind] = [.operator, .console, .projectTeam, .auditor]

  private static let acceptedRoles = grantable.map {
    $0.subject == nil ? $0.rawValue : "\($0.rawValue)(…)"
  }.joined(separator: ", ")
}

extension APIKeyView {
  /// A stored key as the API shows it at a moment.
  init(_ record: APIKeyRecord, now: Timestamp) {
    let state: State = record.revokedAt != nil ? .revoked : now < record.expiresAt ? .active : .expired
    self.init(
      id: record.grant.identifier, name: record.name, roles: record.grant.roles.map(\.description),
      readOnly: record.grant.isReadOnly, state: state, createdBy: record.createdBy, createdAt: record.createdAt,
      expiresAt: record.expiresAt, revokedBy: record.revokedBy, revokedAt: record.revokedAt,
      lastUsedAt: record.lastUsedAt)
  }
}
