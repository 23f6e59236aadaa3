import Model
import Testing

@testable import SimulatedCluster

@Suite("Cluster store")
struct ClusterStoreTests {
  @Test("revisions grow by one with every change and not without")
  func revisions() throws {
    var store = makeStore()
    let start = store.revision
    _ = try store.create(.configMap, namespace: "default", body: configMap("a"), caller: caller())
    #expect(store.revision == start + 1)
    _ = try store.update(.configMap, key("a"), body: configMap("a"), caller: caller())
    #expect(store.revision == start + 1)
  }

  @Test("a forgotten revision is 410 for watches, pages and exact lists")
  func expiry() throws {
    var store = makeStore(historyLimit: 8)
    for name in ["a", "b", "c"] {
      _ = try store.create(.configMap, namespace: "default", body: configMap(name), caller: caller())
    }
    let first = try store.list(selection(), page: .init(limit: 1))
    let cursor = store.revision
    for number in 0..<20 {
      _ = try store.update(.configMap, key("a"), body: configMap("a", ["k": .string("\(number)")]), caller: caller())
    }
    #expect(store.history.count <= 10)
    let watched = try selection()
    #expect(throws: StatusError.self) { try store.events(after: cursor, watched) }
    let error = #expect(throws: StatusError.self) { try store.startWatch(watched, from: String(cursor)) }
    #expect(error?.code == 410)
    let page = #expect(throws: StatusError.self) {
      try store.list(watched, page: .init(continuation: first.continuation))
    }
    #expect(page?.code == 410)
    let exact = #expect(throws: StatusError.self) {
      try store.list(watched, page: .init(resourceVersion: String(cursor), match: "Exact"))
    }
    #expect(exact?.code == 410)
  }

  @Test("an exact list shows the past")
  func exact() throws {
    var store = makeStore()
    _ = try store.create(.configMap, namespace: "default", body: configMap("a"), caller: caller())
    let then = store.revision
    _ = try store.delete(.configMap, key("a"), caller: caller())
    _ = try store.create(.configMap, namespace: "default", body: configMap("b"), caller: caller())
    let names = try store.list(selection(), page: .init(resourceVersion: String(then), match: "Exact")).items
      .compactMap { $0[path: ["metadata", "name"]]?.text }
    #expect(names == ["a"])
  }

  @Test("quota status comes after its delay, from the controller manager")
  func quota() throws {
    var store = makeStore()
    let body: JSONValue = ["metadata": ["name": "q"], "spec": ["hard": ["configmaps": "2"]]]
    _ = try store.create(.resourceQuota, namespace: "default", body: body, caller: caller())
    store.runControllers(now: Fixed.date(0))
    #expect(store.object(.resourceQuota, key("q"))?["status"] == [:])
    store.runControllers(now: Fixed.date(1))
    #expect(store.object(.resourceQuota, key("q"))?[path: ["status", "used"]] == ["configmaps": "0"])
    #expect(store.nextJob == nil)
    _ = try store.create(.configMap, namespace: "default", body: configMap("a"), caller: caller(at: 2))
    #expect(store.object(.resourceQuota, key("q"))?[path: ["status", "used"]] == ["configmaps": "1"])
    _ = try store.delete(.configMap, key("a"), caller: caller(at: 3))
    store.runControllers(now: Fixed.date(4))
    #expect(store.object(.resourceQuota, key("q"))?[path: ["status", "used"]] == ["configmaps": "0"])
  }

  @Test("a quota limits what its status says, and nothing before the controller manager has written that")
  func quotaAdmission() throws {
    var store = makeStore()
    func limit(_ most: JSONValue) -> JSONValue { ["metadata": ["name": "q"], "spec": ["hard": ["configmaps": most]]] }
    func add(_ name: String, to store: inout ClusterStore) throws {
      _ = try store.create(.configMap, namespace: "default", body: configMap(name), caller: caller())
    }
    _ = try store.create(.resourceQuota, namespace: "default", body: limit("1"), caller: caller())
    for name in ["a", "b"] { try add(name, to: &store) }
    store.runControllers(now: Fixed.date(1))
    #expect(store.object(.resourceQuota, key("q"))?[path: ["status", "used"]] == ["configmaps": "2"])
    let refused = #expect(throws: StatusError.self) { try add("c", to: &store) }
    #expect(refused?.code == 403 && refused?.message.contains("exceeded quota: q") == true)
    // A limit that was raised, or lowered, is the old one until then.
    _ = try store.update(.resourceQuota, key("q"), body: limit("3"), caller: caller(at: 2))
    #expect(throws: StatusError.self) { try add("c", to: &store) }
    store.runControllers(now: Fixed.date(3))
    try add("c", to: &store)
    _ = try store.update(.resourceQuota, key("q"), body: limit("4"), caller: caller(at: 4))
    store.runControllers(now: Fixed.date(5))
    _ = try store.update(.resourceQuota, key("q"), body: limit("2"), caller: caller(at: 6))
    try add("d", to: &store)
    store.runControllers(now: Fixed.date(7))
    #expect(throws: StatusError.self) { try add("e", to: &store) }
  }

  @Test("a bookmark carries the last revision of its kind, and there is none for a watch that begins there")
  func bookmarks() throws {
    var store = makeStore()
    let start = store.revision
    #expect(store.bookmark(.configMap, after: start) == nil)
    _ = try store.create(.configMap, namespace: "default", body: configMap("a"), caller: caller())
    let made = store.revision
    let other: JSONValue = ["metadata": ["name": "n"]]
    _ = try store.create(.namespace, namespace: "", body: other, caller: caller())
    #expect(store.revision > made)
    let bookmark = store.bookmark(.configMap, after: start)
    #expect(bookmark?.kind == .bookmark)
    #expect(bookmark?.object[path: ["metadata", "resourceVersion"]]?.text == String(made))
    #expect(store.bookmark(.configMap, after: made) == nil)
  }

  @Test("a namespace goes when its content and its own finalizers are gone")
  func termination() throws {
    var store = makeStore()
    let space: JSONValue = ["metadata": ["name": "n", "finalizers": ["x.io/own"]]]
    _ = try store.create(.namespace, namespace: "", body: space, caller: caller())
    var held = configMap("held")
    held[path: ["metadata", "finalizers"]] = ["x.io/hold"]
    _ = try store.create(.configMap, namespace: "n", body: held, caller: caller())
    let name = key("n", in: "")
    _ = try store.delete(.namespace, name, caller: caller(at: 10))
    store.runControllers(now: Fixed.date(15))
    #expect(store.object(.namespace, name)?[path: ["status", "conditions"]]?.list?.first?["status"] == "True")
    #expect(store.nextJob == nil)
    _ = try store.patch(
      .configMap, key("held", in: "n"), format: .merge, patch: ["metadata": ["finalizers": .null]],
      caller: caller(at: 20))
    store.runControllers(now: Fixed.date(25))
    #expect(store.object(.namespace, name)?["spec"] == [:])
    _ = try store.patch(
      .namespace, name, format: .merge, patch: ["metadata": ["finalizers": .null]], caller: caller(at: 26))
    #expect(store.object(.namespace, name) == nil)
  }

  private func quota(_ spec: JSONValue) -> JSONValue { ["metadata": ["name": "q"], "spec": spec] }

  @Test("a quota scope that is not simulated is refused rather than ignored, and one that fits no item is invalid")
  func strangeScopes() {
    var store = makeStore()
    for (spec, code) in [
      (["hard": ["pods": "1"], "scopes": ["CrossNamespacePodAffinity"]], 501),
      (["hard": ["configmaps": "1"], "scopes": ["NotTerminating"]], 422),
    ] as [(JSONValue, Int)] {
      let error = #expect(throws: StatusError.self) {
        try store.create(.resourceQuota, namespace: "default", body: quota(spec), caller: caller())
      }
      #expect(error?.code == code)
    }
  }

  @Test("a quota counts the pods of its scopes only; scopes can not be changed, their selector can")
  func scopes() throws {
    var store = makeStore()
    let pod: JSONValue = ["metadata": ["name": "p"], "spec": ["containers": [["name": "c", "image": "i"]]]]
    var trial = caller()
    trial.dryRun = true
    let none: JSONValue = ["scopeName": "PriorityClass", "operator": "In", "values": ["none"]]
    _ = try store.create(
      .resourceQuota, namespace: "default", body: quota(["hard": ["pods": "0"], "scopes": [], "scopeSelector": [:]]),
      caller: caller())
    store.runControllers(now: Fixed.date(1))
    #expect(throws: StatusError.self) { try store.create(.pod, namespace: "default", body: pod, caller: trial) }
    let chosen: JSONValue = ["spec": ["scopeSelector": ["matchExpressions": [none]]]]
    _ = try store.patch(.resourceQuota, key("q"), format: .merge, patch: chosen, caller: caller(at: 2))
    store.runControllers(now: Fixed.date(3))
    #expect(throws: Never.self) { try store.create(.pod, namespace: "default", body: pod, caller: trial) }
    let error = #expect(throws: StatusError.self) {
      try store.patch(
        .resourceQuota, key("q"), format: .merge, patch: ["spec": ["scopes": ["Terminating"]]], caller: caller(at: 4))
    }
    #expect(error?.code == 422 && error?.message.contains("spec.scopes") == true)
  }

  @Test("pods: containers add up, init containers do not")
  func podTotals() {
    let pod: JSONValue = [
      "spec": [
        "containers": [
          ["resources": ["requests": ["cpu": "500m", "memory": "1Gi"]]], ["resources": ["requests": ["cpu": "1"]]],
        ],
        "initContainers": [["resources": ["requests": ["cpu": "1", "memory": "2Gi"]]]],
      ]
    ]
    let usage = PodResources(pod: pod).quotaUsage.mapValues(\.description)
    #expect(usage["requests.cpu"] == "1500m")
    #expect(usage["requests.memory"] == "2Gi")
    #expect(usage["pods"] == "1")
  }

  @Test(
    "watch events of many writers come once each, in order, whatever the pace of the reader (seeded)", arguments: 1...10
  )
  func watchProperty(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var store = makeStore(historyLimit: 1_000)
    var cursor = store.revision
    var mirror: [String: JSONValue] = [:]
    let watched = try selection(labels: "l=1")
    for _ in 0..<200 {
      let name = ["a", "b", "c", "d"][Int(random.next() % 4)]
      let body = configMap(name, ["v": .string("\(random.next() % 3)")], labels: ["l": .string("\(random.next() % 2)")])
      switch random.next() % 3 {
      case 0: _ = try? store.create(.configMap, namespace: "default", body: body, caller: caller())
      case 1: _ = try? store.update(.configMap, key(name), body: body, caller: caller())
      default: _ = try? store.delete(.configMap, key(name), caller: caller())
      }
      guard random.next() % 4 == 0 else { continue }
      let (events, seen) = try store.events(after: cursor, watched)
      cursor = seen
      for event in events {
        let name = event.object[path: ["metadata", "name"]]?.text ?? ""
        #expect((event.kind == .added) == (mirror[name] == nil), "seed \(seed)")
        mirror[name] = event.kind == .deleted ? nil : event.object
      }
      let listed = try store.list(watched).items
      #expect(
        mirror.values.sorted { JSONWriter.text($0) < JSONWriter.text($1) }
          == listed.sorted { JSONWriter.text($0) < JSONWriter.text($1) }, "seed \(seed)")
    }
  }
}
