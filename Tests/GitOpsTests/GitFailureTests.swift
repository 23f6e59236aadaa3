import Testing

@testable import GitOps

/// Git tells failures apart by words alone; these are its own.
struct GitFailureTests {
  @Test(arguments: [
    ("fatal: Authentication failed for 'https://git.example/zone.git/'", GitFailure.Kind.unauthenticated),
    ("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://git.example/x'", .unauthenticated),
    ("fatal: could not read Username for 'https://git.example': terminal prompts disabled", .unauthenticated),
    (
      "git@git.example: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
      .unauthenticated
    ),
    ("Load key \"/keys/id\": Permission denied\nfatal: Could not read from remote repository.", .unauthenticated),
    (
      "fatal: unable to access 'https://git.example/x/': The requested URL returned error: 403", .forbidden
    ),
    (
      "remote: You are not allowed to push code to this project.\nfatal: unable to access 'https://git.example/x/': The requested URL returned error: 403",
      .forbidden
    ),
    ("Host key verification failed.\nfatal: Could not read from remote repository.", .untrusted),
    (
      "fatal: unable to access 'https://git.example/x/': server certificate verification failed. CAfile: none CRLfile: none",
      .untrusted
    ),
    (
      "fatal: unable to access 'https://git.example/x/': SSL certificate problem: unable to get local issuer certificate",
      .untrusted
    ),
    ("fatal: unable to access 'https://git.example/x/': Could not resolve host: git.example", .unreachable),
    (
      "fatal: unable to access 'https://127.0.0.1:1/x/': Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server",
      .unreachable
    ),
    (
      "ssh: connect to host git.example port 22: Connection refused\nfatal: Could not read from remote repository.",
      .unreachable
    ),
    ("ssh: connect to host git.example port 22: Connection timed out", .unreachable),
    ("fatal: the remote end hung up unexpectedly", .unreachable),
    ("error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502", .unreachable),
    ("fatal: unable to access 'https://git.example/x/': The requested URL returned error: 503", .unreachable),
    (
      "fatal: '/nowhere' does not appear to be a git repository\nfatal: Could not read from remote repository.",
      .notFound
    ),
    ("remote: Repository not found.\nfatal: repository 'https://git.example/x/' not found", .notFound),
    ("fatal: not a git repository: '/clone'", .corrupted),
    ("error: object file ./objects/ab/cd is empty\nfatal: loose object abcd (stored in …) is corrupt", .corrupted),
    ("fatal: Unable to create '/clone/shallow.lock': File exists.", .corrupted),
    ("fatal: bad object refs/regie/seen", .corrupted),
    ("something nobody foresaw", .other),
  ])
  func `what Git says is sorted by what can be done about it`(output: String, kind: GitFailure.Kind) {
    #expect(GitFailure(operation: "fetch", output: output).kind == kind)
  }

  @Test(arguments: [
    ("!\tabc:refs/heads/main\t[rejected] (stale info)", GitFailure.Kind.raced),
    ("!\tabc:refs/heads/main\t[rejected] (fetch first)", .raced),
    ("!\tabc:refs/heads/main\t[rejected] (non-fast-forward)", .raced),
    ("!\tabc:refs/heads/main\t[remote rejected] (failed to update ref)", .raced),
    ("!\tabc:refs/heads/main\t[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)", .raced),
    ("!\tabc:refs/heads/main\t[remote rejected] (pre-receive hook declined)", .refused),
    ("!\tabc:refs/heads/main\t[remote rejected] (protected branch hook declined)", .refused),
  ])
  func `a push that lost a race is told from one that is refused`(line: String, kind: GitFailure.Kind) throws {
    let failure = try #require(GitFailure(pushOutput: "To https://git.example/x\n\(line)\nDone\n"))
    #expect(failure.kind == kind)
    #expect(failure.message.hasPrefix("["))
  }

  @Test func `a push that failed before refs were compared is no answer`() {
    #expect(GitFailure(pushOutput: "") == nil)
    #expect(GitFailure(pushOutput: "To x\n=\ta:b\t[up to date]\nDone\n") == nil)
  }

  @Test func `a long message is cut, with a mark`() {
    let failure = GitFailure(operation: "fetch", output: String(repeating: "x", count: 5_000))
    #expect(failure.message.count == GitFailure.longestMessage + 1 && failure.message.hasSuffix("…"))
  }
}
