public import Identity

/// Whether callers have to say who they are, and who judges it.
public enum Authentication: Sendable {
  /// Whoever can speak to the service may do everything. It then answers only those who call it by a name of loopback.
  case none
  /// Every caller is known by a token or a key.
  case required(any Authenticator)
}

/// Judges what callers show.
public protocol Authenticator: Sendable {
  /// Who the bearer of a token is.
  ///
  /// - Throws: ``AuthenticationRefusal``.
  func caller(token: String) async throws -> Caller

  /// Who the holder of an API key is.
  ///
  /// - Throws: ``AuthenticationRefusal``, and what the store throws where it does not answer.
  func caller(key: String) async throws -> Caller

  /// Who the holder of an API key is, for a route that is answered from memory while the database is away.
  ///
  /// - Throws: As ``caller(key:)``.
  func caller(recallingKey key: String) async throws -> Caller

  /// An API key was taken back through this instance.
  func forget(key identifier: String)

  /// An API key may have been taken back through this instance: only the database knows.
  func doubt(key identifier: String)

  /// Whether whoever is in a group speaks for an operator on the board by that alone; nil where it does not go by groups.
  func isOnBoard(group: String, for operatorName: String) -> Bool?
}

extension Authenticator {
  /// No other than on any route.
  public func caller(recallingKey key: String) async throws -> Caller { try await caller(key: key) }

  /// Nothing is remembered.
  public func forget(key identifier: String) {}

  /// Nothing is remembered.
  public func doubt(key identifier: String) {}

  /// Not known.
  public func isOnBoard(group: String, for operatorName: String) -> Bool? { nil }
}
