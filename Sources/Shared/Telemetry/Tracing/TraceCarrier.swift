/// What a trace context travels on, which decides the names of its two fields.
public enum TraceCarrier: Sendable, CaseIterable {
  /// HTTP header fields `traceparent` and `tracestate`.
  case http
  /// Attributes of the CloudEvents distributed tracing extension, same names.
  case cloudEvent
  /// Record headers of the CloudEvents Kafka binary binding: `ce_traceparent` and `ce_tracestate`.
  case kafka

  var prefix: String { self == .kafka ? "ce_" : "" }
}

extension TraceContext {
  /// The context found among a carrier's fields; `nil` if there is none or it is not valid.
  ///
  /// - Parameter field: gives the value of a field by its lower-case name.
  public static func extract(_ carrier: TraceCarrier, _ field: (String) -> String?) -> TraceContext? {
    field("\(carrier.prefix)traceparent").flatMap {
      TraceContext(traceparent: $0, tracestate: field("\(carrier.prefix)tracestate"))
    }
  }

  /// The fields to set on a carrier, one or two.
  public func fields(for carrier: TraceCarrier) -> [(name: String, value: String)] {
    var fields = [(name: "\(carrier.prefix)traceparent", value: traceparent)]
    if let traceState { fields.append((name: "\(carrier.prefix)tracestate", value: traceState)) }
    return fields
  }
}
