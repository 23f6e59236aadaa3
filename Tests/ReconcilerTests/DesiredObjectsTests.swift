import Events
import Foundation
import Model
import Testing

@testable import Reconciler

struct DesiredObjectsTests {
  let objects = DesiredObjects.render(Fixtures.desired(3, epoch: 2))

  private func object(_ kind: ManagedKind, _ name: String) throws -> ManagedObject {
    try #require(objects.first { $0.ref.kind == kind && $0.ref.name == name })
  }

  @Test func `every object says whose it is and of which version`() {
    for object in objects {
      #expect(object.labels[Labels.placement] == Fixtures.placement.uuidString.lowercased())
      #expect(object.labels[Labels.revision] == "3" && object.labels[Labels.epoch] == "2")
      #expect(object.labels[Labels.managedBy] == Labels.managedByConsole)
      #expect(object.ref.namespace == Fixtures.namespace)
    }
    #expect(objects.map(\.ref.kind) == objects.map(\.ref.kind).sorted())
  }

  @Test func `the namespace carries the console's labels and Pod Security`() throws {
    let labels = try object(.namespace, Fixtures.namespace).labels
    #expect(labels["dso/project"] == "basegun" && labels["dso/environment"] == "prod")
    #expect(labels["dso/project.id"] == Fixtures.project.uuidString.lowercased())
    #expect(labels["dso/environment.id"] == Fixtures.environment.uuidString.lowercased())
    for mode in ["enforce", "audit", "warn"] {
      #expect(labels["pod-security.kubernetes.io/\(mode)"] == "restricted")
      #expect(labels["pod-security.kubernetes.io/\(mode)-version"] == "latest")
    }
  }

