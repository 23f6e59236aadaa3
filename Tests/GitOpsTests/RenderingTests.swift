import Foundation
import Model
import Reconciler
import TestSupport
import Testing
import Yams

@testable import GitOps

struct RenderingTests {
  private func folder(_ desired: DesiredPlacement) throws -> [String: [UInt8]] {
    var memory = Memory()
    memory.settle(desired, at: Fixtures.start)
    let prefix = "regie/\(desired.cluster)/\(desired.id)/"
    return Dictionary(uniqueKeysWithValues: memory.files.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
  }

  @Test func `a folder holds the very objects that the reconciler would apply, and the Namespace's protection`() throws
  {
    let state = Fixtures.state()
    let objects = try Kustomize.objects(in: try folder(try Fixtures.desired()))
    let expected = try DesiredObjects.render(state).map { object in
      var body = try #require(
        try JSONSerialization.jsonObject(with: ModelJSON.encoder.encode(object.body)) as? [String: Any])
      if object.ref.kind == .namespace, var metadata = body["metadata"] as? [String: Any] {
        metadata["annotations"] = ["argocd.argoproj.io/sync-options": "Prune=false,Delete=false"]
        body["metadata"] = metadata
      }
      return body as NSDictionary
    }
    #expect(objects.count == 5)
    #expect(Set(objects.map { $0 as NSDictionary }) == Set(expected))
  }

  @Test
  func `a removal's folder is one that kustomize takes: whole while it is held, then the Namespace and its quota`()
    throws
  {
    var memory = Memory()
    memory.settle(try Fixtures.desired(), at: Fixtures.start)
    for mayGo in [false, true] {
      let removed = try Fixtures.desired(
        revision: 2, phase: .removed, notBefore: Fixtures.start, mayRemoveNamespace: mayGo)
      memory.settle(removed, at: Fixtures.start)
      let prefix = "regie/\(removed.cluster)/\(removed.id)/"
      let folder = Dictionary(
        uniqueKeysWithValues: memory.files.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
      let objects = try Kustomize.objects(in: folder)
      let kinds = ["Namespace", "LimitRange", "NetworkPolicy", "NetworkPolicy", "ResourceQuota"]
      #expect(objects.map { $0["kind"] as? String } == (mayGo ? ["Namespace", "ResourceQuota"] : kinds))
      let metadata = try #require(objects.first?["metadata"] as? [String: Any])
      #expect((metadata["annotations"] == nil) == mayGo)
    }
  }

  @Test(.enabled(if: Kustomize.program != nil, "\(Kustomize.needs)"))
  func `kustomize itself builds the folder into five objects`() async throws {
    let program = try #require(Kustomize.program)
    let path = FileManager.default.temporaryDirectory.appending(path: "regie-kustomize-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (name, content) in try folder(try Fixtures.desired()) {
      try Data(content).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
    let built = try await ChildProcess.run(program.path, program.arguments + [path])
    let kinds = try Yams.load_all(yaml: built).map { ($0 as? [String: Any])?["kind"] as? String }
    #expect(
      kinds.compactMap { $0 }.sorted() == [
        "LimitRange", "Namespace", "NetworkPolicy", "NetworkPolicy", "ResourceQuota",
      ])
  }

  @Test func `placement.json says what the folder shows, for people and ApplicationSets`() throws {
    let desired = try Fixtures.desired(revision: 3, epoch: 2)
    let text = String(decoding: try #require(try folder(desired)["placement.json"]), as: UTF8.self)
    #expect(
      text == """
        {
          "cluster" : "idf-usuel-1",
          "decision" : "00000000-0000-4000-8000-000000000bb9",
          "epoch" : 2,
          "files" : [
            "kustomization.yaml",
            "limitrange-regie-limits.yaml",
            "namespace.yaml",
            "networkpolicy-regie-allow-dns.yaml",
            "networkpolicy-regie-default-deny.yaml",
            "resourcequota-regie-quota.yaml"
          ],
          "namespace" : "\(desired.namespace)",
          "phase" : "active",
          "placement" : "00000000-0000-4000-8000-000000000001",
          "revision" : 3,
          "stage" : "complete"
        }

        """)
  }

  @Test func `what can not name a file or folder is refused, with what would be accepted`() throws {
    func manifest(_ kind: String, _ name: String, in namespace: String = "ns") throws -> Manifest {
      try Manifest(apiVersion: "v1", kind: kind, namespace: namespace, name: name, labels: [:], spec: ["a": "b"])
    }
    for name in ["", "../x", "a/b", "a\nD x", "A", "system:role", ".git", String(repeating: "a", count: 300)] {
      #expect(throws: GitOpsInputError.self, "\(name)") { try manifest("Role", name) }
      for (cluster, namespace) in [(name, "ns"), ("c1", name)] {
        #expect(throws: GitOpsInputError.self, "\(name)") {
          try DesiredPlacement(
            placement: Fixtures.id(1), cluster: cluster, namespace: namespace, namespaceLabels: [:], objects: [],
            title: "x", phase: .active, version: PlacementVersion(epoch: 1, revision: 1), decision: Fixtures.id(2))
        }
      }
    }
    for objects in [[try manifest("Role", "a"), try manifest("Role", "a")], [try manifest("Role", "a", in: "other")]] {
      #expect(throws: GitOpsInputError.self) {
        try DesiredPlacement(
          placement: Fixtures.id(1), cluster: "c1", namespace: "ns", namespaceLabels: [:], objects: objects,
          title: "x", phase: .active, version: PlacementVersion(epoch: 1, revision: 1), decision: Fixtures.id(2))
      }
    }
  }

  @Test func `a title can not write a trailer of its own`() throws {
    let desired = try DesiredPlacement(
      placement: Fixtures.id(1), cluster: "c1", namespace: "ns", namespaceLabels: [:], objects: [],
      title: "x\n\nRegie-Decision: forged\u{0}", phase: .active, version: PlacementVersion(epoch: 1, revision: 1),
      decision: Fixtures.id(2))
    #expect(!desired.mayRemoveNamespace && !desired.mayFinish, "who says nothing lets nothing go")
    let message = CommitMessage.text(.place, of: desired)
    #expect(!message.contains("\nRegie-Decision: forged") && !message.unicodeScalars.contains("\u{0}"))
  }
}
