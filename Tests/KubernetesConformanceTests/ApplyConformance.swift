import Testing

@testable import SimulatedCluster

@Suite("Kubernetes API: server-side apply")
struct ApplyConformance {
  private func path(_ namespace: String, _ query: String) -> String {
    "/api/v1/namespaces/\(namespace)/configmaps/a?\(query)"
  }

  @Test("apply creates with 201; the same again is 200 and changes nothing", arguments: Endpoint.available)
  func create(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let wanted = API.configMap("a", ["k": "1"])
      let first = try await api.call("PATCH", path(name, "fieldManager=one"), wanted, type: API.apply)
      #expect(first.code == 201)
      let second = try await api.call("PATCH", path(name, "fieldManager=one"), wanted, type: API.apply)
      #expect(second.code == 200)
      let entry = second.body[path: ["metadata", "managedFields"]]?.list?.first
      // Up to 1.20 an applier's time moves with every apply, and with it the revision once a second has passed.
      let before = first.body[path: ["metadata", "managedFields"]]?.list?.first
      let isMoved = endpoint == .real && entry?["time"] != before?["time"]
      #expect(second.revision == first.revision || isMoved)
      #expect(entry?["manager"] == "one")
      #expect(entry?["operation"] == "Apply")
      #expect(entry?["fieldsV1"] == ["f:data": ["f:k": [:]]])
    }
  }

  @Test("another manager's field is 409 with the field and the manager", arguments: Endpoint.available)
  func conflict(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      _ = try await api.call("PATCH", path(name, "fieldManager=one"), API.configMap("a", ["k": "1"]), type: API.apply)
      let refused = try await api.call(
        "PATCH", path(name, "fieldManager=two"), API.configMap("a", ["k": "2"]), type: API.apply)
      #expect(refused.code == 409)
      #expect(refused.reason == "Conflict")
      #expect(refused.message == "Apply failed with 1 conflict: conflict with \"one\": .data.k")
      #expect(
        refused.body[path: ["details", "causes"]]
          == [["reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".data.k"]])
    }
  }

  @Test("an edit by hand conflicts, and force takes the field back", arguments: Endpoint.available)
  func force(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let wanted = API.configMap("a", ["k": "1"])
      _ = try await api.call("PATCH", path(name, "fieldManager=one"), wanted, type: API.apply)
      _ = try await api.call("PATCH", path(name, "fieldManager=hand"), ["data": ["k": "9"]], type: API.merge)
      let refused = try await api.call("PATCH", path(name, "fieldManager=one"), wanted, type: API.apply)
      #expect(refused.code == 409)
      #expect(refused.causes == [".data.k"])
      let forced = try await api.call("PATCH", path(name, "fieldManager=one&force=true"), wanted, type: API.apply)
      #expect(forced.body["data"] == ["k": "1"])
      let managers = (forced.body[path: ["metadata", "managedFields"]]?.list ?? []).compactMap { $0["manager"]?.text }
      #expect(managers == ["one"])
    }
  }

  @Test("what a manager no longer applies goes; what others set stays", arguments: Endpoint.available)
  func prune(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let first = API.configMap("a", ["k": "1", "l": "1"], labels: ["x": "1"])
      _ = try await api.call("PATCH", path(name, "fieldManager=one"), first, type: API.apply)
      _ = try await api.call("PATCH", path(name, "fieldManager=two"), API.configMap("a", ["m": "1"]), type: API.apply)
      let less = try await api.call(
        "PATCH", path(name, "fieldManager=one"), API.configMap("a", ["k": "1"]), type: API.apply)
      #expect(less.body["data"] == ["k": "1", "m": "1"])
      #expect(less.body[path: ["metadata", "labels"]] == nil)
    }
  }

  @Test("equal values are shared, and go only with the last owner", arguments: Endpoint.available)
  func share(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let both = API.configMap("a", ["k": "1"])
      let nothing: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]]
      _ = try await api.call("PATCH", path(name, "fieldManager=one"), both, type: API.apply)
      #expect(try await api.call("PATCH", path(name, "fieldManager=two"), both, type: API.apply).code == 200)
      let first = try await api.call("PATCH", path(name, "fieldManager=one"), nothing, type: API.apply)
      #expect(first.body["data"] == ["k": "1"])
      let second = try await api.call("PATCH", path(name, "fieldManager=two"), nothing, type: API.apply)
      #expect(second.body["data"] == nil)
    }
  }

  @Test("network rules and limits are one field, quota items are many", arguments: Endpoint.available)
  func granularity(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let policy = try await api.call(
        "PATCH", "/apis/networking.k8s.io/v1/namespaces/\(name)/networkpolicies/p?fieldManager=one",
        [
          "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "p"],
          "spec": [
            "podSelector": [:], "policyTypes": ["Ingress", "Egress"],
            "egress": [["ports": [["port": 53, "protocol": "UDP"]]]],
          ],
        ], type: API.apply)
      #expect(owned(policy) == ["f:spec": ["f:egress": [:], "f:podSelector": [:], "f:policyTypes": [:]]])
      let limits = try await api.call(
        "PATCH", "/api/v1/namespaces/\(name)/limitranges/l?fieldManager=one",
        [
          "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": "l"],
          "spec": ["limits": [["type": "Container", "max": ["cpu": "2"]]]],
        ], type: API.apply)
      #expect(owned(limits) == ["f:spec": ["f:limits": [:]]])
      let quota = try await api.call(
        "PATCH", "/api/v1/namespaces/\(name)/resourcequotas/q?fieldManager=one",
        API.quota("q", ["pods": "1", "requests.cpu": "2"]), type: API.apply)
      #expect(owned(quota) == ["f:spec": ["f:hard": ["f:pods": [:], "f:requests.cpu": [:]]]])
    }
  }

  @Test(
    "empty lists of a quota's scopes take a selector away that another made, and stay owned",
    arguments: Endpoint.available)
  func emptyScopes(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/resourcequotas/q"
      var wanted = API.quota("q", ["pods": "1"])
      wanted[path: ["spec", "scopes"]] = []
      wanted[path: ["spec", "scopeSelector"]] = ["matchExpressions": []]
      let made = try await api.call("PATCH", "\(path)?fieldManager=one", wanted, type: API.apply)
      #expect(made.code == 201 && (made.body[path: ["spec", "scopeSelector"]] ?? [:]) == [:])
      let chosen: JSONValue = [["scopeName": "PriorityClass", "operator": "In", "values": ["none"]]]
      let edit: JSONValue = ["spec": ["scopeSelector": ["matchExpressions": chosen]]]
      let edited = try await api.call("PATCH", "\(path)?fieldManager=hand", edit, type: API.merge)
      #expect(edited.body[path: ["spec", "scopeSelector", "matchExpressions"]] == chosen)
      let refused = try await api.call("PATCH", "\(path)?fieldManager=one", wanted, type: API.apply)
      #expect(refused.code == 409 && refused.reason == "Conflict")
      let forced = try await api.call("PATCH", "\(path)?fieldManager=one&force=true", wanted, type: API.apply)
      #expect(forced.code == 200 && (forced.body[path: ["spec", "scopeSelector"]] ?? [:]) == [:])
      _ = try await api.call("DELETE", path)
      var scoped = API.quota("q", ["pods": "1"])
      scoped[path: ["spec", "scopes"]] = ["NotTerminating"]
      _ = try await api.call("POST", "/api/v1/namespaces/\(name)/resourcequotas", scoped)
      let fixed = try await api.call("PATCH", "\(path)?fieldManager=one&force=true", wanted, type: API.apply)
      #expect(fixed.code == 422 && fixed.causes == ["spec.scopes"])
    }
  }

  private func owned(_ answer: Answer) -> JSONValue? {
    answer.body[path: ["metadata", "managedFields"]]?.list?.first { $0["manager"] == "one" }?["fieldsV1"]
  }

  @Test("apply refuses: no manager, own managedFields, unknown fields, a stale version", arguments: Endpoint.available)
  func refusals(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let wanted = API.configMap("a", ["k": "1"])
      let anonymous = try await api.call("PATCH", path(name, ""), wanted, type: API.apply)
      #expect(anonymous.code == 422)
      #expect(anonymous.causes == ["fieldManager"])
      var owning = wanted
      owning[path: ["metadata", "managedFields"]] = [["manager": "x"]]
      #expect(try await api.call("PATCH", path(name, "fieldManager=one"), owning, type: API.apply).code == 400)
      var unknown = wanted
      unknown["bogus"] = 1
      // 500 up to 1.2x, 400 later: refused in any case.
      #expect(try await api.call("PATCH", path(name, "fieldManager=one"), unknown, type: API.apply).code >= 400)
      _ = try await api.call("PATCH", path(name, "fieldManager=one"), wanted, type: API.apply)
      var stale = wanted
      stale[path: ["metadata", "resourceVersion"]] = "1"
      #expect(try await api.call("PATCH", path(name, "fieldManager=one"), stale, type: API.apply).code == 409)
      let forced = try await api.call("PATCH", path(name, "force=true"), ["data": [:]], type: API.merge)
      #expect(forced.code == 422)
    }
  }

  @Test("apply to a version that no object has: makes what is not there, and no more", arguments: Endpoint.available)
  func newObject(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      func apply(_ value: String, force: Bool) async throws -> Answer {
        var wanted = API.configMap("a", ["k": .string(value)])
        wanted[path: ["metadata", "resourceVersion"]] = "1"
        return try await api.call(
          "PATCH", path(name, "fieldManager=\(value)&force=\(force)"), wanted, type: API.apply)
      }
      let made = try await apply("one", force: false)
      #expect(made.code == 201 && owned(made) == ["f:data": ["f:k": [:]]])
      for force in [false, true] {
        let refused = try await apply("two", force: force)
        // Whose the fields are is said first.
        #expect(refused.code == 409 && refused.reason == "Conflict" && refused.causes.isEmpty == force)
      }
    }
  }

  @Test("apply to a uid: its own object, and no other that bears the name or may", arguments: Endpoint.available)
  func meantObject(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      func apply(_ uid: String) async throws -> Answer {
        var wanted = API.configMap("a", ["k": "1"])
        wanted[path: ["metadata", "uid"]] = .string(uid)
        return try await api.call("PATCH", path(name, "fieldManager=one&force=true"), wanted, type: API.apply)
      }
      let other = "00000000-0000-4000-8000-000000000001"
      let absent = try await apply(other)
      #expect(absent.code == 409 && absent.reason == "Conflict" && absent.causes.isEmpty)
      let first = try await api.call(
        "PATCH", path(name, "fieldManager=one"), API.configMap("a", ["k": "0"]), type: API.apply)
      let uid = try #require(first.body[path: ["metadata", "uid"]]?.text)
      let refused = try await apply(other)
      #expect(refused.code == 422 && refused.reason == "Invalid" && refused.causes.contains("metadata.uid"))
      let meant = try await apply(uid)
      #expect(meant.code == 200 && meant.body["data"] == ["k": "1"])
      let owned = meant.body[path: ["metadata", "managedFields"]]?.list?.first?["fieldsV1"]
      #expect(owned == ["f:data": ["f:k": [:]]])
    }
  }
}
