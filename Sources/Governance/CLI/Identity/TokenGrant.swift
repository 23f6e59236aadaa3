import Foundation

/// Tokens as an issuer gives them (RFC 6749, 5.1).
struct TokenGrant: Codable, Sendable, Hashable {
  /// What is shown to the service.
  var token: String
  /// When it ends, in seconds since 1970; nil where nobody says.
  var expires: Int64?
  /// How to get the next one; nil where the issuer gives no refresh token.
  var renewal: Renewal?

  /// A refresh token, and where it is taken.
  struct Renewal: Codable, Sendable, Hashable {
    /// The issuer's token endpoint.
    var endpoint: String
    /// The client that it was given to.
    var client: String
    /// The refresh token. Many issuers take each once, and give another.
    var token: String
  }

  /// A token from elsewhere.
  init(token: String) {
    self.token = token
    expires = Self.end(of: token)
  }

  /// Reads the answer of a token endpoint; nil for one without a token.
  ///
  /// - Parameter earlier: the refresh token that stays valid where the answer brings no other.
  init?(answer: Data, from endpoint: String, client: String, earlier: String? = nil, now: Date = Date()) {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: answer), !answer.access_token.isEmpty else {
      return nil
    }
    token = answer.access_token
    expires = answer.expires_in.map { Self.end(after: $0, from: now) } ?? Self.end(of: token)
    renewal = (answer.refresh_token ?? earlier).map { Renewal(endpoint: endpoint, client: client, token: $0) }
  }

  /// Whether it is good for a while yet: longer than a request and two clocks that disagree a little.
  func isFresh(now: Date = Date()) -> Bool {
    expires.map { $0 > Int64(now.timeIntervalSince1970) + Self.margin } ?? true
  }

  /// Whether it is over.
  func isOver(now: Date = Date()) -> Bool { expires.map { $0 <= Int64(now.timeIntervalSince1970) } ?? false }

  private static let margin: Int64 = 30

  private struct Answer: Decodable {
    var access_token: String
    var expires_in: Int64?
    var refresh_token: String?
  }

  /// What an issuer says may be any number.
  private static func end(after seconds: Int64, from now: Date) -> Int64 {
    let (end, isBeyond) = Int64(now.timeIntervalSince1970).addingReportingOverflow(seconds)
    return isBeyond ? .max : end
  }

  /// What a token says of its own end. It is looked at to spare a question, and not believed for anything else.
  private static func end(of token: String) -> Int64? {
    struct Claims: Decodable {
      var exp: Double
    }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    let text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: String(padded)),
      let claims = try? JSONDecoder().decode(Claims.self, from: data)
    else { return nil }
    return Int64(exactly: claims.exp.rounded(.down))
  }
}
