import Contract
import Foundation
import Hummingbird
import Identity
import Logging
import Store
import Telemetry

/// What a route of the API has beside the request: there is none without a caller who may ask it.
struct APIContext: Sendable {
  /// Who asks.
  let caller: Caller
  /// How far what the route grants reaches, for this caller.
  let scope: Scope
  /// What the address has where the route has a `:name`.
  let parameters: Parameters
  /// Says which request it speaks of.
  let logger: Logger

  /// Who asks, for the audit trail.
  var storeContext: Store.RequestContext { storeContext(because: nil) }

  /// Who asks, and why, for the audit trail.
  func storeContext(because reason: String?) -> Store.RequestContext {
    Store.RequestContext(
      principal: caller.principal, roles: caller.roles.map(\.description),
      traceparent: TraceContext.current?.traceparent, reason: reason)
  }

  /// The part of the address that `:name` stands for.
  func pathPart(_ name: String, _ request: Request) throws -> String {
    let text = try parameters.require(name)
    guard let decoded = text.removingPercentEncoding else {
      throw request.badParameter(name, found: text, accepted: "percent-encoded UTF-8")
    }
    return decoded
  }

  /// The identifier that `:id` stands for.
  func identifier(_ request: Request) throws -> UUID {
    let text = try pathPart("id", request)
    guard let id = UUID(uuidString: text) else { throw request.badParameter("id", found: text, accepted: "UUID") }
    return id
  }
}
