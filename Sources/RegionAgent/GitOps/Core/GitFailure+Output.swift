extension GitFailure {
  /// A failure as Git words it in English.
  ///
  /// Git tells kinds of failure apart by words alone. What several of them share (“Could not read from remote
  /// repository”) is looked at last.
  init(operation: String, output: String) {
    let text = output.lowercased()
    let kind = Self.signs.first { sign in sign.words.contains { text.contains($0) } }?.kind ?? .other
    self.init(kind: kind, operation: operation, message: Self.oneLine(output))
  }

  /// What was printed, on one line.
  static func oneLine(_ output: String) -> String {
    output.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix("remote: ") }.joined(separator: " · ")
  }

  /// What a push was answered, by its porcelain lines: `!`, the refs, and why in brackets.
  init?(pushOutput: String) {
    guard let line = pushOutput.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("!") }) else {
      return nil
    }
    let answer = line.split(separator: "\t").last.map(String.init) ?? String(line)
    let text = answer.lowercased()
    let isRace =
      text.hasPrefix("[rejected]")
      || Self.races.contains { text.contains($0) }
    self.init(kind: isRace ? .raced : .refused, operation: "push", message: answer)
  }

  /// The server's own words for a branch that moved under the push.
  private static let races = [
    "failed to update ref", "cannot lock ref", "incorrect old value", "fetch first", "non-fast-forward", "stale info",
    "reference already exists",
  ]

  private static let signs: [(kind: Kind, words: [String])] = [
    (
      .untrusted,
      [
        "host key verification failed", "certificate verif", "ssl certificate problem", "server certificate",
        "unable to get local issuer",
      ]
    ),
    (
      .unauthenticated,
      [
        "authentication failed", "could not read username", "could not read password", "terminal prompts disabled",
        "permission denied (", "returned error: 401", "invalid credentials", "too many authentication failures",
        "load key",
      ]
    ),
    (.forbidden, ["returned error: 403", "access denied", "not allowed to", "permission to ", "write access"]),
    (
      .corrupted,
      [
        "object file", "is corrupt", "loose object", "bad object", "missing blob", "missing tree", "missing commit",
        ".lock': file exists", "not a valid object", "unable to read tree", "bad pack header", "packfile",
        "index file corrupt", "bad config", "not a git repository: '", "mismatched algorithms", "bad ref",
        "could not parse commit", "invalid object", "unable to read sha1", "shallow file has changed",
        "not a valid commit", "not a tree object", "unable to open object pack",
      ]
    ),
    (
      .unreachable,
      [
        "could not resolve host", "couldn't connect", "failed to connect", "connection refused", "connection timed out",
        "operation timed out", "connection reset", "connection closed", "no route to host", "network is unreachable",
        "hung up unexpectedly", "early eof", "unexpected disconnect", "rpc failed", "returned error: 5",
        "returned error: 429", "operation too slow", "empty reply from server", "kex_exchange_identification",
      ]
    ),
    (
      .notFound,
      ["does not appear to be a git repository", "returned error: 404", "not found", "does not exist", "no such file"]
    ),
    (.unauthenticated, ["correct access rights"]),
    (.unreachable, ["could not read from remote repository"]),
  ]
}
