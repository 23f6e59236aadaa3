import Testing

@testable import SimulatedCluster

@Suite("Kubernetes API: lists and watches")
struct ReadingConformance {
  private func fill(_ api: API, _ namespace: String, _ names: [String]) async throws {
    for name in names {
      let object = API.configMap(name, labels: ["n": .string(name), "test": "yes"])
      _ = try await api.call("POST", "/api/v1/namespaces/\(namespace)/configmaps", object)
    }
  }

  private func types(_ events: [JSONValue]) -> [String] { events.compactMap { $0["type"]?.text } }

  @Test("label selectors choose", arguments: Endpoint.available)
  func labels(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      try await fill(api, name, ["a", "b", "c"])
      let path = "/api/v1/namespaces/\(name)/configmaps?labelSelector="
      #expect(try await api.call("GET", path + "n=a").names == ["a"])
      #expect(try await api.call("GET", path + "n+in+(a,c),!z").names == ["a", "c"])
      #expect(try await api.call("GET", path + "test,n!=b").names == ["a", "c"])
      #expect(try await api.call("GET", path + "test,n+notin+(a)").names == ["b", "c"])
      #expect(try await api.call("GET", path + "a===").code == 400)
    }
  }

  @Test("field selectors choose by name; an unknown field is 400", arguments: Endpoint.available)
  func fields(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      try await fill(api, name, ["a", "b"])
      let path = "/api/v1/namespaces/\(name)/configmaps?fieldSelector="
      #expect(try await api.call("GET", path + "metadata.name=b").names == ["b"])
      #expect(try await api.call("GET", path + "data.k=b").code == 400)
    }
  }

  @Test("items of a list carry no type; the list does", arguments: Endpoint.available)
  func listShape(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      try await fill(api, name, ["a"])
      let list = try await api.call("GET", "/api/v1/namespaces/\(name)/configmaps?labelSelector=test")
      #expect(list.body["kind"] == "ConfigMapList")
      #expect(list.body["items"]?.list?.first?["kind"] == nil)
      #expect(list.revision.flatMap { UInt64($0) } != nil)
    }
  }

  @Test("pages show one revision, whatever happens between them", arguments: Endpoint.available)
  func paging(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      // Events: no controller adds any of its own here, so that the count is exact.
      for event in ["a", "b", "c", "d", "e"] {
        let object: JSONValue = [
          "apiVersion": "v1", "kind": "Event",
          "metadata": ["name": .string(event), "namespace": .string(name)],
          "involvedObject": ["kind": "Namespace", "name": .string(name), "namespace": .string(name)],
        ]
        #expect(try await api.call("POST", "/api/v1/namespaces/\(name)/events", object).code == 201)
      }
      let path = "/api/v1/namespaces/\(name)/events"
      let first = try await api.call("GET", "\(path)?limit=2")
      #expect(first.names == ["a", "b"])
      #expect(first.body[path: ["metadata", "remainingItemCount"]] == 3)
      _ = try await api.call("DELETE", "\(path)/d")
      let token = first.body[path: ["metadata", "continue"]]?.text ?? ""
      let second = try await api.call("GET", "\(path)?limit=10&continue=\(token)")
      #expect(second.names == ["c", "d", "e"])
      #expect(second.revision == first.revision)
      #expect(second.body[path: ["metadata", "continue"]] == nil)
      #expect(try await api.call("GET", "\(path)?continue=nonsense").code == 400)
    }
  }

  @Test("pages of all namespaces neither lose nor repeat an object", arguments: Endpoint.available)
  func pagingNamespaces(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      // In keys a dash comes before the slash that ends a namespace's name.
      let beside = "\(name)-x"
      let space: JSONValue = [
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(beside)],
      ]
      #expect(try await api.call("POST", "/api/v1/namespaces", space).code == 201)
      for (namespace, object) in [(name, "y"), (name, "z"), (beside, "a"), (beside, "b")] {
        let labelled = API.configMap(object, labels: ["pair": .string(name)])
        #expect(try await api.call("POST", "/api/v1/namespaces/\(namespace)/configmaps", labelled).code == 201)
      }
      let path = "/api/v1/configmaps?labelSelector=pair=\(name)&limit=1"
      var names: [String] = []
      var token: String? = ""
      while let next = token, names.count < 10 {
        let page = try await api.call("GET", next.isEmpty ? path : "\(path)&continue=\(next)")
        names += page.names
        token = page.body[path: ["metadata", "continue"]]?.text
      }
      #expect(names == ["a", "b", "y", "z"])
      _ = try await api.call("DELETE", "/api/v1/namespaces/\(beside)")
    }
  }

  @Test("a revision of the future is 504, one that is no number is refused", arguments: Endpoint.available)
  func revisions(_ endpoint: Endpoint) async throws {
    let api = try await endpoint.api()
    let future = try await api.call("GET", "/api/v1/configmaps?resourceVersion=9999999999")
    #expect(future.code == 504)
    #expect(future.reason == "Timeout")
    #expect(try await api.call("GET", "/api/v1/configmaps?resourceVersion=abc").code >= 400)
    #expect(try await api.call("GET", "/api/v1/configmaps?resourceVersionMatch=Exact").code == 422)
  }

  @Test("a watch from a list's revision tells what came after, in order", arguments: Endpoint.available)
  func watch(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      let revision = try await api.call("GET", path).revision ?? ""
      async let events = api.watch("\(path)?watch=true&labelSelector=test&resourceVersion=\(revision)", count: 3)
      try await fill(api, name, ["a"])
      _ = try await api.call("PATCH", "\(path)/a", ["data": ["k": "1"]], type: API.merge)
      _ = try await api.call("DELETE", "\(path)/a")
      let seen = try await events
      #expect(types(seen) == ["ADDED", "MODIFIED", "DELETED"])
      let revisions = seen.compactMap {
        $0[path: ["object", "metadata", "resourceVersion"]]?.text.flatMap { UInt64($0) }
      }
      #expect(revisions.count == 3 && revisions == revisions.sorted() && Set(revisions).count == 3)
      #expect(seen.allSatisfy { $0[path: ["object", "kind"]] == "ConfigMap" })
    }
  }

  @Test("a watch without a revision starts with what there is", arguments: Endpoint.available)
  func watchFromNothing(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      try await fill(api, name, ["a", "b"])
      // Not for a second: a busy server may need that before it tells of the first.
      async let events = api.watch("/api/v1/namespaces/\(name)/configmaps?watch=true&labelSelector=test", count: 3)
      // What comes after the two there were, whenever the watch begins, shows that there is nothing else.
      try await fill(api, name, ["c"])
      let seen = try await events
      #expect(types(seen) == ["ADDED", "ADDED", "ADDED"])
      let names = seen.compactMap { $0[path: ["object", "metadata", "name"]]?.text }
      #expect(names.sorted() == ["a", "b", "c"])
    }
  }

  @Test("an object that stops matching a watch's selector is DELETED for it", arguments: Endpoint.available)
  func leavingSelector(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      let revision = try await api.call("GET", path).revision ?? ""
      async let events = api.watch("\(path)?watch=true&labelSelector=n=a&resourceVersion=\(revision)", count: 3)
      try await fill(api, name, ["a", "b"])
      for value in ["z", "a"] {
        _ = try await api.call("PATCH", "\(path)/a", ["metadata": ["labels": ["n": .string(value)]]], type: API.merge)
      }
      #expect(types(try await events) == ["ADDED", "DELETED", "ADDED"])
    }
  }

  @Test("timeoutSeconds ends a watch", arguments: Endpoint.available)
  func watchTimeout(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps?watch=true&labelSelector=test&timeoutSeconds=1"
      #expect(try await api.watch(path).isEmpty)
    }
  }
}
