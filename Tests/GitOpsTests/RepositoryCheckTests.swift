import Foundation
import TestSupport
import Testing

@testable import GitOps

/// What `region-agent --check` asks of a repository, with real git.
@Suite(.timeLimit(.minutes(2)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct RepositoryCheckTests {
  private func configuration(_ remote: Remote, url: String? = nil) throws -> GitOpsConfiguration {
    try GitOpsConfiguration(
      url: url ?? remote.url, clone: "\(remote.folder)/clone",
      author: CommitAuthor(name: "Régie", email: "regie@example.org"))
  }

  @Test(arguments: ["sha1", "sha256"])
  func `a branch that is there and one that is not are told, and nothing is changed`(objectFormat: String) async throws
  {
    try await Remote.with(objectFormat: objectFormat) { remote in
      if objectFormat == "sha1" {
        let empty = await RepositoryCheck(try configuration(remote)).run()
        #expect(empty.map(\.isGood) == [true, true] && empty[0].detail.hasPrefix("not there yet"))
        #expect(await remote.head == nil)
      }
      try await remote.commit(["theirs": "theirs"])
      let head = try #require(await remote.head)
      let found = await RepositoryCheck(try configuration(remote)).run()
      #expect(found.map(\.check) == ["branch main", "push"] && found.map(\.isGood) == [true, true], "\(found)")
      #expect(found[0].detail == "at \(head)")
      #expect(await remote.head == head)
      #expect(!FileManager.default.fileExists(atPath: "\(remote.folder)/clone"), "the writer's clone is left alone")
    }
  }

  @Test func `a repository that is not there is told, and a push not tried`() async throws {
    try await Remote.with { remote in
      let found = await RepositoryCheck(try configuration(remote, url: "file://\(remote.folder)/none.git")).run()
      #expect(found.map(\.isGood) == [false, false])
      #expect(found[0].detail.contains("RepositoryNotFound") && found[1].detail == "not asked")
    }
  }

  @Test func `a server that lets us read and not write is told`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["theirs": "theirs"])
      let program = "\(remote.folder)/git"
      let git = try #require(ChildProcess.locate("git"))
      let script = """
        #!/bin/sh
        if [ "$1" = push ]; then
          [ "$2" = --dry-run ] || echo "a real push" >&2
          echo "fatal: unable to access 'https://git.example/': The requested URL returned error: 403" >&2
          exit 128
        fi
        exec \(git) "$@"

        """
      try await ChildProcess.install(script, at: program)
      var configuration = try configuration(remote)
      configuration.program = program
      let found = await RepositoryCheck(configuration).run()
      #expect(found.map(\.isGood) == [true, false])
      #expect(found[1].detail.contains("GitForbidden") && !found[1].detail.contains("a real push"), "\(found)")
    }
  }
}
