import Foundation
import Model
import TestSupport
import Testing

@testable import GitOps

/// The whole writer with the real `git` and bare repositories.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct GitOpsWriterTests {
  private static func folder(_ desired: DesiredPlacement) -> String { "regie/\(desired.cluster)/\(desired.id)" }

  /// What the repository must hold of a placement, by path.
  private func rendered(_ desired: DesiredPlacement...) -> [String: [UInt8]] {
    var memory = Memory()
    for placement in desired { memory.settle(placement, at: Fixtures.start) }
    return memory.files
  }

  @Test func `a repository of SHA-256 is as good, once it has its branch`() async throws {
    try await Remote.with(objectFormat: "sha256") { remote in
      try await remote.commit(["README.md": "theirs"])
      let desired = try Fixtures.desired()
      try await Rig.with(remote) { rig in await rig.write(desired) }
      try await Rig.with(remote) { rig in await rig.write(desired) }
      #expect(try await remote.count == 2)
      #expect(try await remote.files().filter { $0.key != "README.md" } == rendered(desired))
    }
  }

  @Test func `the first commit makes the branch, and names author, decision, revision and placement`() async throws {
    try await Remote.with { remote in
      let desired = try Fixtures.desired(revision: 7, epoch: 2)
      try await Rig.with(remote) { rig in
        await rig.write(desired)
        let log = try await remote.git(
          "log", "-1",
          "--format=%an|%ae|%cn|%at|%(trailers:key=Regie-Placement,valueonly,separator=)|%(trailers:key=Regie-Decision,valueonly,separator=)|%(trailers:key=Regie-Revision,valueonly,separator=)|%(trailers:key=Regie-Step,valueonly,separator=)",
          "main")
        #expect(
          log
            == "Régie z1|regie@example.org|Régie z1|1795000000|\(desired.id)|\(desired.decision.uuidString.lowercased())|2.7|place"
        )
      }
      #expect(try await remote.count == 1)
      #expect(try await remote.files() == rendered(desired))
      try await remote.git("fsck", "--strict")
    }
  }

  @Test func `what is written already is not committed again, by this life or the next`() async throws {
    try await Remote.with { remote in
      let desired = try Fixtures.desired()
      for clone in ["a", "a", "b"] {
        try await Rig.with(remote, clone: clone) { rig in
          await rig.write(desired)
          await rig.writer.take(desired)
          rig.forget()
          await rig.writer.take(try Fixtures.desired(2))
          await rig.wait(.written, for: try Fixtures.desired(2))
        }
      }
      #expect(try await remote.count == 2)
    }
  }

  @Test func `a change is one commit of what differs, upon what others committed`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs", "other/x.yaml": "theirs"])
      try await Rig.with(remote) { rig in
        await rig.write(try Fixtures.desired())
        try await remote.commit(["other/y.yaml": "theirs"])
        await rig.write(try Fixtures.desired(revision: 2, cpu: 8))
      }
      #expect(try await remote.count == 4)
      let changed = try await remote.git("diff", "--name-only", "main~1", "main").split(separator: "\n")
      let folder = Self.folder(try Fixtures.desired())
      #expect(
        changed.allSatisfy { $0.hasPrefix(folder) } && changed.contains("\(folder)/resourcequota-regie-quota.yaml"))
      #expect(!changed.contains("\(folder)/kustomization.yaml"))
      let files = try await remote.files()
      #expect(files["README.md"] == Array("theirs".utf8) && files["other/y.yaml"] == Array("theirs".utf8))
      #expect(
        files.filter { $0.key.hasPrefix("regie/") } == rendered(try Fixtures.desired(revision: 2, cpu: 8)))
    }
  }

  @Test func `several clusters of a zone share one repository`() async throws {
    try await Remote.with { remote in
      let desired = [try Fixtures.desired(1, cluster: "a"), try Fixtures.desired(2, cluster: "b")]
      try await Rig.with(remote) { rig in
        for placement in desired { await rig.writer.take(placement) }
        await rig.wait { news in news.standings.count == 2 && news.standings.values.allSatisfy { $0 == .written } }
      }
      #expect(try await remote.files() == rendered(desired[0], desired[1]))
    }
  }

  @Test func `a removal is two commits, the Namespace's the second, and foreign files stay`() async throws {
    try await Remote.with { remote in
      let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: Fixtures.start + 100)
      let folder = Self.folder(removed)
      try await Rig.with(remote) { rig in
        await rig.write(try Fixtures.desired())
        try await remote.commit(["\(folder)/theirs.yaml": "theirs"])
        await rig.writer.take(removed)
        await rig.wait(.waiting(until: Fixtures.start + 100), for: removed)
        #expect(try await remote.count == 2)

        await rig.advance(by: 100)
        await rig.wait(.emptied(until: Fixtures.start + 3700), for: removed)
        #expect(try await remote.count == 3)
        let names = [
          "kustomization.yaml", "namespace.yaml", "placement.json", "resourcequota-regie-quota.yaml", "theirs.yaml",
        ]
        #expect(try await remote.paths == names.map { "\(folder)/\($0)" })

        await rig.advance(by: 3600)
        let news = await rig.wait(.removed, for: removed)
        #expect(news.health?.foreign == ["\(folder)/theirs.yaml"] || news.health?.foreign == nil)
        #expect(try await remote.count == 4)
        #expect(try await remote.paths == ["\(folder)/theirs.yaml"])
        let steps = try await remote.git(
          "log", "--reverse", "--format=%(trailers:key=Regie-Step,valueonly,separator=)", "main")
        #expect(steps.split(separator: "\n") == ["place", "empty", "remove"])
      }
    }
  }

  @Test func `a next life carries on a removal where the last one stopped`() async throws {
    try await Remote.with { remote in
      let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: Fixtures.start)
      try await Rig.with(remote) { rig in
        await rig.write(try Fixtures.desired())
        await rig.writer.take(removed)
        await rig.wait(.emptied(until: Fixtures.start + 3600), for: removed)
      }
      try await Rig.with(remote, clone: "other", at: Fixtures.start + 3599) { rig in
        await rig.writer.take(removed)
        await rig.wait(.emptied(until: Fixtures.start + 3600), for: removed)
        await rig.advance(by: 1)
        await rig.wait(.removed, for: removed)
      }
      #expect(try await remote.count == 3)
    }
  }

  @Test func `foreign files and unknown folders are told and left`() async throws {
    try await Remote.with { remote in
      let desired = try Fixtures.desired()
      let foreign = ["regie/notes.md", "\(Self.folder(desired))/extra.yaml"]
      let unknown = "regie/idf-usuel-1/\(Fixtures.id(99).uuidString.lowercased())"
      try await remote.commit([foreign[0]: "x", foreign[1]: "x", "\(unknown)/namespace.yaml": "x"])
      try await Rig.with(remote) { rig in
        await rig.writer.take(desired)
        let news = await rig.wait { $0.health?.head != nil }
        #expect(news.health?.foreign == foreign.sorted())
        #expect(news.health?.unknownFolders == [unknown])
      }
      #expect(Set(try await remote.paths).isSuperset(of: foreign + ["\(unknown)/namespace.yaml"]))
    }
  }

  @Test func `what stands in the place of a record and can be none holds up nobody`() async throws {
    try await Remote.with { remote in
      let desired = try Fixtures.desired()
      let ours = "\(Self.folder(desired))/placement.json"
      let unknown = (98...99).map { "regie/idf-usuel-1/\(Fixtures.id($0).uuidString.lowercased())" }
      let long = String(repeating: "x", count: PlacementRecord.longest + 1)
      try await remote.commit(
        ["\(unknown[0])/placement.json": long], submodules: [ours, "\(unknown[1])/placement.json"])
      let configuration = try GitOpsConfiguration(
        url: remote.url, clone: "\(remote.folder)/other", author: CommitAuthor(name: "x", email: "x"))
      var repository = GitRepository(configuration)
      let tree = try await repository.synchronize()
      #expect(tree.entries.count == 3 && tree.records.isEmpty)

      try await Rig.with(remote) { rig in
        await rig.writer.take(desired)
        let news = await rig.wait { $0.health?.head != nil }
        #expect(news.faults == [])
        #expect(news.standings[desired.placement] == .written)
        #expect(news.health?.unknownFolders == unknown)
      }
      let kept = try await remote.git("ls-tree", "-r", "main", "--", unknown[0], unknown[1])
      let kinds = kept.split(separator: "\n").map { $0.prefix(6) }
      #expect(kinds == ["100644", "160000"], "they are left")
      #expect(try await remote.git("ls-tree", "main", "--", ours).hasPrefix("100644 blob"), "ours is put right")
    }
  }

  @Test(arguments: [true, false])
  func `records that are each small enough are read, however much they are together`(isOneBlob: Bool) async throws {
    try await Remote.with { remote in
      let filling = String(repeating: "x", count: PlacementRecord.longest - 4)
      var files: [String: String?] = [:]
      for number in 1000..<2100 {
        let content = isOneBlob ? filling : "\(number)\(filling)"
        files["regie/idf-usuel-1/\(UUID().uuidString.lowercased())/placement.json"] = content
      }
      try await remote.commit(files)
      let configuration = try GitOpsConfiguration(
        url: remote.url, clone: "\(remote.folder)/clone", author: CommitAuthor(name: "x", email: "x"))
      var repository = GitRepository(configuration)
      let tree = try await repository.synchronize()
      let differing = files.filter { path, content in tree.records[path] != content.map { Array($0.utf8) } }
      #expect(tree.records.count == 1100 && differing.isEmpty)
    }
  }

  @Test func `a folder that is not its own user's alone is no place for a clone`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["README.md": "theirs"])
      let clone = "\(remote.folder)/clone"
      let configuration = try GitOpsConfiguration(
        url: remote.url, clone: "\(clone)/", author: CommitAuthor(name: "x", email: "x"))
      var repository = GitRepository(configuration)
      try FileManager.default.createDirectory(atPath: clone, withIntermediateDirectories: true)
      for mode in [0o777, 0o770, 0o702] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: clone)
        await #expect { _ = try await repository.synchronize() } throws: { ($0 as? GitFailure)?.kind == .unsafeFolder }
      }
      let own = "\(remote.folder)/own"
      try FileManager.default.moveItem(atPath: clone, toPath: own)
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: own)
      try FileManager.default.createSymbolicLink(atPath: clone, withDestinationPath: own)
      await #expect { _ = try await repository.synchronize() } throws: { ($0 as? GitFailure)?.kind == .unsafeFolder }
      #expect(try FileManager.default.contentsOfDirectory(atPath: own) == [], "nothing is done behind the link")
      try FileManager.default.removeItem(atPath: clone)
      #expect(throws: GitFailure.self) { try CloneFolder.claim(clone, by: geteuid() + 1) }

      _ = try await repository.synchronize()
      let mode = try FileManager.default.attributesOfItem(atPath: clone)[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o700)
    }
  }

  @Test func `hand-made changes of our files are put back in one commit`() async throws {
    try await Remote.with { remote in
      let desired = try Fixtures.desired()
      try await Rig.with(remote) { rig in
        await rig.write(desired)
        let folder = Self.folder(desired)
        try await remote.commit([
          "\(folder)/resourcequota-regie-quota.yaml": "kind: Nothing", "\(folder)/namespace.yaml": nil,
        ])
        rig.forget()
        await rig.writer.refresh()
        await rig.wait(.written, for: desired)
      }
      #expect(try await remote.files() == rendered(desired))
      #expect(try await remote.count == 3)
      #expect(
        try await remote.git("log", "-1", "--format=%(trailers:key=Regie-Step,valueonly,separator=)", "main")
          == "restore")
    }
  }

  @Test func `a file in the place of a folder above ours is never written over`() async throws {
    try await Remote.with { remote in
      try await remote.commit(["zone": "theirs"])
      let configuration = try GitOpsConfiguration(
        url: remote.url, path: "zone/regie", clone: "\(remote.folder)/clone",
        author: CommitAuthor(name: "x", email: "x"))
      var repository = GitRepository(configuration)
      await #expect { _ = try await repository.synchronize() } throws: { ($0 as? GitFailure)?.kind == .obstructed }
      try await remote.commit(["zone": nil, "zone/other.yaml": "theirs"])
      #expect(try await repository.synchronize().entries.isEmpty)
    }
  }
}
