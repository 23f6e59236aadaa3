import Events
import Foundation
public import Identity
import Metrics
public import Store

/// Judges tokens of the issuer and API keys of the store.
public struct CredentialAuthenticator: Authenticator {
  /// What tokens are judged by.
  public struct Tokens: Sendable {
    let verifier: TokenVerifier
    let mapping: RoleMapping
    let keys: KeySource

    /// Tokens of one issuer.
    public init(verifier: TokenVerifier, mapping: RoleMapping, keys: KeySource) {
      self.verifier = verifier
      self.mapping = mapping
      self.keys = keys
    }
  }

  private let tokens: Tokens
  private let lookups: KeyLookups
  private let uses: KeyUses
  private let now: @Sendable () -> Int64

  /// An authenticator.
  ///
  /// - Parameter now: The moment, in seconds since 1970, by which tokens are judged; this machine's unless said.
  public init(
    tokens: Tokens, store: GovernanceStore, uses: KeyUses,
    now: (@Sendable () -> Int64)? = nil
  ) {
    self.tokens = tokens
    lookups = KeyLookups(atOnce: store.unknownKeysAtOnce) { identifier, deadline in
      try await store.grant(ofKey: identifier, deadline: deadline).map { ($0.grant, $0.now.microseconds) }
    }
    self.uses = uses
    self.now = now ?? { Int64(Date().timeIntervalSince1970.rounded(.down)) }
  }

  /// Whether a rule of the mapping gives the group the role.
  public func isOnBoard(group: String, for operatorName: String) -> Bool? {
    tokens.mapping.roles(inGroup: group).contains {
      $0.kind == .boardMember && ($0.subject == operatorName || $0.subject == Role.everyone)
    }
  }

  /// Who the bearer of a token is, by its signature, its claims and the groups it names.
  ///
  /// - Throws: ``AuthenticationRefusal``.
  public func caller(token text: String) async throws -> Caller {
    do throws(TokenRefusal) {
      let token = try UnverifiedToken(text)
      let claims = try tokens.verifier.verify(token, by: try await tokens.keys.key(token.keyID), at: now())
      count("token", "accepted")
      return Caller(
        principal: "oidc:\(claims.subject)", credential: .token, roles: tokens.mapping.roles(of: claims),
        subject: claims.subject, groups: Set(tokens.mapping.groups(of: claims)))
    } catch .keysUnavailable {
      count("token", "unknown")
      throw AuthenticationRefusal.issuerAway
    } catch {
      count("token", "refused")
      throw AuthenticationRefusal.token(error.text)
    }
  }

  /// Who the holder of a key is, by what the store says of it at this moment: a key that was revoked is refused at once, by
  /// every instance.
  ///
  /// - Throws: ``AuthenticationRefusal``, ``AuthenticationRefusal/busy`` where too many keys come that are not known;
  ///   `PostgresError` where the database does not answer.
  public func caller(key text: String) async throws -> Caller {
    try await judge(text) { key in KeyLookups.Known(caller: try await lookups.caller(showing: key)) }
  }

  /// Who the holder of a key is, as ``caller(key:)``; where the database does not answer at once, as it said last of a
  /// key that it let in on this instance within the last minutes.
  ///
  /// - Throws: As ``caller(key:)``.
  public func caller(recallingKey text: String) async throws -> Caller {
    try await judge(text) { key in try await lookups.known(showing: key) }
  }

  /// A key that was taken back through this instance is let in by nothing that it remembers.
  public func forget(key identifier: String) { lookups.forget(identifier) }

  /// An API key may have been taken back: it is let in again once the database does so.
  public func doubt(key identifier: String) { lookups.doubt(identifier) }

  private func judge(_ text: String, _ look: (APIKey) async throws -> KeyLookups.Known) async throws -> Caller {
    do {
      guard let key = APIKey(text) else { throw KeyRefusal.malformed }
      let known = try await look(key)
      uses.note(key.identifier)
      count("key", known.isRecalled ? "recalled" : "accepted")
      return known.caller
    } catch let refusal as KeyRefusal {
      count("key", "refused")
      throw AuthenticationRefusal.key(refusal.rawValue)
    } catch AuthenticationRefusal.busy {
      count("key", "unknown")
      throw AuthenticationRefusal.busy
    }
  }

  private func count(_ credential: String, _ result: String) {
    Counter(label: "regie.identity.credentials", dimensions: [("credential", credential), ("result", result)])
      .increment()
  }
}
