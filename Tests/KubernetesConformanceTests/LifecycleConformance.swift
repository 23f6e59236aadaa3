import Testing

@testable import SimulatedCluster

@Suite("Kubernetes API: quotas, defaults and endings")
struct LifecycleConformance {
  @Test("quantities are kept in canonical form", arguments: Endpoint.available)
  func quantities(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let answer = try await api.call(
        "POST", "/api/v1/namespaces/\(name)/resourcequotas",
        API.quota(
          "q",
          [
            "requests.cpu": "1000m", "limits.cpu": .number(1.5), "requests.memory": "1024Mi",
            "limits.memory": "0.5Gi", "pods": 2,
          ]))
      #expect(
        answer.body[path: ["spec", "hard"]] == [
          "requests.cpu": "1", "limits.cpu": "1500m", "requests.memory": "1Gi", "limits.memory": "512Mi", "pods": "2",
        ])
      let path = "/api/v1/namespaces/\(name)/resourcequotas"
      #expect(try await api.call("POST", path, API.quota("r", ["pods": "zz"])).code == 400)
      let negative = try await api.call("POST", path, API.quota("r", ["pods": "-1"]))
      #expect(negative.code == 422)
      #expect(Set(negative.causes) == ["spec.hard[pods]"])
    }
  }

  @Test("a quota's status is filled, and follows its spec", arguments: Endpoint.available)
  func quotaStatus(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/resourcequotas"
      let created = try await api.call("POST", path, API.quota("q", ["pods": "2", "requests.cpu": "1"]))
      #expect(created.body["status"] == [:])
      let filled = try await api.poll("\(path)/q") { $0.body[path: ["status", "hard"]] != nil }
      #expect(filled.body[path: ["status", "hard"]] == ["pods": "2", "requests.cpu": "1"])
      #expect(filled.body[path: ["status", "used"]] == ["pods": "0", "requests.cpu": "0"])
      _ = try await api.call("PATCH", "\(path)/q", ["spec": ["hard": ["pods": "5"]]], type: API.merge)
      _ = try await api.poll("\(path)/q") { $0.body[path: ["status", "hard", "pods"]] == "5" }
    }
  }

  @Test("the main URL does not write status, the status URL writes nothing else", arguments: Endpoint.available)
  func statusSubresource(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/resourcequotas"
      _ = try await api.call("POST", path, API.quota("q", ["pods": "2"]))
      _ = try await api.poll("\(path)/q") { $0.body[path: ["status", "used"]] != nil }
      let change: JSONValue = ["spec": ["hard": ["pods": "9"]], "status": ["used": ["pods": "7"]]]
      let status = try await api.call("PATCH", "\(path)/q/status", change, type: API.merge)
      #expect(status.body[path: ["spec", "hard", "pods"]] == "2")
      #expect(status.body[path: ["status", "used", "pods"]] == "7")
      let main = try await api.call("PATCH", "\(path)/q", ["status": ["used": ["pods": "3"]]], type: API.merge)
      #expect(main.body[path: ["status", "used", "pods"]] != "3")
    }
  }

  @Test("a pod that asks for more than the quota is refused, one that fits is not", arguments: Endpoint.available)
  func quotaAdmission(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/resourcequotas"
      _ = try await api.call("POST", path, API.quota("q", ["pods": "2", "requests.cpu": "1"]))
      _ = try await api.poll("\(path)/q") { $0.body[path: ["status", "used"]] != nil }
      let pods = "/api/v1/namespaces/\(name)/pods?dryRun=All"
      // A real server refuses pods until the namespace has its service account, and lets them in until it has heard of
      // the quota.
      let silent = try await api.poll(pods, creating: API.pod([:])) {
        $0.code == 403 && !$0.message.contains("service account")
      }
      #expect(silent.code == 403)
      #expect(silent.message == "pods \"trial\" is forbidden: failed quota: q: must specify requests.cpu")
      let large = try await api.call("POST", pods, API.pod(["requests": ["cpu": "1500m"]]))
      #expect(large.code == 403)
      #expect(
        large.message
          == "pods \"trial\" is forbidden: exceeded quota: q, requested: requests.cpu=1500m, used: requests.cpu=0, "
          + "limited: requests.cpu=1")
      #expect(try await api.call("POST", pods, API.pod(["requests": ["cpu": "1"]])).code == 201)
      #expect(try await api.call("GET", "/api/v1/namespaces/\(name)/pods").names.isEmpty)
    }
  }

  @Test("objects are counted against a quota as they are let in", arguments: Endpoint.available)
  func countedObjects(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/resourcequotas"
      _ = try await api.call("POST", path, API.quota("q", ["count/limitranges": "1", "count/resourcequotas": "1"]))
      _ = try await api.poll("\(path)/q") { $0.body[path: ["status", "used"]] != nil }
      // A real server lets in by a list of quotas that comes a moment after the status; only a refusal shows that it has this
      // one.
      let second = API.quota("second", ["pods": "1"])
      _ = try await api.poll("\(path)?dryRun=All", creating: second) { $0.code == 403 }
      let range = { (name: String) -> JSONValue in
        [
          "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": .string(name)],
          "spec": ["limits": [["type": "Container", "max": ["cpu": "1"]]]],
        ]
      }
      let ranges = "/api/v1/namespaces/\(name)/limitranges"
      #expect(try await api.call("POST", ranges, range("a")).code == 201)
      let used = try await api.call("GET", "\(path)/q").body[path: ["status", "used"]]
      #expect(used == ["count/limitranges": "1", "count/resourcequotas": "1"])
      let refused = try await api.call("POST", ranges, range("b"))
      #expect(refused.code == 403)
      #expect(refused.message.contains("exceeded quota: q, requested: count/limitranges=1"))
    }
  }

  @Test("container limits default from max, and hold pods", arguments: Endpoint.available)
  func limitRange(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/limitranges"
      let range: JSONValue = [
        "apiVersion": "v1", "kind": "LimitRange", "metadata": ["name": "l"],
        "spec": ["limits": [["type": "Container", "max": ["cpu": "2"], "defaultRequest": ["memory": "0.5Gi"]]]],
      ]
      let created = try await api.call("POST", path, range)
      #expect(
        created.body[path: ["spec", "limits"]] == [
          [
            "type": "Container", "max": ["cpu": "2"], "default": ["cpu": "2"],
            "defaultRequest": ["cpu": "2", "memory": "512Mi"],
          ]
        ])
      var wrong = range
      wrong[path: ["metadata", "name"]] = "w"
      wrong[path: ["spec", "limits"]] = [["type": "Container", "max": ["cpu": "2"], "min": ["cpu": "3"]]]
      #expect(try await api.call("POST", path, wrong).code == 422)
    }
  }

  @Test("a network policy's types and protocols default; wrong ports are refused", arguments: Endpoint.available)
  func networkPolicy(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/apis/networking.k8s.io/v1/namespaces/\(name)/networkpolicies"
      var policy: JSONValue = [
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "p"],
        "spec": ["podSelector": [:], "egress": [["ports": [["port": 53]]]]],
      ]
      let created = try await api.call("POST", path, policy)
      #expect(created.body[path: ["spec", "policyTypes"]] == ["Ingress", "Egress"])
      #expect(created.body[path: ["spec", "egress"]] == [["ports": [["port": 53, "protocol": "TCP"]]]])
      #expect(created.body[path: ["metadata", "generation"]] == 1)
      let changed = try await api.call("PATCH", "\(path)/p", ["spec": ["egress": .null]], type: API.merge)
      #expect(changed.body[path: ["metadata", "generation"]] == 2)
      policy[path: ["metadata", "name"]] = "w"
      policy[path: ["spec", "egress"]] = [["ports": [["port": 70_000]]]]
      let refused = try await api.call("POST", path, policy)
      #expect(refused.code == 422)
      #expect(refused.causes == ["spec.egress[0].ports[0].port"])
    }
  }

  @Test("a deletion keeps to its preconditions", arguments: Endpoint.available)
  func preconditions(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      let created = try await api.call("POST", path, API.configMap("a"))
      #expect(try await api.call("DELETE", "\(path)/a", ["preconditions": ["uid": "other"]]).code == 409)
      #expect(try await api.call("DELETE", "\(path)/a", ["preconditions": ["resourceVersion": "1"]]).code == 409)
      let right: JSONValue = [
        "preconditions": [
          "uid": created.body[path: ["metadata", "uid"]] ?? "", "resourceVersion": .string(created.revision ?? ""),
        ]
      ]
      let gone = try await api.call("DELETE", "\(path)/a", right)
      #expect(gone.code == 200)
      #expect(gone.body["status"] == "Success")
      #expect(try await api.call("DELETE", "\(path)/a").code == 404)
    }
  }

  @Test("a finalizer holds a deleted object until it is taken away", arguments: Endpoint.available)
  func finalizers(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)/configmaps"
      var object = API.configMap("a")
      object[path: ["metadata", "finalizers"]] = ["test.example/hold"]
      _ = try await api.call("POST", path, object)
      let marked = try await api.call("DELETE", "\(path)/a")
      #expect(marked.body[path: ["metadata", "deletionTimestamp"]]?.text != nil)
      let added = try await api.call(
        "PATCH", "\(path)/a", ["metadata": ["finalizers": ["test.example/hold", "test.example/more"]]], type: API.merge)
      #expect(added.code == 422)
      #expect(try await api.call("GET", "\(path)/a").code == 200)
      let freed = try await api.call("PATCH", "\(path)/a", ["metadata": ["finalizers": .null]], type: API.merge)
      #expect(freed.code == 200)
      #expect(try await api.call("GET", "\(path)/a").code == 404)
    }
  }

  @Test("a deleted namespace takes nothing new, empties itself and goes", arguments: Endpoint.available)
  func termination(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let path = "/api/v1/namespaces/\(name)"
      var held = API.configMap("held")
      held[path: ["metadata", "finalizers"]] = ["test.example/hold"]
      _ = try await api.call("POST", "\(path)/configmaps", held)
      _ = try await api.call("POST", "\(path)/configmaps", API.configMap("free"))
      let marked = try await api.call("DELETE", path)
      #expect(marked.code == 200)
      #expect(marked.body[path: ["status", "phase"]] == "Terminating")
      let late = try await api.call("POST", "\(path)/configmaps", API.configMap("late"))
      #expect(late.code == 403)
      #expect(late.body[path: ["details", "causes"]]?.list?.first?["reason"] == "NamespaceTerminating")
      _ = try await api.poll("\(path)/configmaps/free") { $0.code == 404 }
      #expect(try await api.call("GET", path).code == 200)
      _ = try await api.call("PATCH", "\(path)/configmaps/held", ["metadata": ["finalizers": .null]], type: API.merge)
      _ = try await api.poll(path) { $0.code == 404 }
    }
  }

  @Test("the default namespace may not be deleted", arguments: Endpoint.available)
  func defaultNamespace(_ endpoint: Endpoint) async throws {
    let api = try await endpoint.api()
    let answer = try await api.call("DELETE", "/api/v1/namespaces/default")
    #expect(answer.code == 403)
    #expect(answer.message == "namespaces \"default\" is forbidden: this namespace may not be deleted")
  }

  @Test("content needs its namespace", arguments: Endpoint.available)
  func missingNamespace(_ endpoint: Endpoint) async throws {
    let api = try await endpoint.api()
    let answer = try await api.call("POST", "/api/v1/namespaces/not-there/configmaps", API.configMap("a"))
    #expect(answer.code == 404)
    #expect(answer.body["details"] == ["name": "not-there", "kind": "namespaces"])
  }
}
