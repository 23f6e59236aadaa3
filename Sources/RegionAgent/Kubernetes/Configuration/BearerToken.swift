import Foundation

/// What a cluster's client shows in its `authorization` header.
enum BearerToken {
  /// What is accepted, for messages.
  static let accepted = "a bearer token in one line of visible ASCII characters"

  /// The token without the line end that templates and mounted secrets bring along; nil where nothing is left, or what can
  /// be in no header: the HTTP client would quote it, and so would logs, and reports to the centre.
  static func read(_ text: String) -> String? {
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return token
  }
}
