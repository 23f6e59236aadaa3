import HTTPTypes
import Hummingbird
public import Identity
import NIOConcurrencyHelpers

/// What one route demands.
public struct RouteAccess: Sendable, Hashable {
  /// The method.
  public let method: String
  /// The path below the service's address, as the OpenAPI document writes it: `/api/v1/placements/{id}`.
  public let path: String
  /// What whoever asks must be.
  public let access: Access
}

/// The routes that were added, with what they demand.
final class AccessRegister: Sendable {
  private let prefix: String
  private let known = NIOLockedValueBox<[RouteAccess]>([])

  init(prefix: String) {
    self.prefix = prefix
  }

  func note(_ method: HTTPRequest.Method, _ path: RouterPath, _ access: Access) {
    let parts = path.description.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
    let route = RouteAccess(
      method: method.rawValue, path: "/\(prefix)/\(parts.joined(separator: "/"))", access: access)
    known.withLockedValue { $0.append(route) }
  }

  /// All routes, in the order of paths.
  var routes: [RouteAccess] {
    known.withLockedValue { $0 }.sorted { ($0.path, $0.method) < ($1.path, $1.method) }
  }
}
