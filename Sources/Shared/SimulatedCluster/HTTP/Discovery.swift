/// What the server says it serves.
enum Discovery {
  /// The version whose behaviour is simulated.
  static let version: JSONValue = [
    "major": "1", "minor": "20", "gitVersion": "v1.20.2+regie-simulated", "gitCommit": "", "gitTreeState": "clean",
    "buildDate": "2021-01-13T13:20:00Z", "goVersion": "none", "compiler": "swift", "platform": "linux/amd64",
  ]

  static let coreVersions: JSONValue = [
    "kind": "APIVersions", "versions": ["v1"],
    "serverAddressByClientCIDRs": [],
  ]

  static func groups(without absent: Set<String>) -> JSONValue {
    [
      "kind": "APIGroupList", "apiVersion": "v1",
      "groups": .array(
        Route.groupNames.filter { !absent.contains($0) }.map { name in
          var group = group(name)
          group["kind"] = nil
          group["apiVersion"] = nil
          return group
        }),
    ]
  }

  static func group(_ name: String) -> JSONValue {
    let number = Route.version(of: name)
    let version: JSONValue = ["groupVersion": .string("\(name)/\(number)"), "version": .string(number)]
    return [
      "kind": "APIGroup", "apiVersion": "v1", "name": .string(name), "versions": [version],
      "preferredVersion": version,
    ]
  }

  static func resources(group: String) -> JSONValue {
    var entries = ResourceKind.allCases.filter { $0.group == group }.flatMap(entries)
    if group == "authorization.k8s.io" {
      entries.append([
        "name": "selfsubjectaccessreviews", "singularName": "", "namespaced": false,
        "kind": "SelfSubjectAccessReview", "verbs": ["create"],
      ])
    }
    return [
      "kind": "APIResourceList", "apiVersion": "v1",
      "groupVersion": .string(group.isEmpty ? "v1" : "\(group)/\(Route.version(of: group))"),
      "resources": .array(entries),
    ]
  }

  private static func entries(_ kind: ResourceKind) -> [JSONValue] {
    let verbs: [String] =
      kind == .pod
      ? ["create", "get", "list", "watch"]
      : ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    // Real namespaces have no deletecollection either.
    let served = kind == .namespace ? verbs.filter { $0 != "deletecollection" } : verbs
    var main: [String: JSONValue] = [
      "name": .string(kind.resource), "singularName": "", "namespaced": .bool(kind.isNamespaced),
      "kind": .string(kind.kind), "verbs": strings(served), "shortNames": strings(kind.shortNames),
    ]
    // What `kubectl get all` shows; of these kinds only pods are in it.
    if kind == .pod { main["categories"] = ["all"] }
    return [.object(main)]
      + kind.subresources.map { part in
        [
          "name": .string("\(kind.resource)/\(part.rawValue)"), "singularName": "",
          "namespaced": .bool(kind.isNamespaced), "kind": .string(kind.kind),
          "verbs": strings(part == .finalize ? ["update"] : ["get", "patch", "update"]),
        ]
      }
  }

  private static func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }

  /// No schema is published: clients skip their own validation. `kubectl` only reads the Protobuf form.
  static func openAPI(_ request: APIRequest) -> APIReply {
    let type = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    if request.accepted.contains(where: { $0.hasPrefix(type) }) {
      // Field 1 (`swagger`) = "2.0".
      return .bytes(200, "application/octet-stream", [0x0A, 0x03] + Array("2.0".utf8))
    }
    return .json(
      200, ["swagger": "2.0", "info": ["title": "Régie simulated cluster", "version": "v1.20.2"], "paths": [:]])
  }
}
