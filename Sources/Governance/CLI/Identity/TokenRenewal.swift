import Contract
import Foundation
import NIOCore

/// Gets the next token where the one that is stored for a service is over, or about to be: nobody is asked to log in again
/// while the issuer gives one.
struct TokenRenewal: Sendable {
  let server: String
  let language: Language
  let environment: [String: String]
  /// How long the issuer is waited for.
  var limit = TokenEndpoint.patience

  /// The token to show now.
  ///
  /// - Throws: ``ClientError/loginEnded(_:)`` where the issuer gives none any more; ``ClientError`` where it is away and the
  ///   stored one is over.
  func token() async throws -> String? {
    guard let stored = try StoredLogins.load(environment).grant(for: server) else { return nil }
    guard !stored.isFresh(), stored.renewal != nil else { return stored.token }
    let lock = try await LoginLock.take(environment)
    defer { lock.release() }
    // Whoever had the lock before has most often got what this one wants, and used up the refresh token.
    guard let present = try StoredLogins.load(environment).grant(for: server) else { return nil }
    guard !present.isFresh(), let renewal = present.renewal else { return present.token }
    do {
      let next = try await ask(renewal)
      try StoredLogins.replace(next, for: server, environment)
      return next.token
    } catch ClientError.loginEnded(let language) {
      // A refresh token that was refused is of no use to anybody: it was used, taken back, or stolen and used by another.
      var rest = present
      rest.renewal = nil
      try StoredLogins.replace(rest, for: server, environment)
      guard present.isOver() else { return present.token }
      throw ClientError.loginEnded(language)
    } catch {
      // The issuer is away. What is not over yet still does.
      guard !present.isOver() else { throw error }
      return present.token
    }
  }

  private struct Refusal: Decodable {
    var error: String
  }

  private func ask(_ renewal: TokenGrant.Renewal) async throws -> TokenGrant {
    let (status, data) = try await TokenEndpoint.post(
      renewal.endpoint,
      ["grant_type": "refresh_token", "refresh_token": renewal.token, "client_id": renewal.client],
      within: limit)
    if status == 200,
      let next = TokenGrant(
        answer: data, from: renewal.endpoint, client: renewal.client, earlier: renewal.token)
    {
      return next
    }
    // RFC 6749, 5.2: this alone says that the refresh token is of no use any more; anything else may be somebody who could not
    // give an answer, or did not know whom it was asked for.
    let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(data))
    guard status == 400 || status == 401, refusal?.error == "invalid_grant" else {
      throw ClientError.unreachable(renewal.endpoint, "HTTP \(status)\(refusal.map { " \($0.error)" } ?? "")")
    }
    throw ClientError.loginEnded(language)
  }
}
