/// Why something with the repository did not work.
public struct GitFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind; its raw value is the condition's reason and the metric's label.
  public enum Kind: String, Sendable, CaseIterable {
    /// Another writer was faster.
    case raced = "PushRaced"
    /// The local clone is not what Git expects.
    case corrupted = "CloneCorrupted"
    /// The server does not take our credentials, or there are none.
    case unauthenticated = "GitUnauthenticated"
    /// The server knows us and does not let us.
    case forbidden = "GitForbidden"
    /// Somebody else may put something in the clone's place.
    case unsafeFolder = "CloneFolderUnsafe"
    /// We do not trust the server's key or certificate.
    case untrusted = "GitServerUntrusted"
    /// There is no such repository.
    case notFound = "RepositoryNotFound"
    /// The server refuses the commit: a hook, or a protected branch.
    case refused = "PushRefused"
    /// A file that is not Régie's stands where its path has to be.
    case obstructed = "PathObstructed"
    /// The server does not answer, or answers with a fault of its own.
    case unreachable = "GitUnreachable"
    /// It took too long and was ended.
    case timeout = "GitTimeout"
    /// The program `git` can not be run.
    case missing = "GitMissing"
    /// Anything else.
    case other = "GitFailed"

    /// Whether trying again soon is useless until a person acts.
    var isPermanent: Bool {
      switch self {
      case .unauthenticated, .forbidden, .untrusted, .notFound, .refused, .obstructed, .unsafeFolder, .missing, .other:
        true
      case .raced, .corrupted, .unreachable, .timeout: false
      }
    }
  }

  /// The kind.
  public var kind: Kind
  /// What was tried, such as `fetch`.
  public var operation: String
  /// What Git said, cut where it is long.
  public var message: String

  /// Characters kept of what Git or a server says.
  static let longestMessage = 1024

  /// A failure.
  public init(kind: Kind, operation: String, message: String) {
    self.kind = kind
    self.operation = operation
    self.message =
      message.count > Self.longestMessage ? message.prefix(Self.longestMessage) + "…" : message
  }

  /// `GitUnreachable: fetch: …`.
  public var description: String { "\(kind.rawValue): \(operation): \(message)" }
}
