import TestSupport
import Testing

@testable import SimulatedCluster

@Suite("Kubernetes API: writing")
struct WritingConformance {
  @Test(
    "the cases run against a real API server",
    .enabled(
      if: KubernetesServer.hasControllerManager, Comment(rawValue: KubernetesServer.needsControllerManager)))
  func realServer() async throws {
    #expect(try await Endpoint.real.api().call("GET", "/readyz").code == 200)
  }

  @Test("discovery, version and readiness", arguments: Endpoint.available)
  func discovery(_ endpoint: Endpoint) async throws {
    let api = try await endpoint.api()
    #expect(try await api.call("GET", "/readyz").body == "ok")
    #expect(try await api.call("GET", "/version").body["major"] == "1")
    let core = try await api.call("GET", "/api/v1").body["resources"]?.list ?? []
    let names = Set(core.compactMap { $0["name"]?.text })
    #expect(names.isSuperset(of: ["namespaces", "resourcequotas", "limitranges", "configmaps", "events", "pods"]))
    // What kubectl knows kinds by, `kubectl get all` included.
    func entry(_ name: String) -> JSONValue? { core.first { $0["name"]?.text == name } }
    #expect(entry("pods")?["categories"] == ["all"] && entry("resourcequotas")?["categories"] == nil)
    #expect(entry("resourcequotas")?["shortNames"] == ["quota"] && entry("namespaces")?["shortNames"] == ["ns"])
    let network = try await api.call("GET", "/apis/networking.k8s.io/v1").body["resources"]?.list ?? []
    #expect(network.contains { $0["name"] == "networkpolicies" && $0["namespaced"] == true })
  }

