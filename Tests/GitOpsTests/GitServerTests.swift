import Foundation
import NIOConcurrencyHelpers
import NIOHTTP1
import TestSupport
import Testing

@testable import GitOps

/// What servers answer over HTTP, and what they and others get to see of a token.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct GitServerTests {
  private let token = "s3cret-\(UUID().uuidString)"

  private func repository(
    _ remote: Remote, url: String, program: String = "git", deadline: Duration = .seconds(60)
  ) throws -> GitRepository {
    let file = "\(remote.folder)/token"
    try Data("\(token)\n".utf8).write(to: URL(fileURLWithPath: file))
    var configuration = try GitOpsConfiguration(
      url: url, clone: "\(remote.folder)/clone", credential: .token(user: "regie", file: file),
      author: CommitAuthor(name: "x", email: "x"))
    configuration.program = program
    configuration.networkDeadline = deadline
    return GitRepository(configuration)
  }

  private func failure(_ repository: GitRepository) async throws -> GitFailure {
    var repository = repository
    do {
      _ = try await repository.synchronize()
    } catch let failure as GitFailure {
      return failure
    }
    throw GitFailure(kind: .other, operation: "synchronize", message: "it came through")
  }

  @Test(arguments: [
    (HTTPResponseStatus.unauthorized, GitFailure.Kind.unauthenticated), (.forbidden, .forbidden),
    (.notFound, .notFound), (.serviceUnavailable, .unreachable), (.badGateway, .unreachable),
    (.tooManyRequests, .unreachable),
  ])
  func `what a server answers is told from a network that is down`(status: HTTPResponseStatus, kind: GitFailure.Kind)
    async throws
  {
    try await Remote.with { remote in
      try await StubGitServer.with(status) { server in
        let failure = try await failure(try repository(remote, url: server.url))
        #expect(failure.kind == kind, "\(failure)")
        #expect(!"\(failure)".contains(token))
      }
    }
  }

  @Test func `a server that is not there is unreachable, and one that is silent takes too long`() async throws {
    try await Remote.with { remote in
      let nobody = try repository(remote, url: "http://127.0.0.1:1/zone.git")
      #expect(try await failure(nobody).kind == .unreachable)
      try await StubGitServer.with(nil) { server in
        let silent = try repository(remote, url: server.url, deadline: .seconds(2))
        #expect(try await failure(silent).kind == .timeout)
      }
    }
  }

  @Test func `the token goes from its file to the server, by no command line, environment, setting or message`()
    async throws
  {
    try await Remote.with { remote in
      let seen = "\(remote.folder)/seen"
      let program = try await remote.wrapper(
        on: "any", "printf '%s\\n' \"$@\" >> '\(seen)'; tr '\\0' '\\n' < /proc/self/environ >> '\(seen)'")
      try await StubGitServer.with(.unauthorized) { server in
        let first = try await failure(try repository(remote, url: server.url, program: program))
        #expect(first.kind == .unauthenticated)
        let basic = "Basic " + Data("regie:\(token)".utf8).base64EncodedString()
        #expect(server.authorizations.contains(basic))
        let notes = try String(contentsOfFile: seen, encoding: .utf8)
        #expect(notes.contains("ls-remote") && notes.contains("GITOPS_TOKEN_FILE"))
        #expect(!notes.contains(token) && !"\(first)".contains(token))
      }
      let kept = try FileManager.default.subpathsOfDirectory(atPath: remote.folder).filter { path in
        path != "token"
          && FileManager.default.contents(atPath: "\(remote.folder)/\(path)")?.range(of: Data(token.utf8)) != nil
      }
      #expect(kept == [])
    }
  }

  @Test func `whoever sends elsewhere is not followed, and says so`() async throws {
    try await Remote.with { remote in
      try await StubGitServer.with(.unauthorized) { other in
        try await StubGitServer.with(.movedPermanently, to: other) { server in
          let failure = try await failure(try repository(remote, url: server.url))
          #expect(failure.message.contains("301"), "\(failure)")
          #expect(server.authorizations.count == 1)
        }
        #expect(other.authorizations.isEmpty, "nobody went there")
      }
    }
  }

  @Test func `the token is for the repository's own scheme, host and port`() async throws {
    try await Remote.with { remote in
      let file = "\(remote.folder)/token"
      try Data("\(token)\n".utf8).write(to: URL(fileURLWithPath: file))
      let configuration = try GitOpsConfiguration(
        url: "https://git.example:8443/zone.git", clone: "\(remote.folder)/clone",
        credential: .token(user: "regie", file: file), author: CommitAuthor(name: "x", email: "x"))
      let git = GitProgram(program: "git", variables: GitEnvironment.variables(for: configuration))
      #expect(try await isGivenToken(git, "https", "git.example:8443"))
      for host in ["git.example", "git.example:8444", "other.git.example:8443", "git.example.org:8443"] {
        #expect(try await !isGivenToken(git, "https", host), "\(host)")
      }
      #expect(try await !isGivenToken(git, "http", "git.example:8443"))
    }
  }

  /// Whether `git` gets the token where a server wants a password.
  private func isGivenToken(_ git: GitProgram, _ scheme: String, _ host: String) async throws -> Bool {
    let question = Array("protocol=\(scheme)\nhost=\(host)\n\n".utf8)
    let answer = try await git.run(["credential", "fill"], input: question, deadline: .seconds(60))
    return String(decoding: answer.output, as: UTF8.self).contains("password=\(token)\n")
  }

  @Test func `a token that was rotated counts at once`() async throws {
    try await Remote.with { remote in
      try await StubGitServer.with(.unauthorized) { server in
        let repository = try repository(remote, url: server.url)
        _ = try await failure(repository)
        try Data("another".utf8).write(to: URL(fileURLWithPath: "\(remote.folder)/token"))
        _ = try await failure(repository)
        #expect(server.authorizations.last == "Basic " + Data("regie:another".utf8).base64EncodedString())
      }
    }
  }
}
