/// Who asks, for the audit trail, and the trace that the request belongs to.
public struct RequestContext: Sendable, Hashable {
  /// The subject as authenticated (`oidc:…`, `key:…`, `anonymous`).
  public var principal: String
  /// What the subject was to Régie as it asked, in order; nothing for work that nobody asked for.
  public var roles: [String]
  /// W3C `traceparent`; it travels with the placement to the bus.
  public var traceparent: String?
  /// Why, where whoever asked has said so and the act itself keeps no reason; for the audit trail.
  public var reason: String?

  /// A context.
  public init(principal: String, roles: [String] = [], traceparent: String? = nil, reason: String? = nil) {
    self.principal = principal
    self.roles = roles
    self.traceparent = traceparent
    self.reason = reason
  }
}
