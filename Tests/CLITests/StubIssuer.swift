import Contract
import Foundation
import NIOConcurrencyHelpers

@testable import CLI

/// An issuer with refresh tokens that are good once: a second use of one is a theft, and ends all that came of the same
/// login (RFC 9700, 4.14). And the service that believes what it gives.
struct StubIssuer: Sendable {
  private struct State {
    /// Valid refresh tokens, and those that were used.
    var valid: Set<String> = []
    var used: Set<String> = []
    var given = 0
    var lifetime: Int64 = 300
    var isAway = false
    var isSilent = false
    var rotates = true
  }

  private let state = NIOLockedValueBox(State())

  /// How many tokens were given for a refresh token.
  var renewals: Int { state.withLockedValue { $0.given } }

  func set(away: Bool = false, silent: Bool = false, lifetime: Int64 = 300, rotates: Bool = true) {
    state.withLockedValue {
      ($0.isAway, $0.isSilent, $0.lifetime, $0.rotates) = (away, silent, lifetime, rotates)
    }
  }

  /// A login whose token is over in so many seconds.
  func login(expiring seconds: Int64, at endpoint: String) -> TokenGrant {
    state.withLockedValue { _ = $0.valid.insert("r-0") }
    var grant = TokenGrant(token: "a-0")
    grant.expires = Int64(Date().timeIntervalSince1970) + seconds
    grant.renewal = TokenGrant.Renewal(endpoint: endpoint, client: "regie", token: "r-0")
    return grant
  }

  /// Somebody else uses a refresh token.
  func steal(_ token: String) { _ = take(token) }

  /// Answers at `/token`, and as a service elsewhere.
  func answer(_ request: StubService.Request) throws -> StubService.Answer {
    guard request.path == "/token" else {
      let shown = request.headers["authorization"] ?? ""
      return try shown.hasPrefix("Bearer a-")
        ? StubService.Answer(CallerView(principal: shown, roles: [], readOnly: false))
        : StubService.Answer(Problem(status: 401, .invalidToken, title: "Jeton refusé", detail: "non"))
    }
    guard !state.withLockedValue({ $0.isAway }) else { return StubService.Answer("{}", status: 503) }
    guard !state.withLockedValue({ $0.isSilent }) else {
      var begun = StubService.Answer("{}")
      begun.end = .silent
      return begun
    }
    let form = Dictionary(
      request.body.split(separator: "&").compactMap { field -> (String, String)? in
        let parts = field.split(separator: "=", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
      }, uniquingKeysWith: { first, _ in first })
    guard form["grant_type"] == "refresh_token", form["client_id"] == "regie", let token = form["refresh_token"],
      let answer = take(token)
    else { return StubService.Answer(#"{"error": "invalid_grant"}"#, status: 400) }
    return StubService.Answer(answer)
  }

  private func take(_ token: String) -> String? {
    state.withLockedValue { state in
      guard !state.used.contains(token) else {
        state.valid = []
        return nil
      }
      guard state.valid.contains(token) else { return nil }
      state.given += 1
      let access = #""access_token": "a-\#(state.given)", "expires_in": \#(state.lifetime)"#
      guard state.rotates else { return "{\(access)}" }
      state.valid.remove(token)
      state.used.insert(token)
      state.valid.insert("r-\(state.given)")
      return #"{\#(access), "refresh_token": "r-\#(state.given)"}"#
    }
  }
}
