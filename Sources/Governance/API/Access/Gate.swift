import HTTPTypes
import Hummingbird
import Identity

/// Lets in who may: first who somebody is, then whether that is enough.
struct Gate: Sendable {
  let authentication: Authentication

  /// - Throws: ``AuthenticationRefusal``, and what the authenticator throws.
  func admit(_ request: Request, to access: Access) async throws -> (Caller, Scope) {
    guard access.needsCaller else { return (Self.nobody, .everything) }
    let caller = try await caller(of: request, recalling: access.isAnsweredFromMemory)
    if let scope = access.scope(for: caller) { return (caller, scope) }
    guard !(access.changes && caller.isReadOnly) else { throw AuthenticationRefusal.readOnly }
    throw AuthenticationRefusal.role(
      RoleKind.allCases.filter { access.reach(of: $0) != nil }.map(\.rawValue))
  }

  /// Who comes to a route that is for everybody: what such a caller shows is not even looked at.
  private static let nobody = Caller(principal: "anonymous", credential: .local, roles: [])

  /// - Parameter recalls: Whether a key that was let in a moment ago is, where the database can not be asked about it.
  private func caller(of request: Request, recalling recalls: Bool) async throws -> Caller {
    guard case .required(let authenticator) = authentication else { return .local }
    let (tokens, keys) = (request.headers[values: .authorization], request.headers[values: .apiKey])
    switch (tokens.count, keys.count) {
    case (0, 0): throw AuthenticationRefusal.nothingShown
    case (1, 0): return try await authenticator.caller(token: try token(in: tokens[0]))
    case (0, 1) where recalls: return try await authenticator.caller(recallingKey: keys[0])
    case (0, 1): return try await authenticator.caller(key: keys[0])
    // Two that say different things would let whoever adds a header choose.
    default: throw AuthenticationRefusal.malformed("one credential: Authorization or X-API-Key")
    }
  }

  private func token(in header: String) throws -> String {
    let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    // Of another scheme nothing is known (RFC 6750, 3.1).
    guard parts[0].lowercased() == "bearer" else { throw AuthenticationRefusal.nothingShown }
    guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.count <= 16_384 else {
      throw AuthenticationRefusal.malformed("Authorization: Bearer TOKEN of at most 16 KiB")
    }
    return String(parts[1])
  }
}

extension HTTPField.Name {
  /// Holds an API key.
  static let apiKey = required("X-API-Key")
}
