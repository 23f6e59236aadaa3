import Testing

@testable import SimulatedCluster

@Suite("Field manager")
struct FieldManagerTests {
  private let manager = FieldManager(schema: ResourceKind.configMap.schema, time: "t")

  private func applied(_ data: [String: JSONValue], finalizers: [JSONValue] = []) -> JSONValue {
    var object: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]]
    if !data.isEmpty { object["data"] = .object(data) }
    if !finalizers.isEmpty { object[path: ["metadata", "finalizers"]] = .array(finalizers) }
    return object
  }

  @Test("identity and type have no owner")
  func unowned() throws {
    let result = try manager.apply(applied(["k": "1"]), to: ["metadata": [:]], manager: "one", force: false)
    #expect(ManagedFields(result).entries.map(\.fields.paths) == [[["f:data", "f:k"]]])
  }

  @Test("set items are owned one by one, and others' stay")
  func sets() throws {
    let first = try manager.apply(
      applied([:], finalizers: ["x/a"]), to: ["metadata": [:]], manager: "one", force: false)
    let second = try manager.apply(applied([:], finalizers: ["x/b"]), to: first, manager: "two", force: false)
    #expect(second[path: ["metadata", "finalizers"]] == ["x/a", "x/b"])
    let third = try manager.apply(applied([:]), to: second, manager: "one", force: false)
    #expect(third[path: ["metadata", "finalizers"]] == ["x/b"])
  }

  @Test("list items with a key merge by it")
  func keyed() throws {
    var live: JSONValue = ["metadata": ["ownerReferences": [["uid": "1", "name": "a"]]]]
    var wanted = applied([:])
    wanted[path: ["metadata", "ownerReferences"]] = [["uid": "1", "name": "b"], ["uid": "2", "name": "c"]]
    live = try manager.apply(wanted, to: live, manager: "one", force: false)
    #expect(
      live[path: ["metadata", "ownerReferences"]] == [["uid": "1", "name": "b"], ["uid": "2", "name": "c"]])
    #expect(
      FieldSet.display(["f:metadata", "f:ownerReferences", "k:{\"uid\":\"1\"}", "f:name"])
        == ".metadata.ownerReferences[uid=\"1\"].name")
  }

  @Test("every conflict is listed, sorted by manager and path")
  func conflicts() throws {
    let live = try manager.apply(applied(["k": "1", "l": "1"]), to: ["metadata": [:]], manager: "one", force: false)
    let error = #expect(throws: FieldManager.Conflicts.self) {
      try manager.apply(applied(["k": "2", "l": "2"]), to: live, manager: "two", force: false)
    }
    #expect(error?.list.map { FieldSet.display($0.path) } == [".data.k", ".data.l"])
  }

  @Test("an update takes what it changes from everyone, and loses what it removes")
  func update() throws {
    let live = try manager.apply(applied(["k": "1", "l": "1"]), to: ["metadata": [:]], manager: "one", force: false)
    var edited = live
    edited["data"] = ["k": "2"]
    let result = manager.update(from: live, to: edited, manager: "hand")
    let managed = ManagedFields(result)
    #expect(managed.entries.map(\.owner.manager) == ["hand"])
    #expect(managed.entries.first?.fields.paths == [["f:data", "f:k"]])
  }

  @Test("one empty entry gives up all owners")
  func reset() throws {
    let live = try manager.apply(applied(["k": "1"]), to: ["metadata": [:]], manager: "one", force: false)
    var edited = live
    edited[path: ["metadata", "managedFields"]] = [[:]]
    #expect(manager.update(from: live, to: edited, manager: "x")[path: ["metadata", "managedFields"]] == nil)
  }

  @Test("fieldsV1 is read as it is written")
  func fieldsV1() {
    let json: JSONValue = ["f:data": [".": [:], "f:k": [:]], "f:x": [:]]
    let set = FieldSet(fieldsV1: json)
    #expect(set.fieldsV1 == json)
    #expect(set.contains(["f:data"]))
    #expect(!set.subtracting(set).containsAny(atOrBelow: ["f:data"]))
  }

  @Test(
    "random applies: the result holds each applier's last wish unless forced away (seed in the name)", arguments: 1...20
  )
  func property(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var live: JSONValue = ["metadata": [:]]
    var wishes: [String: [String: JSONValue]] = [:]
    for _ in 0..<40 {
      let who = ["one", "two", "three"][Int(random.next() % 3)]
      var data: [String: JSONValue] = [:]
      for name in ["a", "b", "c", "d"] where random.next() % 2 == 0 { data[name] = .string("\(random.next() % 2)") }
      live =
        try ResourceKind.configMap.schema
        .decoded(try manager.apply(applied(data), to: live, manager: who, force: true)) ?? [:]
      wishes[who] = data
      // Forced: the latest wish holds entirely, and every value present is somebody's.
      let present = live["data"]?.fields ?? [:]
      #expect(data.allSatisfy { present[$0.key] == $0.value }, "seed \(seed)")
      #expect(present.allSatisfy { item in wishes.values.contains { $0[item.key] == item.value } }, "seed \(seed)")
    }
  }
}

/// A small generator with a known sequence per seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
