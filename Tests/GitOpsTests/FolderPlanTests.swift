import Foundation
import Model
import Testing

@testable import GitOps

struct FolderPlanTests {
  private let now = Fixtures.start
  private let full = [
    "kustomization.yaml", "limitrange-regie-limits.yaml", "namespace.yaml", "networkpolicy-regie-allow-dns.yaml",
    "networkpolicy-regie-default-deny.yaml", "placement.json", "resourcequota-regie-quota.yaml",
  ]
  private let alone = ["kustomization.yaml", "namespace.yaml", "placement.json", "resourcequota-regie-quota.yaml"]

  @Test func `a placement becomes a folder, and then nothing is left to do`() throws {
    var memory = Memory()
    let desired = try Fixtures.desired()
    let first = memory.settle(desired, at: now)
    #expect(first.changes.map(\.step) == [.place])
    #expect(first.standings[desired.placement] == .pending)
    #expect(memory.names(desired) == full)
    let second = memory.plan([desired], at: now)
    #expect(second.changes.isEmpty)
    #expect(second.standings[desired.placement] == .written)
    #expect(second.next == nil)
  }

  @Test func `only files whose content changes are in a commit`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    memory.files["regie/idf-usuel-1/\(try Fixtures.desired().id)/limitrange-regie-limits.yaml"] = Array("x".utf8)
    let plan = memory.plan([try Fixtures.desired()], at: now)
    #expect(plan.changes.map(\.step) == [.restore])
    #expect(plan.changes.first?.edits.map { $0.path.split(separator: "/").last } == ["limitrange-regie-limits.yaml"])
  }

  @Test func `the message names placement, decision, revision and step`() throws {
    let desired = try Fixtures.desired(revision: 7, epoch: 2)
    let message = try #require(Memory().plan([desired], at: now).changes.first?.message)
    #expect(message.hasPrefix("Régie : basegun/prod sur idf-usuel-1, révision 2.7\n\n"))
    #expect(
      message.hasSuffix(
        """


        Regie-Placement: 00000000-0000-4000-8000-000000000001
        Regie-Decision: 00000000-0000-4000-8000-000000000bb9
        Regie-Revision: 2.7
        Regie-Step: place

        """))
  }

  @Test func `the Namespace is protected from pruning and from the end of its Application`() throws {
    var memory = Memory()
    let desired = try Fixtures.desired()
    memory.settle(desired, at: now)
    let text = try #require(memory.text("regie/idf-usuel-1/\(desired.id)/namespace.yaml"))
    #expect(text.contains("argocd.argoproj.io/sync-options: \"Prune=false,Delete=false\""))
    for file in full where file != "namespace.yaml" {
      #expect(memory.text("regie/idf-usuel-1/\(desired.id)/\(file)")?.contains("argocd") == false, "\(file)")
    }
  }

  @Test(arguments: [PlacementPhase.frozen, .draining])
  func `a placement that is frozen or draining keeps all its files`(phase: PlacementPhase) throws {
    var memory = Memory()
    let desired = try Fixtures.desired(phase: phase)
    memory.settle(desired, at: now)
    #expect(memory.names(desired) == full)
  }

  @Test func `a removal takes everything but the Namespace and its quota, then after the delay these`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now + 100)
    let early = memory.plan([removed], at: now + 99)
    #expect(early.changes.isEmpty)
    #expect(early.standings[removed.placement] == .waiting(until: now + 100))
    #expect(early.next == now + 100)

    let first = memory.settle(removed, at: now + 100)
    #expect(first.changes.map(\.step) == [.empty])
    #expect(memory.names(removed) == alone)
    let folder = "regie/idf-usuel-1/\(removed.id)"
    #expect(memory.text("\(folder)/namespace.yaml")?.contains("Prune=false") == false)
    let quota = try #require(memory.text("\(folder)/resourcequota-regie-quota.yaml"))
    #expect(
      quota.contains("persistentvolumeclaims: '0'") || quota.contains("persistentvolumeclaims: \"0\""), "\(quota)")
    let protection = "argocd.argoproj.io/sync-options: \"Prune=false,Delete=false\""
    #expect(quota.contains(protection), "it goes with the Namespace")

    let between = memory.plan([removed], at: now + 100 + 3599)
    #expect(between.changes.isEmpty)
    #expect(between.standings[removed.placement] == .emptied(until: now + 3700))
    #expect(between.next == now + 3700)

    let waiting = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now + 100, mayFinish: false)
    let late = memory.plan([waiting], at: now + 9000)
    #expect(late.changes.isEmpty && late.next == nil, "its moment has come, and it is not let go")
    #expect(late.standings[removed.placement] == .emptied(until: now + 3700))

    let second = memory.settle(removed, at: now + 3700)
    #expect(second.changes.map(\.step) == [.remove])
    #expect(memory.files.isEmpty)
    #expect(memory.plan([removed], at: now + 3700).standings[removed.placement] == .removed)
  }

  @Test func `a removal without a moment touches nothing`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    let removed = try Fixtures.desired(revision: 2, phase: .removed)
    let plan = memory.plan([removed], at: .distantFuture)
    #expect(plan.changes.isEmpty)
    #expect(plan.standings[removed.placement] == .undated)
  }

  @Test func `a Namespace that may not go stays with all that guards it, and is emptied once it may`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    let held = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now, mayRemoveNamespace: false)
    #expect(memory.settle(held, at: now).changes.map(\.step) == [.place])
    let folder = "regie/idf-usuel-1/\(held.id)"
    #expect(memory.names(held) == full, "no policy and no limit goes from what stays")
    #expect(memory.text("\(folder)/namespace.yaml")?.contains("Prune=false,Delete=false") == true)
    let quota = try #require(memory.text("\(folder)/resourcequota-regie-quota.yaml"))
    #expect(
      quota.contains("persistentvolumeclaims: '0'") || quota.contains("persistentvolumeclaims: \"0\""), "\(quota)")
    let much = memory.plan([held], at: now + 1_000_000)
    #expect(much.changes.isEmpty)
    #expect(much.standings[held.placement] == .namespaceHeld)

    let free = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)
    #expect(memory.settle(free, at: now + 500).changes.map(\.step) == [.empty])
    #expect(memory.names(free) == alone)
    #expect(memory.plan([free], at: now + 500 + 3599).changes.isEmpty)
    #expect(memory.settle(free, at: now + 500 + 3600).changes.map(\.step) == [.remove])
  }

  @Test func `a Namespace that may not go after all gets back what guarded it, and its delay runs anew`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    let free = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)
    memory.settle(free, at: now)
    #expect(memory.names(free) == alone)
    let held = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now, mayRemoveNamespace: false)
    #expect(memory.settle(held, at: now + 3000).changes.map(\.step) == [.place])
    #expect(memory.names(held) == full)
    #expect(memory.text("regie/idf-usuel-1/\(held.id)/namespace.yaml")?.contains("Prune=false,Delete=false") == true)
    #expect(memory.settle(free, at: now + 9000).changes.map(\.step) == [.empty])
    #expect(memory.plan([free], at: now + 9000 + 3599).changes.isEmpty)
  }

  @Test func `what an earlier release left emptied and protected is made whole while it is held, or released`() throws {
    var memory = Memory()
    let held = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now, mayRemoveNamespace: false)
    memory.settle(try Fixtures.desired(), at: now)
    memory.settle(held, at: now)
    let folder = "regie/idf-usuel-1/\(held.id)"
    let record = try #require(memory.text("\(folder)/placement.json"))
    memory.files["\(folder)/placement.json"] = Array(record.replacing("\"complete\"", with: "\"emptied\"").utf8)
    for name in full where !alone.contains(name) { memory.files["\(folder)/\(name)"] = nil }

    #expect(memory.plan([held], at: now).changes.map(\.step) == [.place])
    let free = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)
    #expect(memory.plan([free], at: now).changes.map(\.step) == [.release])
    memory.settle(held, at: now)
    #expect(memory.names(held) == full)
  }

  @Test func `a newer revision calls a removal back, and the next one begins anew`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    memory.settle(try Fixtures.desired(revision: 2, phase: .removed, notBefore: now), at: now)
    let back = try Fixtures.desired(revision: 3)
    memory.settle(back, at: now + 10)
    #expect(memory.names(back) == full)
    #expect(memory.text("regie/idf-usuel-1/\(back.id)/namespace.yaml")?.contains("Prune=false,Delete=false") == true)
    let again = try Fixtures.desired(revision: 4, phase: .removed, notBefore: now)
    #expect(memory.settle(again, at: now + 9_999).changes.map(\.step) == [.empty])
    #expect(memory.plan([again], at: now + 9_999 + 3599).changes.isEmpty)
  }

  @Test func `the delay runs anew for another removal of an emptied folder`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    memory.settle(try Fixtures.desired(revision: 2, phase: .removed, notBefore: now), at: now)
    let again = try Fixtures.desired(revision: 3, phase: .removed, notBefore: now + 5_000)
    #expect(memory.plan([again], at: now + 4_000).changes.isEmpty, "its own moment has not come")
    #expect(memory.settle(again, at: now + 5_000).changes.map(\.step) == [.empty])
    #expect(memory.plan([again], at: now + 5_000 + 3_599).changes.isEmpty)
  }

  @Test func `a record that says the Namespace was released in the future is not believed`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: now)
    let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)
    memory.settle(removed, at: now + 10_000)
    let plan = memory.settle(removed, at: now)
    #expect(plan.changes.map(\.step) == [.restore])
    #expect(memory.plan([removed], at: now).standings[removed.placement] == .emptied(until: now + 3600))
  }

  @Test func `what is not known is kept and told, whatever it is`() throws {
    var memory = Memory()
    let desired = try Fixtures.desired()
    memory.settle(desired, at: now)
    memory.settle(try Fixtures.desired(2), at: now)
    memory.files["README.md"] = nil
    memory.files["regie/README.md"] = Array("ours".utf8)
    memory.files["regie/idf-usuel-1/\(desired.id)/secret.yaml"] = []
    memory.files["regie/idf-usuel-1/\(desired.id)/sub/deep.yaml"] = []
    let plan = memory.plan([desired], at: now)
    #expect(plan.changes.isEmpty)
    #expect(
      plan.foreign == [
        "regie/README.md", "regie/idf-usuel-1/\(desired.id)/secret.yaml",
        "regie/idf-usuel-1/\(desired.id)/sub/deep.yaml",
      ])
    #expect(plan.unknown == ["regie/idf-usuel-1/\(try Fixtures.desired(2).id)"])
  }

  @Test func `foreign files outlive the removal of a folder`() throws {
    var memory = Memory()
    let desired = try Fixtures.desired()
    memory.settle(desired, at: now)
    let foreign = "regie/idf-usuel-1/\(desired.id)/mine.yaml"
    memory.files[foreign] = Array("mine".utf8)
    let removed = try Fixtures.desired(revision: 2, phase: .removed, notBefore: now)
    memory.settle(removed, at: now)
    memory.settle(removed, at: now + 3600)
    #expect(Array(memory.files.keys) == [foreign])
    #expect(memory.plan([removed], at: now + 3600).standings[removed.placement] == .removed)
  }

  @Test func `files that a former version of Régie wrote go, for the record names them`() throws {
    var memory = Memory()
    let desired = try Fixtures.desired()
    memory.settle(desired, at: now)
    let folder = "regie/idf-usuel-1/\(desired.id)"
    let record = try #require(memory.text("\(folder)/placement.json"))
    memory.files["\(folder)/placement.json"] = Array(
      record.replacing("\"namespace.yaml\"", with: "\"namespace.yaml\", \"role-old.yaml\"").utf8)
    memory.files["\(folder)/role-old.yaml"] = Array("old".utf8)
    memory.settle(desired, at: now)
    #expect(memory.names(desired) == full)
  }

  @Test func `a record can not name a file outside of its folder`() throws {
    var memory = Memory()
    let desired = try Fixtures.desired()
    memory.settle(desired, at: now)
    let folder = "regie/idf-usuel-1/\(desired.id)"
    let record = try #require(memory.text("\(folder)/placement.json"))
    for name in ["../../../README.md", "../x.yaml", "a\\nD README.md", ".git", "sub/deep.yaml"] {
      memory.files["\(folder)/placement.json"] = Array(
        record.replacing("\"namespace.yaml\"", with: "\"namespace.yaml\", \"\(name)\"").utf8)
      memory.files["\(folder)/sub/deep.yaml"] = Array("theirs".utf8)
      let paths = memory.plan([desired], at: now).changes.flatMap(\.edits).map(\.path)
      #expect(paths == ["\(folder)/placement.json"], "\(name)")
    }
  }

  @Test func `a newer state in the repository is left to whoever wrote it`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(revision: 3, epoch: 2), at: now)
    for older in [try Fixtures.desired(revision: 2, epoch: 2), try Fixtures.desired(revision: 9, epoch: 1)] {
      let plan = memory.plan([older], at: now)
      #expect(plan.changes.isEmpty)
      #expect(plan.standings[older.placement] == .superseded(by: PlacementVersion(epoch: 2, revision: 3)))
    }
    let removed = try Fixtures.desired(revision: 2, epoch: 2, phase: .removed, notBefore: now)
    #expect(memory.plan([removed], at: now + 9_999_999).changes.isEmpty)
  }

  @Test func `a file where a folder has to be, or the other way round, is in the way`() throws {
    let desired = try Fixtures.desired()
    let folder = "regie/idf-usuel-1/\(desired.id)"
    for (there, path) in [
      ("regie", "regie"), ("regie/idf-usuel-1", "regie/idf-usuel-1"), (folder, folder),
      ("\(folder)/namespace.yaml/x", "\(folder)/namespace.yaml"),
    ] {
      var memory = Memory()
      memory.files[there] = Array("theirs".utf8)
      let plan = memory.plan([desired], at: now)
      #expect(plan.changes.isEmpty)
      #expect(plan.standings[desired.placement] == .obstructed(path: path))
      #expect(plan.foreign == [there])
    }
  }

  @Test func `a link or an executable in place of one of our files is put right`() throws {
    var memory = Memory()
    let desired = try Fixtures.desired()
    memory.settle(desired, at: now)
    for mode in ["120000", "100755"] {
      var tree = memory.tree
      tree.entries["regie/idf-usuel-1/\(desired.id)/namespace.yaml"]?.mode = mode
      let plan = FolderPlan(
        [desired.placement: desired], on: tree, layout: RepositoryLayout(path: "regie"), namespaceDelay: 1, now: now)
      #expect(plan.changes.flatMap(\.edits).map(\.path) == ["regie/idf-usuel-1/\(desired.id)/namespace.yaml"])
    }
  }

  @Test func `clusters of one zone lie side by side`() throws {
    var memory = Memory()
    memory.settle(try Fixtures.desired(1, cluster: "a"), try Fixtures.desired(2, cluster: "b"), at: now)
    #expect(Set(memory.files.keys.map { $0.split(separator: "/")[1] }) == ["a", "b"])
  }

  @Test func `the same states give the same bytes in the same order`() throws {
    let desired = try (1...20).map { try Fixtures.desired($0) }
    let plans = (0..<5).map { _ in Memory().plan(desired.shuffled(), at: now).changes }
    #expect(Set(plans).count == 1)
  }
}
