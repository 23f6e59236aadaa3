/// Who asks, for the audit trail, and the trace that the request belongs to.
public struct RequestContext: Sendable, Hashable {
  /// The subject as authenticated (`oidc:…`, `key:…`, `anonymous`).
  public var principal: String
  /// What the subject was to Régie as it asked, in order; nothing for work that nobody asked for.
  public var roles: [String]
  /// W3C `traceparent`; it travels with the placement to the bus.
  public var traceparent: String?

  /// A context.
  public init(principal: String, roles: [String] = [], traceparent: String? = nil) {
    self.principal = principal
    self.roles = roles
    self.traceparent = traceparent
  }
}