  @Test func `limits equal requests, and GPUs that nobody reserved are none`() throws {
    #expect(
      try object(.resourceQuota, "regie-quota").spec?["hard"]?.texts == [
        "requests.cpu": "4", "limits.cpu": "4", "requests.memory": "8Gi", "limits.memory": "8Gi",
        "requests.nvidia.com/gpu": "0",
      ])
    var state = Fixtures.desired(1)
    state.quota = ResourceList(
      cpu: Quantity("1000m"), gpu: Quantity(2), storage: Quantity("10Gi"), pods: Quantity(20))
    #expect(
      DesiredObjects.render(state)[1].spec?["hard"]?.texts == [
        "requests.cpu": "1", "limits.cpu": "1", "requests.nvidia.com/gpu": "2", "requests.storage": "10Gi",
        "pods": "20",
      ])
  }

  @Test(arguments: [ClusterSpec.Mode.own, .gitops, .adopt])
  func `a removal raises no quota above the guard's ceiling`(mode: ClusterSpec.Mode) throws {
    var state = Fixtures.desired(2, phase: .removed, mode: mode, cpu: 9, notBefore: Fixtures.start)
    let ceiling = ResourceList(
      cpu: Quantity(4), memory: Quantity("16Gi"), gpu: Quantity(2), storage: Quantity("10Gi"), pods: Quantity(20))
    let rules = ClusterRules(mode, addsLimitRange: true).guarded(by: GuardPolicy(quota: ceiling))
    let quota = try #require(DesiredObjects.render(state, rules: rules).first { $0.ref == Fixtures.quotaRef })
    var expected = [
      "requests.cpu": "4", "limits.cpu": "4", "requests.memory": "8Gi", "limits.memory": "8Gi",
      "requests.nvidia.com/gpu": "0", "requests.storage": "10Gi", "pods": "20",
    ]
    if mode != .adopt { expected["persistentvolumeclaims"] = "0" }
    #expect(quota.spec?["hard"]?.texts == expected)
    state.phase = .active
    let active = DesiredObjects.render(state, rules: rules).first { $0.ref == Fixtures.quotaRef }
    #expect(active?.spec?["hard"]?.texts["requests.cpu"] == "9", "what is no removal is refused, not cut down")
  }

  @Test func `defaults of containers never exceed the quota`() throws {
    var state = Fixtures.desired(1)
    state.quota = ResourceList(cpu: Quantity("200m"), memory: Quantity("64Mi"))
    let limits = DesiredObjects.render(state)[2].spec?["limits"]
    #expect(
      limits == [
        [
          "type": "Container", "default": ["cpu": "200m", "memory": "64Mi"],
          "defaultRequest": ["cpu": "100m", "memory": "64Mi"],
        ]
      ])
  }

  @Test func `the body of an apply names the object and owns what must stay empty`() throws {
    let deny = try object(.networkPolicy, "regie-default-deny").body
    #expect(deny["apiVersion"] == "networking.k8s.io/v1" && deny["kind"] == "NetworkPolicy")
    #expect(deny["metadata"]?["namespace"] == .string(Fixtures.namespace))
    #expect(deny["spec"]?["ingress"] == [] && deny["spec"]?["egress"] == [] && deny["spec"]?["podSelector"] == [:])
    let namespace = try object(.namespace, Fixtures.namespace).body
    #expect(namespace["apiVersion"] == "v1" && namespace["metadata"]?["namespace"] == nil && namespace["spec"] == nil)
  }

  @Test func `the body of an apply names the very object that was seen, or a version that there is none of`() throws {
    let deny = try object(.networkPolicy, "regie-default-deny")
    func metadata(_ body: ObjectTree) -> [String?] {
      ["uid", "resourceVersion"].map { name in body["metadata"]?[name]?.text }
    }
    #expect(metadata(deny.body) == [nil, nil])
    #expect(metadata(deny.body(of: "u1")) == ["u1", nil])
    #expect(metadata(deny.body(of: "u1", resourceVersion: "7")) == ["u1", "7"])
    #expect(metadata(deny.body(of: nil, isNew: true)) == [nil, "1"])
  }

  @Test func `what others apply is left out of an apply, and nothing else is`() throws {
    let quota = try object(.resourceQuota, "regie-quota")
    let left = quota.leaving([".spec.hard.requests.cpu", ".spec.scopes", ".metadata.labels.\(Labels.revision)"])
    let spec: ObjectTree = [
      "hard": [
        "limits.cpu": "4", "requests.memory": "8Gi", "limits.memory": "8Gi", "requests.nvidia.com/gpu": "0",
      ], "scopeSelector": ["matchExpressions": []],
    ]
    var labels = quota.labels
    labels[Labels.revision] = nil
    #expect(left.spec == spec && left.labels == labels && left.ref == quota.ref)
    #expect(quota.leaving([]) == quota && quota.leaving([".hard", ".spec.hard.cpu", "spec"]) == quota)
    #expect(quota.leaving([".spec.hard"]).spec == ["scopes": [], "scopeSelector": ["matchExpressions": []]])
    #expect(quota.leaving([".spec"]).spec == nil && quota.leaving([".spec"]).body["spec"] == nil)
    let removal = Fixtures.desired(1, phase: .removed, mode: .adopt, notBefore: Fixtures.start)
    let marked = try #require(DesiredObjects.render(removal, rules: ClusterRules(.adopt)).first)
    #expect(marked.annotations.keys.sorted() == [Labels.notBefore])
    let unmarked = marked.leaving([".metadata.annotations.\(Labels.notBefore)"])
    #expect(unmarked.annotations.isEmpty && unmarked.labels == marked.labels && unmarked.spec == marked.spec)
  }

  @Test(arguments: [
    (Labels.fieldManager, "Apply", true), (Labels.fieldManager, "Update", false), ("kubectl", "Apply", false),
  ])
  func `only what the agent itself has applied counts as applied`(manager: String, operation: String, isApplied: Bool) {
    var live = LiveObject(ref: Fixtures.quotaRef, uid: "u", resourceVersion: "1")
    #expect(!live.isApplied)
    live.writers = [
      LiveObject.Writer(manager: "console", operation: "Update", time: nil),
      LiveObject.Writer(manager: manager, operation: operation, time: nil),
    ]
    #expect(live.isApplied == isApplied)
  }

  /// As a real API server (1.20) answered an apply of these objects.
  @Test func `what a real API server makes of the objects is no difference`() throws {
    let shown: [(ManagedKind, String, String)] = [
      (.networkPolicy, "regie-default-deny", #"{"podSelector":{},"policyTypes":["Ingress","Egress"]}"#),
      (
        .networkPolicy, "regie-allow-dns",
        #"""
        {"podSelector":{},"policyTypes":["Egress"],"egress":[{"ports":[{"protocol":"UDP","port":53},
        {"protocol":"TCP","port":53},{"protocol":"UDP","port":5353},{"protocol":"TCP","port":5353}],
        "to":[{"namespaceSelector":{}}]}]}
        """#
      ),
      (
        .limitRange, "regie-limits",
        #"""
        {"limits":[{"type":"Container","default":{"cpu":"500m","memory":"512Mi"},
        "defaultRequest":{"cpu":"100m","memory":"128Mi"}}]}
        """#
      ),
      (
        .resourceQuota, "regie-quota",
        #"""
        {"hard":{"limits.cpu":"4","limits.memory":"8Gi","requests.cpu":"4","requests.memory":"8Gi",
        "requests.nvidia.com/gpu":"0"}}
        """#
      ),
    ]
    for (kind, name, spec) in shown {
      let wanted = try object(kind, name)
      var live = wanted.live(1)
      live.labels["kubernetes.io/metadata.name"] = "x"
      live.spec = try JSONDecoder().decode(ObjectTree.self, from: Data(spec.utf8))
      #expect(wanted.differences(from: live) == [], "\(name)")
    }
  }

  @Test(arguments: [
    (#"{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{}]}"#, "spec.ingress"),
    (#"{"podSelector":{},"policyTypes":["Ingress","Egress"],"egress":[{}]}"#, "spec.egress"),
    (#"{"podSelector":{"matchLabels":{"app":"x"}},"policyTypes":["Ingress","Egress"]}"#, "spec.podSelector"),
    (#"{"podSelector":{},"policyTypes":["Ingress"]}"#, "spec.policyTypes"),
  ])
  func `an opening made in the default deny is drift`(spec: String, path: String) throws {
    let wanted = try object(.networkPolicy, "regie-default-deny")
    var live = wanted.live(1)
    live.spec = try JSONDecoder().decode(ObjectTree.self, from: Data(spec.utf8))
    #expect(wanted.differences(from: live).map(\.path) == [path])
  }

  private static let passing: [String] = [
    "metadata.labels.\(Labels.phase)", "metadata.labels.\(Labels.podsInUse)", "spec.hard.pods",
    "spec.hard.persistentvolumeclaims",
  ]

  @Test(
    arguments: [
      (.own, Self.passing + ["metadata.annotations.\(Labels.notBefore)"]), (.gitops, Self.passing), (.adopt, []),
    ] as [(ClusterSpec.Mode, [String])])
  func `what only another phase sets may not stand, but in a namespace that is another's`(
    mode: ClusterSpec.Mode, paths: [String]
  ) {
    func left(_ phase: PlacementPhase, edited: Bool) -> [String] {
      let objects = DesiredObjects.render(Fixtures.desired(1, phase: phase, mode: mode), podsInUse: 2)
      return objects.flatMap { wanted -> [String] in
        var live = wanted.live(1)
        if edited, wanted.ref.kind == .namespace {
          live.labels[Labels.phase] = "removed"
          live.annotations[Labels.notBefore] = Fixtures.start.description
        } else if edited, wanted.ref.kind == .resourceQuota {
          live.labels[Labels.podsInUse] = "2"
          let added = ["pods": "2", "persistentvolumeclaims": "0", "services": "3"]
          let hard = (live.spec?["hard"]?.texts ?? [:]).merging(added) { $1 }
          live.spec = ["hard": .object(hard.mapValues { .string($0) })]
        }
        return wanted.differences(from: live).map(\.path)
      }
    }
    #expect(left(.active, edited: true).sorted() == paths.sorted())
    #expect(left(.frozen, edited: false) == [])
  }

  @Test func `labels compare letter by letter, and a missing spec is told`() throws {
    let wanted = try object(.resourceQuota, "regie-quota")
    var live = wanted.live(1)
    live.labels[Labels.revision] = "3000m"
    live.spec = nil
    #expect(wanted.differences(from: live).map(\.path) == ["metadata.labels.\(Labels.revision)", ""])
  }

  private static let owned: ObjectTree = [
    "f:metadata": ["f:labels": ["f:app.kubernetes.io/name": [:]]],
    "f:spec": [
      "f:hard": [".": [:], "f:requests.cpu": [:], "f:limits": ["f:cpu": [:]]], "f:scopes": [:],
      "k:{\"name\":\"x\"}": [:],
    ],
  ]

  @Test(arguments: [
    ("metadata.labels.app.kubernetes.io/name", true), ("metadata.labels.app", false), ("metadata.labels", true),
    ("metadata.annotations", false), ("spec.hard.requests.cpu", true), ("spec.hard.requests.memory", false),
    ("spec.hard.limits.cpu", true), ("spec.hard.limits.memory", false), ("spec.hard.pods", false), ("spec.hard", true),
    ("spec.hardware", false), ("spec.scopes.first", true), ("spec.scopeSelector", false), ("status", false),
  ])
  func `a field is a writer's with what is in it, and what is part of what it has as a whole`(
    path: String, isOwned: Bool
  ) {
    let writer = LiveObject.Writer(manager: "m", operation: "Update", time: nil, fields: Self.owned)
    #expect(writer.owns(path) == isOwned)
    #expect(!LiveObject.Writer(manager: "m", operation: "Update", time: nil).owns(path), "nobody knows")
  }

  @Test func `the last writer is who changed the object, not who keeps its status`() {
    func writer(_ manager: String, _ time: String?, _ subresource: String? = nil) -> LiveObject.Writer {
      LiveObject.Writer(manager: manager, operation: "Update", time: time, subresource: subresource)
    }
    var live = LiveObject(ref: Fixtures.quotaRef, uid: "u", resourceVersion: "1")
    #expect(live.lastWriter(otherThan: Labels.fieldManager) == nil)
    live.writers = [
      writer("kubectl-create", nil), writer("kubectl-edit", "2026-11-23T10:00:00Z"),
      writer(Labels.fieldManager, "2026-11-23T11:00:00Z"),
      writer("kube-controller-manager", "2026-11-23T11:00:00Z", "status"),
      writer("another-controller", "2026-11-23T12:00:00Z", "status"),
      writer("kube-controller-manager", "2026-11-23T12:00:00Z"), writer("kube-apiserver", "2026-11-23T12:00:00Z"),
    ]
    #expect(live.lastWriter(otherThan: Labels.fieldManager) == "kubectl-edit")
  }
}
