import Dispatch
import Foundation
import Logging

/// A token kept in a file that someone else rotates.
actor TokenFile {
  private let path: String
  private let refresh: Duration
  private var token: String?
  private var freshUntil: ContinuousClock.Instant?
  private var trouble: RenewalTrouble

  /// - Parameter logger: Told why it can not be read again.
  init(path: String, refresh: Duration, logger: Logger) {
    self.path = path
    self.refresh = refresh
    trouble = RenewalTrouble(
      "the token can not be read again, and stays the one of before", files: path, logger: logger)
  }

  /// The token; read again when what is known is older than `refresh`.
  ///
  /// While a file is being replaced it may be missing for a moment: the last token is then used on, and the log says why.
  func current() async throws -> String {
    if let token, let freshUntil, ContinuousClock.now < freshUntil { return token }
    do {
      let read = try await Self.read(path)
      token = read
      freshUntil = .now + refresh
      trouble.end()
      return read
    } catch {
      guard let token else { throw error }
      trouble.note(error)
      return token
    }
  }

  /// Forgets how fresh the token is: the server refused it.
  func suspect() { freshUntil = nil }

  /// Files block, so this happens off the cooperative pool.
  private static func read(_ path: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try contents(of: path) })
      }
    }
  }

  private static func contents(of path: String) throws -> String {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    guard !text.allSatisfy(\.isWhitespace) else {
      throw ConfigurationError(source: path, problem: "missing or empty; wants a bearer token")
    }
    guard let token = BearerToken.read(text) else {
      throw ConfigurationError(source: path, problem: "holds something else; wants \(BearerToken.accepted)")
    }
    return token
  }
}
