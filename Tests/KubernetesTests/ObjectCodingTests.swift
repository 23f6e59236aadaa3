import Foundation
import Testing

@testable import Kubernetes

/// Bodies: exactly what is owned goes out, whatever is there comes in.
struct ObjectCodingTests {
  private func json<Object: KubernetesObject>(_ object: Object) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(Manifest(resource: Object.resource, body: object)), as: UTF8.self)
  }

  @Test func `a body holds what was set, its kind and nothing else`() throws {
    let quota = ResourceQuota(
      metadata: ObjectMeta(name: "q", namespace: "a", labels: ["x": "y"]), spec: .init(hard: ["pods": "5"]))
    #expect(
      try json(quota)
        == #"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"labels":{"x":"y"},"name":"q","namespace":"a"},"#
        + #""spec":{"hard":{"pods":"5"}}}"#
    )
    #expect(
      try json(Namespace(metadata: ObjectMeta(name: "a")))
        == #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#)
  }

  @Test func `a network policy with ports by number and name keeps them`() throws {
    let policy = NetworkPolicy(
      metadata: ObjectMeta(name: "p", namespace: "a"),
      spec: .init(
        policyTypes: ["Ingress", "Egress"], ingress: [],
        egress: [
          .init(
            ports: [.init(protocol: "UDP", port: 53), .init(port: "dns")],
            to: [.init(namespaceSelector: LabelSelector(matchLabels: ["n": "kube-system"]))])
        ]))
    let text = try json(policy)
    #expect(text.contains(#""apiVersion":"networking.k8s.io/v1""#))
    #expect(text.contains(#""ports":[{"port":53,"protocol":"UDP"},{"port":"dns"}]"#))
    #expect(text.contains(#""podSelector":{}"#) && text.contains(#""ingress":[]"#))
    #expect(try JSONDecoder().decode(NetworkPolicy.self, from: Data(text.utf8)) == policy)
  }

  @Test func `who owns a field is read from the managed fields`() throws {
    let text = #"""
      {"name":"q","managedFields":[
        {"manager":"regie","operation":"Apply","fieldsV1":{"f:spec":{"f:hard":{".":{},"f:pods":{}}}}},
        {"manager":"edit","operation":"Update","time":"2026-01-02T03:04:05Z",
         "fieldsV1":{"f:spec":{"f:hard":{"f:cpu":{}}}}}]}
      """#
    let metadata = try JSONDecoder().decode(ObjectMeta.self, from: Data(text.utf8))
    #expect(metadata.managers(of: ["spec", "hard", "pods"]) == ["regie"])
    #expect(metadata.managers(of: ["spec", "hard"]) == ["regie", "edit"])
    #expect(metadata.managers(of: ["spec", "scopes"]).isEmpty)
  }

  @Test func `any JSON survives a round trip`() throws {
    let text = #"{"a":[1,2.5,true,null,"x",{"b":{}}]}"#
    let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    #expect(
      value["a"] == .array([.number(1), .number(2.5), .bool(true), .null, .string("x"), .object(["b": .object([:])])]))
    #expect(value["z"] == nil && value["a"]?["b"] == nil)
    let again = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    #expect(again == value)
  }

  @Test func `addresses escape what names may not hold`() {
    #expect(ObjectPath(.resourceQuotas, "q", in: "a").address == "/api/v1/namespaces/a/resourcequotas/q")
    #expect(ObjectPath(.namespaces, "a", in: "ignored").address == "/api/v1/namespaces/a")
    #expect(APIResource.networkPolicies.address(in: nil) == "/apis/networking.k8s.io/v1/networkpolicies")
    #expect(ObjectPath(.configMaps, "../x?y", in: "a/b").address == "/api/v1/namespaces/a%2Fb/configmaps/..%2Fx%3Fy")
    #expect(URLText.query([("a", "b=c,d in (é)")]) == "?a=b%3Dc%2Cd%20in%20%28%C3%A9%29")
  }

  @Test func `events of a watch are told apart`() throws {
    func event(_ text: String) throws -> WatchEvent<Label> {
      try JSONDecoder().decode(WatchEvent<Label>.self, from: Data(text.utf8))
    }
    let object = #"{"metadata":{"name":"n","uid":"u","resourceVersion":"7"},"label":"x"}"#
    let observed = Observed(identity: .init(name: "n", uid: "u", resourceVersion: "7"), value: Label(label: "x"))
    #expect(try event(#"{"type":"ADDED","object":\#(object)}"#) == .added(observed))
    #expect(try event(#"{"type":"MODIFIED","object":\#(object)}"#) == .modified(observed))
    #expect(try event(#"{"type":"DELETED","object":\#(object)}"#) == .deleted(observed))
    #expect(
      try event(#"{"type":"BOOKMARK","object":{"kind":"X","metadata":{"resourceVersion":"9"}}}"#)
        == .bookmark(resourceVersion: "9"))
    #expect(try event(#"{"type":"ERROR","object":{"code":410}}"#) == .error(Status(status: nil, code: 410)))
    #expect(throws: DecodingError.self) { try event(#"{"type":"NEW","object":{}}"#) }
  }

  @Test func `a list of none may say null`() throws {
    let text = #"{"metadata":{"resourceVersion":"5","continue":""},"items":null}"#
    let list = try JSONDecoder().decode(ObjectList<Label>.self, from: Data(text.utf8))
    #expect(list.items.isEmpty && list.resourceVersion == "5" && list.continueToken == nil)
  }
}

/// A projection with a single field.
struct Label: Decodable, Sendable, Equatable {
  var label: String
}
