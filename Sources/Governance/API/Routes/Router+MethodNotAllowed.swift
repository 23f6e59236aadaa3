import HTTPTypes
import Hummingbird

extension Router where Context == BasicRequestContext {
  /// Has every address answer 405 to the methods it does not take, rather than pretend not to exist.
  func refuseOtherMethods() {
    var taken: [String: (path: RouterPath, methods: [HTTPRequest.Method])] = [:]
    for route in routes { taken[route.path.description, default: (route.path, [])].methods.append(route.method) }
    for (path, methods) in taken.values {
      // `HEAD` is made from `GET` when the router is built.
      let allowed = methods + (methods.contains(.get) ? [.head] : [])
      let refusal = MethodNotAllowed(allow: allowed.map(\.rawValue).sorted().joined(separator: ", "))
      for method in HTTPRequest.Method.wellKnown where !allowed.contains(method) {
        on(path, method: method) { _, _ -> Response in throw refusal }
      }
    }
  }
}

extension HTTPRequest.Method {
  /// The methods that clients use.
  static let wellKnown: [HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .patch, .options, .trace]
}
