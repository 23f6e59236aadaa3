/// Who asks, for the audit trail, and the trace that the request belongs to.
public struct RequestContext: Sendable, Hashable {
  /// The subject as authenticated (`oidc:…`, `key:…`, `anonymous`).
  public var principal: String
  /// W3C `traceparent`; it travels with the placement to the bus.
  public var traceparent: String?

  /// A context.
  public init(principal: String, traceparent: String? = nil) {
    self.principal = principal
    self.traceparent = traceparent
  }
}