  @Test("a new namespace is Active and held by the kubernetes finalizer", arguments: Endpoint.available)
  func namespace(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let object = try await api.call("GET", "/api/v1/namespaces/\(name)").body
      #expect(object[path: ["status", "phase"]] == "Active")
      #expect(object[path: ["spec", "finalizers"]] == ["kubernetes"])
      #expect(object[path: ["metadata", "uid"]]?.text?.isEmpty == false)
    }
  }

  @Test("creating what exists is 409 AlreadyExists", arguments: Endpoint.available)
  func alreadyExists(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let answer = try await api.call(
        "POST", "/api/v1/namespaces",
        [
          "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)],
        ])
      #expect(answer.code == 409)
      #expect(answer.reason == "AlreadyExists")
      #expect(answer.message == "namespaces \"\(name)\" already exists")
    }
  }

  @Test("what is absent is 404 NotFound, named", arguments: Endpoint.available)
  func notFound(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let answer = try await api.call("GET", "/api/v1/namespaces/\(name)/configmaps/none")
      #expect(answer.code == 404)
      #expect(answer.reason == "NotFound")
      #expect(answer.body["details"] == ["name": "none", "kind": "configmaps"])
    }
  }

  @Test("a name that is no DNS label is 422 with its field", arguments: Endpoint.available)
  func invalidName(_ endpoint: Endpoint) async throws {
    let api = try await endpoint.api()
    let answer = try await api.call(
      "POST", "/api/v1/namespaces",
      [
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "Not_A_Label"],
      ])
    #expect(answer.code == 422)
    #expect(answer.reason == "Invalid")
    #expect(answer.causes == ["metadata.name"])
  }

  @Test("generateName makes a name", arguments: Endpoint.available)
  func generateName(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      var object = API.configMap("x")
      object["metadata"] = ["generateName": "made-"]
      let answer = try await api.call("POST", "/api/v1/namespaces/\(name)/configmaps", object)
      #expect(answer.code == 201)
      let made = answer.body[path: ["metadata", "name"]]?.text ?? ""
      #expect(made.hasPrefix("made-") && made.count == 10)
    }
  }

  @Test("malformed, mistyped and misplaced bodies are refused", arguments: Endpoint.available)
  func badBodies(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      #expect(try await api.call("POST", path, text: "{nope", type: "application/json").code == 400)
      #expect(try await api.call("POST", path, text: "hello", type: "text/plain").code == 415)
      #expect(try await api.call("POST", path, API.configMap("a", ["k": 1])).code == 400)
      var elsewhere = API.configMap("a")
      elsewhere[path: ["metadata", "namespace"]] = "other"
      #expect(try await api.call("POST", path, elsewhere).code == 400)
      #expect(try await api.call("POST", path, API.quota("a", [:])).code == 400)
    }
  }

  @Test("an update needs the present resourceVersion, if it gives one", arguments: Endpoint.available)
  func updateConflict(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      let first = try await api.call("POST", path, API.configMap("a", ["k": "1"]))
      let second = try await api.call("PUT", "\(path)/a", API.configMap("a", ["k": "2"]))
      #expect(second.code == 200)
      var stale = API.configMap("a", ["k": "3"])
      stale[path: ["metadata", "resourceVersion"]] = first.revision.map { .string($0) }
      let refused = try await api.call("PUT", "\(path)/a", stale)
      #expect(refused.code == 409)
      #expect(refused.reason == "Conflict")
      stale[path: ["metadata", "resourceVersion"]] = second.revision.map { .string($0) }
      #expect(try await api.call("PUT", "\(path)/a", stale).code == 200)
      #expect(try await api.call("PUT", "\(path)/b", API.configMap("a")).code == 400)
      #expect(try await api.call("PUT", "\(path)/b", API.configMap("b")).code == 404)
    }
  }

  @Test("an update that changes nothing keeps the resourceVersion", arguments: Endpoint.available)
  func emptyUpdate(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      let first = try await api.call("POST", path, API.configMap("a", ["k": "1"]))
      let second = try await api.call("PATCH", "\(path)/a", [:], type: API.merge)
      #expect(second.code == 200)
      #expect(second.revision == first.revision)
    }
  }

  @Test("merge patch sets and removes", arguments: Endpoint.available)
  func mergePatch(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      _ = try await api.call("POST", path, API.configMap("a", ["k": "1", "l": "1"]))
      let patched = try await api.call("PATCH", "\(path)/a", ["data": ["k": .null, "m": "2"]], type: API.merge)
      #expect(patched.body["data"] == ["l": "1", "m": "2"])
    }
  }

  @Test("strategic merge patch merges finalizers as a set", arguments: Endpoint.available)
  func strategicPatch(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps/a"
      var object = API.configMap("a")
      object[path: ["metadata", "finalizers"]] = ["test.example/one"]
      _ = try await api.call("POST", "/api/v1/namespaces/\(name)/configmaps", object)
      let more = try await api.call(
        "PATCH", path, ["metadata": ["finalizers": ["test.example/two"]]], type: API.strategic)
      #expect(
        Set(more.body[path: ["metadata", "finalizers"]]?.texts ?? []) == ["test.example/one", "test.example/two"])
      let fewer = try await api.call(
        "PATCH", path, ["metadata": ["$deleteFromPrimitiveList/finalizers": ["test.example/one"]]], type: API.strategic)
      #expect(fewer.body[path: ["metadata", "finalizers"]] == ["test.example/two"])
      let none = try await api.call("PATCH", path, ["metadata": ["finalizers": .null]], type: API.strategic)
      #expect(none.body[path: ["metadata", "finalizers"]] == nil)
    }
  }

  @Test("JSON patch: a failed test changes nothing", arguments: Endpoint.available)
  func jsonPatch(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps/a"
      _ = try await api.call("POST", "/api/v1/namespaces/\(name)/configmaps", API.configMap("a", ["k": "1"]))
      let failed = try await api.call(
        "PATCH", path,
        [["op": "replace", "path": "/data/k", "value": "2"], ["op": "test", "path": "/data/k", "value": "9"]],
        type: API.jsonPatch)
      #expect(failed.code == 422)
      let done = try await api.call(
        "PATCH", path, [["op": "add", "path": "/data/l", "value": "2"], ["op": "remove", "path": "/data/k"]],
        type: API.jsonPatch)
      #expect(done.body["data"] == ["l": "2"])
      #expect(try await api.call("PATCH", path, text: "{}", type: "text/plain").code == 415)
    }
  }

  @Test("dryRun=All answers and stores nothing", arguments: Endpoint.available)
  func dryRun(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      #expect(try await api.call("POST", "\(path)?dryRun=All", API.configMap("a")).code == 201)
      #expect(try await api.call("GET", "\(path)/a").code == 404)
      #expect(try await api.call("POST", "\(path)?dryRun=Some", API.configMap("a")).code == 422)
      _ = try await api.call("POST", path, API.configMap("a", ["k": "1"]))
      let trial = try await api.call("PATCH", "\(path)/a?dryRun=All", ["data": ["k": "2"]], type: API.merge)
      #expect(trial.body["data"] == ["k": "2"])
      #expect(try await api.call("DELETE", "\(path)/a?dryRun=All").code == 200)
      #expect(try await api.call("GET", "\(path)/a").body["data"] == ["k": "1"])
    }
  }

  @Test("an immutable ConfigMap keeps its data", arguments: Endpoint.available)
  func immutable(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      var object = API.configMap("a", ["k": "1"])
      object["immutable"] = true
      _ = try await api.call("POST", "/api/v1/namespaces/\(name)/configmaps", object)
      let refused = try await api.call(
        "PATCH", "/api/v1/namespaces/\(name)/configmaps/a", ["data": ["k": "2"]], type: API.merge)
      #expect(refused.code == 422)
      #expect(refused.causes == ["data"])
    }
  }

  @Test("SelfSubjectAccessReview says what the caller may do", arguments: Endpoint.available)
  func accessReview(_ endpoint: Endpoint) async throws {
    let api = try await endpoint.api()
    let answer = try await api.call(
      "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      [
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": ["resourceAttributes": ["verb": "create", "resource": "namespaces"]],
      ])
    #expect(answer.code == 201)
    #expect(answer.body[path: ["status", "allowed"]] == true)
  }

  @Test("a wrong token is 401 with a Status", arguments: Endpoint.available)
  func unauthorized(_ endpoint: Endpoint) async throws {
    var api = try await endpoint.api()
    api.token = "wrong"
    let answer = try await api.call("GET", "/api/v1/namespaces")
    #expect(answer.code == 401)
    #expect(answer.reason == "Unauthorized")
  }
}
