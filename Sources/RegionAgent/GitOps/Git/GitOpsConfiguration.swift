public import Foundation

/// Where and how a writer writes.
public struct GitOpsConfiguration: Sendable, Hashable {
  /// The repository.
  public let url: String
  /// The branch.
  public let branch: String
  /// Régie's own path in it.
  public let path: String
  /// The folder for this writer's clone, which is made below it. It is this user's, and nobody else may write to it. The
  /// clone is a cache: it may be lost at any time, and each life makes it anew.
  public internal(set) var clone: String
  /// By what the server knows us.
  public let credential: GitCredential
  /// PEM file of the authorities that the server's certificate may come from; nil for the system's.
  public let authorities: String?
  /// Who commits.
  public let author: CommitAuthor
  /// Seconds between looks at the branch.
  public var pollInterval: TimeInterval = 60
  /// Seconds between a removal's two steps: Argo CD must have taken off the Namespace's protection by then.
  public var namespaceDelay: TimeInterval = 3600
  /// How long a step over the network may take.
  public var networkDeadline: Duration = .seconds(120)
  /// How long a step in the clone may take.
  public var localDeadline: Duration = .seconds(60)
  /// The program, looked up in `PATH` unless it has a slash.
  public var program = "git"

  /// A configuration.
  ///
  /// - Throws: ``GitOpsInputError`` for what Git would misunderstand, or what would send a credential in the open.
  public init(
    url: String, branch: String = "main", path: String = "regie", clone: String, credential: GitCredential = .none,
    authorities: String? = nil, author: CommitAuthor
  ) throws(GitOpsInputError) {
    try Self.check(url, credential)
    guard Self.isBranch(branch) else {
      throw GitOpsInputError(
        field: "branch", found: branch, accepted: "letters, digits, ., _, - and / as Git takes them, such as main")
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.isEmpty, parts.allSatisfy(FileName.isSafe) else {
      throw GitOpsInputError(
        field: "path", found: path,
        accepted: "folders of lower-case letters, digits, - and ., such as regie or zone/regie")
    }
    guard clone.hasPrefix("/") else {
      throw GitOpsInputError(field: "clone", found: clone, accepted: "an absolute path")
    }
    self.url = url
    self.branch = branch
    self.path = path
    self.clone = clone
    self.credential = credential
    self.authorities = authorities
    self.author = author
  }

  /// The clone itself: it is thrown away when it is damaged, and nothing beside it ever is.
  var gitFolder: String { "\(clone)/regie.git" }

  /// The one protocol that Git may speak.
  var scheme: String { Self.scheme(of: url) ?? "" }

  /// The server that the credential is for: scheme, host and port.
  var origin: Substring {
    let host = url.firstRange(of: "://")?.upperBound ?? url.startIndex
    return url[..<(url[host...].firstIndex(of: "/") ?? url.endIndex)]
  }

  private static func scheme(of url: String) -> String? {
    url.firstRange(of: "://").map { String(url[..<$0.lowerBound]) }
  }

  private static func check(_ url: String, _ credential: GitCredential) throws(GitOpsInputError) {
    let accepted =
      "https://host/path or ssh://user@host/path, without a password; file:///path and, on loopback, http://"
    // What does not parse is not shown: it may hold a password.
    let refused = GitOpsInputError(field: "url", found: URL(string: url)?.host() ?? "…", accepted: accepted)
    guard url.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }), let parsed = URL(string: url),
      parsed.password == nil, parsed.query == nil, parsed.fragment == nil, parsed.path.count > 1
    else { throw refused }
    switch (scheme(of: url), credential) {
    case ("https", .none), ("https", .token): guard parsed.user == nil else { throw refused }
    case ("http", .none), ("http", .token):
      guard parsed.user == nil, ["127.0.0.1", "::1", "localhost"].contains(parsed.host()) else { throw refused }
    case ("ssh", .sshKey): guard parsed.host()?.isEmpty == false else { throw refused }
    case ("file", .none): break
    case ("ssh", _), ("https", _), ("http", _), ("file", _):
      throw GitOpsInputError(
        field: "credential", found: "one of another kind than the URL", accepted: "a token for https, a key for ssh")
    default: throw refused
    }
    if case .token(let user, _) = credential, user.isEmpty || user.contains(where: \.isNewline) {
      throw GitOpsInputError(field: "user", found: user, accepted: "a name of one line")
    }
  }

  private static func isBranch(_ name: String) -> Bool {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")
    return name.allSatisfy(allowed.contains) && !name.hasPrefix("-") && !name.contains("..") && name.utf8.count <= 200
      && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".") && !$0.hasSuffix(".lock")
      }
  }
}
