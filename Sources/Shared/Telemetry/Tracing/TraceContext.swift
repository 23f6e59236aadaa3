/// A W3C trace context: which trace this work belongs to and which span of it is at work.
///
/// Régie carries and logs these identifiers; it exports no spans (there is no OTLP exporter yet).
public struct TraceContext: Sendable, Hashable {
  /// 16 bytes, never all zero.
  public let traceID: TraceID
  /// 8 bytes, never all zero.
  public let spanID: SpanID
  /// Whether the one who began the trace records it.
  public let isSampled: Bool
  /// The `tracestate` of other vendors, carried on untouched; at most 512 bytes of printable ASCII.
  public let traceState: String?

  init(traceID: TraceID, spanID: SpanID, isSampled: Bool, traceState: String?) {
    self.traceID = traceID
    self.spanID = spanID
    self.isSampled = isSampled
    self.traceState = traceState
  }

  /// A new trace, its identifiers drawn from `random`.
  public static func root(
    isSampled: Bool = true, random: () -> UInt64 = { .random(in: 0 ... .max) }
  ) -> TraceContext {
    TraceContext(
      traceID: TraceID(high: random(), low: nonZero(random())), spanID: SpanID(nonZero(random())),
      isSampled: isSampled, traceState: nil)
  }

  /// The same trace, one span further down, its identifier drawn from `random`.
  public func child(random: () -> UInt64 = { .random(in: 0 ... .max) }) -> TraceContext {
    TraceContext(
      traceID: traceID, spanID: SpanID(Self.nonZero(random())), isSampled: isSampled, traceState: traceState)
  }

  /// Zero means "no identifier" on the wire, so it is never minted.
  private static func nonZero(_ draw: UInt64) -> UInt64 { draw == 0 ? 1 : draw }
}

/// Names one trace; prints as 32 lower-case hexadecimal digits.
public struct TraceID: Sendable, Hashable, CustomStringConvertible {
  let high: UInt64
  let low: UInt64

  /// Lower-case hexadecimal.
  public var description: String { hexadecimal(high) + hexadecimal(low) }
}

/// Names one span of a trace; prints as 16 lower-case hexadecimal digits.
public struct SpanID: Sendable, Hashable, CustomStringConvertible {
  let value: UInt64

  init(_ value: UInt64) {
    self.value = value
  }

  /// Lower-case hexadecimal.
  public var description: String { hexadecimal(value) }
}

private func hexadecimal(_ value: UInt64) -> String {
  var digits: [UInt8] = []
  digits.reserveCapacity(16)
  for shift in stride(from: 60, through: 0, by: -4) {
    digits.append(hexDigit(UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 0xF))
  }
  return String(decoding: digits, as: UTF8.self)
}
