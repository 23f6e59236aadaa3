import Foundation
import Model
import TestSupport
import Testing

@testable import GitOps

/// What goes wrong between a writer and its repository, with the real `git`.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct GitFaultTests {
  private func rendered(_ desired: DesiredPlacement...) -> [String: [UInt8]] {
    var memory = Memory()
    for placement in desired { memory.settle(placement, at: Fixtures.start) }
    return memory.files
  }

  @Test func `a push that another writer overtakes is made again upon what that one wrote`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      // Before our first push, somebody else's comes in between.
      let other = "\(remote.folder)/other"
      let program = try await remote.wrapper(
        on: "push",
        """
        if mkdir '\(remote.folder)/once' 2>/dev/null; then
          unset GIT_DIR
          (cd / && "$GIT" clone --quiet '\(remote.path)' '\(other)' && cd '\(other)' && echo x > between.txt &&
            "$GIT" add . && "$GIT" -c user.name=o -c user.email=o commit --quiet -m between &&
            GIT_ALLOW_PROTOCOL=file "$GIT" push --quiet origin HEAD:main) >/dev/null 2>&1
          GIT_DIR='\(remote.folder)/clone/regie.git'; export GIT_DIR
        fi
        """)
      try await Rig.with(remote, program: program) { rig in
        await rig.write(try Fixtures.desired())
        let news = await rig.wait { $0.health?.head != nil }
        #expect(news.faults == [], "a race is nothing to tell of")
      }
      #expect(
        try await remote.git("log", "--reverse", "--format=%s", "main").split(separator: "\n").dropFirst().first
          == "between")
      #expect(try await remote.count == 3)
      #expect(try await remote.files().filter { $0.key.hasPrefix("regie/") } == rendered(try Fixtures.desired()))
    }
  }

  @Test func `a branch that was put back unseen is not put forward again`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "first"])
      let first = try #require(await remote.head)
      try await remote.commit(["README.md": "second"])
      let configuration = try GitOpsConfiguration(
        url: remote.url, clone: "\(remote.folder)/clone", author: CommitAuthor(name: "x", email: "x"))
      var repository = GitRepository(configuration)
      let tree = try await repository.synchronize()
      let plan = Memory().plan([try Fixtures.desired()], at: Fixtures.start)
      let commit = try await repository.commit(plan.changes, onto: tree.head, at: Fixtures.start)
      try await remote.git("update-ref", "refs/heads/main", first)
      let onto = tree.head
      let pushing = repository
      await #expect { try await pushing.push(commit, onto: onto) } throws: { ($0 as? GitFailure)?.kind == .raced }
      #expect(await remote.head == first)
    }
  }

  @Test func `a clone that much was written to is made anew, also where the server takes nothing`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      let configuration = try GitOpsConfiguration(
        url: remote.url, clone: "\(remote.folder)/clone", author: CommitAuthor(name: "x", email: "x"))
      var repository = GitRepository(configuration)
      repository.writeLimit = 3
      let head = try await repository.synchronize().head
      let mark = "\(configuration.gitFolder)/mark"
      try Data().write(to: URL(fileURLWithPath: mark))
      let changes = Memory().plan([try Fixtures.desired()], at: Fixtures.start).changes
      // As where each push is refused: the branch stays where it is.
      for second in 1...2 {
        #expect(FileManager.default.fileExists(atPath: mark))
        _ = try await repository.commit(changes, onto: head, at: Fixtures.start + TimeInterval(second))
        let found = try await repository.synchronize().head
        #expect(found == head)
      }
      #expect(!FileManager.default.fileExists(atPath: mark))
      let commit = try await repository.commit(changes, onto: head, at: Fixtures.start)
      try await repository.push(commit, onto: head)
      #expect(await remote.head == commit)
    }
  }

  @Test func `a fetch that fails leaves nothing of what it had received, and is counted before the clone is made anew`()
    async throws
  {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      var configuration = try GitOpsConfiguration(
        url: remote.url, clone: "\(remote.folder)/clone", author: CommitAuthor(name: "x", email: "x"))
      let objects = "\(configuration.gitFolder)/objects"
      // As a Git that is ended while it receives a pack.
      configuration.program = try await remote.wrapper(on: "fetch", "touch '\(objects)/pack/tmp_pack_x' && exit 128\n")
      var repository = GitRepository(configuration)
      repository.writeLimit = 2
      let mark = "\(configuration.gitFolder)/mark"
      for attempt in 1...3 {
        do {
          _ = try await repository.synchronize()
          Issue.record("it came through")
        } catch let failure as GitFailure {
          #expect(failure.operation == "fetch", "\(failure)")
        }
        let left = try FileManager.default.subpathsOfDirectory(atPath: objects).filter { $0.contains("tmp_") }
        #expect(left == [], "attempt \(attempt)")
        #expect(FileManager.default.fileExists(atPath: mark) == (attempt == 2), "attempt \(attempt)")
        if attempt == 1 { try Data().write(to: URL(fileURLWithPath: mark)) }
      }
    }
  }

  @Test func `a branch that was taken away unseen is not made again`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      let configuration = try GitOpsConfiguration(
        url: remote.url, clone: "\(remote.folder)/clone", author: CommitAuthor(name: "x", email: "x"))
      var repository = GitRepository(configuration)
      let tree = try await repository.synchronize()
      let plan = Memory().plan([try Fixtures.desired()], at: Fixtures.start)
      let commit = try await repository.commit(plan.changes, onto: tree.head, at: Fixtures.start)
      try await remote.git("update-ref", "-d", "refs/heads/main")
      let onto = tree.head
      let pushing = repository
      await #expect { try await pushing.push(commit, onto: onto) } throws: { ($0 as? GitFailure)?.kind == .raced }
      #expect(await remote.head == nil)
    }
  }

  @Test func `history that somebody rewrote by force gets back what is wanted, and no more`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      let before = try #require(await remote.head)
      let desired = try Fixtures.desired()
      try await Rig.with(remote) { rig in
        await rig.write(desired)
        try await remote.git("update-ref", "refs/heads/main", before)
        try await remote.commit(["README.md": "rewritten"], force: true)
        rig.forget()
        await rig.writer.refresh()
        await rig.wait(.written, for: desired)
      }
      #expect(try await remote.count == 3)
      let files = try await remote.files()
      #expect(files["README.md"] == Array("rewritten".utf8))
      #expect(files.filter { $0.key.hasPrefix("regie/") } == rendered(desired))
    }
  }

  @Test func `a repository that is away is told, and written when it is back`() async throws {
    try await Remote.with { remote in
      let desired = try Fixtures.desired()
      let away = "\(remote.folder)/away"
      try await Rig.with(remote) { rig in
        await rig.write(desired)
        try FileManager.default.moveItem(atPath: remote.path, toPath: away)
        await rig.writer.take(try Fixtures.desired(revision: 2))
        let news = await rig.wait { $0.health?.fault != nil }
        #expect(news.health?.fault?.kind == .notFound)
        #expect(news.standings[desired.placement] == .pending)
        try FileManager.default.moveItem(atPath: away, toPath: remote.path)
        await rig.writer.refresh()
        let after = await rig.wait { $0.health?.fault == nil && $0.health?.head != nil }
        #expect(after.standings[desired.placement] == .written)
      }
      #expect(try await remote.files() == rendered(try Fixtures.desired(revision: 2)))
    }
  }

  @Test func `a clone that was damaged, or left in the middle of something, is made anew`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      let clone = "\(remote.folder)/clone/regie.git"
      try await Rig.with(remote) { rig in
        var revision: Int64 = 1
        await rig.write(try Fixtures.desired(revision: revision))
        for damage in ["objects", "HEAD", "config", "refs"] {
          try FileManager.default.removeItem(atPath: "\(clone)/\(damage)")
          try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(clone)/\(damage)"))
          revision += 1
          // There is something to fetch, too.
          try await remote.commit(["README.md": "\(revision)"])
          await rig.write(try Fixtures.desired(revision: revision))
          #expect(try await remote.count == Int(revision) * 2, "\(damage)")
        }
        // A git that was killed leaves its locks behind.
        for lock in ["shallow.lock", "refs/regie/seen.lock", "refs/regie/next.lock"] {
          try Data().write(to: URL(fileURLWithPath: "\(clone)/\(lock)"))
          revision += 1
          try await remote.commit(["README.md": "\(revision)"])
          await rig.write(try Fixtures.desired(revision: revision))
          #expect(try await remote.count == Int(revision) * 2, "\(lock)")
        }
      }
    }
  }

  @Test func `a life that ends between commit and push leaves nothing that the next one can not mend`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      let reached = "\(remote.folder)/reached"
      let program = try await remote.wrapper(
        on: "push", "mkfifo '\(reached)' 2>/dev/null; echo x > '\(reached)'; sleep 600")
      let desired = try Fixtures.desired()
      try await ChildProcess.run("/usr/bin/mkfifo", [reached])
      try await Rig.with(remote, program: program) { rig in
        await rig.writer.take(desired)
        // Comes back once a push has begun; then the writer is ended.
        _ = try await ChildProcess.run("/bin/cat", [reached])
      }
      #expect(try await remote.count == 1, "it was not pushed")
      try await Rig.with(remote) { rig in await rig.write(desired) }
      #expect(try await remote.count == 2)
      #expect(try await remote.files().filter { $0.key.hasPrefix("regie/") } == rendered(desired))
    }
  }

  @Test func `a push that came through although it failed is not made twice`() async throws {
    try await Remote.with { remote in
      let once = "\(remote.folder)/once"
      let program = try await remote.wrapper(
        on: "push",
        "if mkdir '\(once)' 2>/dev/null; then \"$GIT\" \"$@\"; echo 'fatal: the remote end hung up unexpectedly' >&2; exit 128; fi"
      )
      try await Rig.with(remote, program: program) { rig in
        await rig.writer.take(try Fixtures.desired())
        let news = await rig.wait { $0.health?.fault != nil }
        #expect(news.health?.fault?.kind == .unreachable)
        await rig.writer.refresh()
        await rig.wait(.written, for: try Fixtures.desired())
      }
      #expect(try await remote.count == 1)
    }
  }

  @Test func `two agents at once with the same states make each commit once`() async throws {
    try await Remote.with { remote in
      let desired = try (1...6).map { try Fixtures.desired($0) }
      try await Rig.with(remote, clone: "a") { left in
        try await Rig.with(remote, clone: "b") { right in
          for placement in desired {
            await left.writer.take(placement)
            await right.writer.take(placement)
          }
          for rig in [left, right] {
            await rig.wait { news in desired.allSatisfy { news.standings[$0.placement] == .written } }
          }
        }
      }
      #expect(try await remote.count == desired.count)
      let expected = desired.reduce(into: [:]) { files, placement in
        files.merge(rendered(placement)) { first, _ in first }
      }
      #expect(try await remote.files() == expected)
    }
  }

  @Test func `an agent that is behind does not undo what another wrote`() async throws {
    try await Remote.with { remote in
      let new = try Fixtures.desired(revision: 3, epoch: 2)
      let old = try Fixtures.desired(revision: 9, epoch: 1)
      try await Rig.with(remote, clone: "a") { rig in await rig.write(new) }
      try await Rig.with(remote, clone: "b") { rig in
        await rig.writer.take(old)
        await rig.wait(.superseded(by: PlacementVersion(epoch: 2, revision: 3)), for: old)
      }
      #expect(try await remote.files() == rendered(new))
    }
  }

  @Test func `a hook that refuses is told in its own words`() async throws {
    try await Remote.with { remote in
      let hook = "\(remote.path)/hooks/pre-receive"
      try await ChildProcess.install("#!/bin/sh\necho 'only on Mondays' >&2\nexit 1\n", at: hook)
      try await Rig.with(remote) { rig in
        await rig.writer.take(try Fixtures.desired())
        let fault = try #require(await rig.wait { $0.health?.fault != nil }.health?.fault)
        #expect(fault.kind == .refused)
        #expect(fault.message.contains("pre-receive hook declined") && fault.message.contains("only on Mondays"))
        try FileManager.default.removeItem(atPath: hook)
        await rig.writer.refresh()
        await rig.wait(.written, for: try Fixtures.desired())
      }
    }
  }

  @Test func `hooks that lie in the clone play no part`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      try await Rig.with(remote) { rig in
        await rig.write(try Fixtures.desired())
        let clone = "\(remote.folder)/clone/regie.git"
        try FileManager.default.createDirectory(atPath: "\(clone)/hooks", withIntermediateDirectories: true)
        for hook in ["pre-push", "reference-transaction", "post-update"] {
          let path = "\(clone)/hooks/\(hook)"
          try await ChildProcess.install("#!/bin/sh\ntouch '\(remote.folder)/ran'\nexit 1\n", at: path)
        }
        await rig.write(try Fixtures.desired(revision: 2))
      }
      #expect(!FileManager.default.fileExists(atPath: "\(remote.folder)/ran"))
    }
  }

  @Test func `settings that a life finds in the clone's place play no part`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      let git = try #require(ChildProcess.locate("git"))
      let clone = "\(remote.folder)/clone"
      let elsewhere = "\(remote.folder)/elsewhere.git"
      let ran = "\(remote.folder)/ran"
      try FileManager.default.createDirectory(
        atPath: clone, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try await ChildProcess.run(git, ["init", "--quiet", "--bare", elsewhere])
      var revision: Int64 = 0
      for setting in [
        ["url.file://\(elsewhere).insteadOf", remote.url], ["core.alternateRefsCommand", "touch '\(ran)'; :"],
      ] {
        try await ChildProcess.run(git, ["init", "--quiet", "--bare", "\(clone)/regie.git"])
        try await ChildProcess.run(git, ["--git-dir=\(clone)/regie.git", "config"] + setting)
        let alternates = URL(fileURLWithPath: "\(clone)/regie.git/objects/info/alternates")
        try Data("\(elsewhere)/objects\n".utf8).write(to: alternates)
        revision += 1
        let desired = try Fixtures.desired(revision: revision)
        try await Rig.with(remote) { rig in await rig.write(desired) }
        #expect(try await remote.count == Int(revision) + 1, "\(setting)")
      }
      #expect(!FileManager.default.fileExists(atPath: ran))
    }
  }
}
