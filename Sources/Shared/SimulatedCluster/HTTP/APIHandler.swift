import Foundation

/// Answers requests from a store: the whole API, without a socket or a clock.
struct APIHandler {
  var now: Date

  func handle(_ request: APIRequest, store: inout ClusterStore) -> APIReply {
    do throws(StatusError) {
      return try answer(request, store: &store)
    } catch {
      return .failure(error)
    }
  }

  private func answer(_ request: APIRequest, store: inout ClusterStore) throws(StatusError) -> APIReply {
    let route = Route(request.path)
    let absent = store.absentGroups
    if request.path.first == "apis", request.path.count > 1, absent.contains(request.path[1]) {
      // What the server knows nothing of, it answers as any web server would.
      return .bytes(404, "text/plain; charset=utf-8", Array("404 page not found\n".utf8))
    }
    switch route {
    case .health: return .bytes(200, "text/plain; charset=utf-8", Array("ok".utf8))
    case .openAPI: return Discovery.openAPI(request)
    case .resource(let target):
      guard request.acceptsJSON else {
        throw StatusError(
          code: 406, reason: "NotAcceptable",
          message: "only the following media types are accepted: application/json")
      }
      return try serve(target, request, store: &store)
    case .accessReview: return try review(request)
    case .unknown, .simulation: throw .notSimulated("\(request.method) /\(request.path.joined(separator: "/"))")
    case .version, .coreVersions, .groups, .group, .resources:
      guard request.method == "GET" else { throw .methodNotAllowed }
      return .json(200, Self.discovery(route, without: absent))
    }
  }

  private static func discovery(_ route: Route, without absent: Set<String>) -> JSONValue {
    switch route {
    case .coreVersions: Discovery.coreVersions
    case .groups: Discovery.groups(without: absent)
    case .group(let name): Discovery.group(name)
    case .resources(let group): Discovery.resources(group: group)
    default: Discovery.version
    }
  }

  /// Everything is allowed.
  private func review(_ request: APIRequest) throws(StatusError) -> APIReply {
    guard request.method == "POST" else { throw .methodNotAllowed }
    let body = try Self.json(request)
    return .json(
      201,
      [
        "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": [:],
        "spec": body["spec"] ?? [:], "status": ["allowed": true],
      ])
  }

  private func serve(
    _ target: Route.Resource, _ request: APIRequest, store: inout ClusterStore
  ) throws(StatusError) -> APIReply {
    guard let name = target.name else {
      switch request.method {
      case "GET": return try list(target, request, store: store)
      case "POST" where !target.isWatch: return try create(target, request, store: &store)
      case "DELETE" where !target.isWatch && target.kind != .namespace && target.namespace != nil:
        return try deleteAll(target, request, store: &store)
      default: throw .methodNotAllowed
      }
    }
    let key = ClusterStore.Key(namespace: target.namespace ?? "", name: name)
    if target.kind == .pod, request.method != "GET" {
      throw .notSimulated("\(request.method) of single pods; pods can only be created, with dryRun=All")
    }
    switch request.method {
    case "GET" where target.isWatch: return try list(target, request, store: store)
    case "GET":
      let object = try store.get(target.kind, key)
      return .json(200, present(object, target.kind, request))
    case "PUT": return try update(target, key, request, store: &store)
    case "PATCH" where target.part != .finalize: return try patch(target, key, request, store: &store)
    case "DELETE" where target.part == nil: return try delete(target, key, request, store: &store)
    default: throw .methodNotAllowed
    }
  }

  /// The object, or a table of one row.
  private func present(_ object: JSONValue, _ kind: ResourceKind, _ request: APIRequest) -> JSONValue {
    guard request.wantsTable else { return object }
    let version = object[path: ["metadata", "resourceVersion"]] ?? ""
    return Table.render(kind, [object], metadata: ["resourceVersion": version], now: now)
  }
}
