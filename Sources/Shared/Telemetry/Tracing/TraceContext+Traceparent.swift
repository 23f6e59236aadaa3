extension TraceContext {
  /// Reads a `traceparent` header: `00-<32 hex>-<16 hex>-<2 hex>`, lower case.
  ///
  /// `nil` for anything the standard calls invalid, identifiers of zeros and version `ff` included. A version above
  /// `00` is read by its first four fields, as the standard asks. A `tracestate` that breaks the limits is left out.
  public init?(traceparent: String, tracestate: String? = nil) {
    let bytes = Array(traceparent.utf8)
    guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
      let version = number(bytes[0..<2]), version != 0xFF,
      version == 0 ? bytes.count == 55 : bytes.count == 55 || bytes[55] == dash,
      let high = number(bytes[3..<19]), let low = number(bytes[19..<35]), high != 0 || low != 0,
      let span = number(bytes[36..<52]), span != 0,
      let flags = number(bytes[53..<55])
    else { return nil }
    self.init(
      traceID: TraceID(high: high, low: low), spanID: SpanID(span), isSampled: flags & 1 == 1,
      traceState: tracestate.flatMap(Self.usable))
  }

  /// The header's value, version `00`.
  public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

  private static func usable(_ state: String) -> String? {
    let bytes = state.utf8
    return !bytes.isEmpty && bytes.count <= 512 && bytes.allSatisfy { 0x20...0x7E ~= $0 } ? state : nil
  }
}

private let dash = UInt8(ascii: "-")

/// The value of up to 16 lower-case hexadecimal digits; `nil` at any other character.
private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
  var value: UInt64 = 0
  for digit in digits {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
    default: return nil
    }
  }
  return value
}
