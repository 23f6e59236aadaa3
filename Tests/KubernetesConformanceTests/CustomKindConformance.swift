import Testing

@testable import SimulatedCluster

/// Argo CD's Applications stand for all kinds that an API server is not built with.
@Suite("Kubernetes API: a kind that a definition has added")
struct CustomKindConformance {
  private static let group = "/apis/argoproj.io/v1alpha1"

  private func application(_ name: String, sync: String = "Synced") -> JSONValue {
    [
      "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
      "metadata": ["name": .string(name), "labels": ["n": .string(name)]],
      "spec": ["project": "default"], "status": ["sync": ["status": .string(sync)]],
    ]
  }

  private func path(_ namespace: String, _ name: String = "") -> String {
    "\(Self.group)/namespaces/\(namespace)/applications\(name.isEmpty ? "" : "/\(name)")"
  }

  @Test(
    "its status is a field as any other, and its generation counts changes outside of the metadata",
    arguments: Endpoint.available)
  func generation(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let made = try await api.call("POST", path(name), application("a"))
      #expect(made.code == 201 && made.body[path: ["status", "sync", "status"]] == "Synced")
      #expect(made.body[path: ["metadata", "generation"]] == 1)
      let labelled = try await api.call(
        "PATCH", path(name, "a"), ["metadata": ["labels": ["more": "yes"]]], type: API.merge)
      #expect(labelled.code == 200 && labelled.body[path: ["metadata", "generation"]] == 1)
      let told = try await api.call(
        "PATCH", path(name, "a"), ["status": ["sync": ["status": "OutOfSync"]]], type: API.merge)
      #expect(told.body[path: ["status", "sync", "status"]] == "OutOfSync")
      #expect(told.body[path: ["metadata", "generation"]] == 2)
      #expect(try await api.call("GET", path(name, "a")).body[path: ["metadata", "generation"]] == 2)
    }
  }

  @Test("what has no type of its own is refused", arguments: Endpoint.available)
  func untyped(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      #expect(try await api.call("POST", path(name), ["metadata": ["name": "a"]]).code == 400)
    }
  }

  @Test(
    "a replacement has to say what it replaces; a strategic merge patch is not known",
    arguments: Endpoint.available)
  func writing(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let made = try await api.call("POST", path(name), application("a"))
      let blind = try await api.call("PUT", path(name, "a"), application("a", sync: "Unknown"))
      #expect(blind.code == 422 && blind.causes == ["metadata.resourceVersion"])
      var next = application("a", sync: "Unknown")
      next[path: ["metadata", "resourceVersion"]] = .string(made.revision ?? "")
      #expect(try await api.call("PUT", path(name, "a"), next).code == 200)
      #expect(try await api.call("PUT", path(name, "b"), application("b")).code == 404)
      let patch: JSONValue = ["metadata": ["labels": ["more": "yes"]]]
      #expect(try await api.call("PATCH", path(name, "a"), patch, type: API.strategic).code == 415)
    }
  }

  @Test("server-side apply makes it, and leaves others' fields to them", arguments: Endpoint.available)
  func applying(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      let applied = path(name, "a") + "?fieldManager=one"
      #expect(try await api.call("PATCH", applied, application("a"), type: API.apply).code == 201)
      let other = path(name, "a") + "?fieldManager=two"
      let label: JSONValue = [
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": ["name": "a", "labels": ["n": "theirs"]],
      ]
      let conflict = try await api.call("PATCH", other, label, type: API.apply)
      #expect(conflict.code == 409 && conflict.causes == [".metadata.labels.n"])
      #expect(try await api.call("PATCH", other + "&force=true", label, type: API.apply).code == 200)
    }
  }

  @Test("the items of a list carry their type, and a watch goes on from it", arguments: Endpoint.available)
  func reading(_ endpoint: Endpoint) async throws {
    try await endpoint.withNamespace { (api, name) async throws in
      _ = try await api.call("POST", path(name), application("a"))
      let list = try await api.call("GET", path(name) + "?labelSelector=n=a")
      #expect(list.body["kind"] == "ApplicationList" && list.names == ["a"])
      #expect(list.body["items"]?.list?.first?["kind"] == "Application")
      _ = try await api.call("PATCH", path(name, "a"), ["status": ["health": ["status": "Healthy"]]], type: API.merge)
      let gone = try await api.call("DELETE", path(name, "a"))
      #expect(gone.code == 200 && gone.body[path: ["details", "kind"]] == "applications")
      let revision = try #require(list.revision)
      let events = try await api.watch(path(name) + "?watch=true&resourceVersion=\(revision)", count: 2)
      #expect(events.compactMap { $0["type"]?.text } == ["MODIFIED", "DELETED"])
      #expect(try await api.call("GET", path(name, "a")).code == 404)
    }
  }
}
