extension Quantity {
  /// No quantity that means something is longer.
  private static let maximumLength = 128

  /// Reads a quantity as Kubernetes does: sign, number, then a suffix or a decimal exponent.
  ///
  /// Nil for anything else, and for what does not fit in 128 bits of billionths.
  public init?(_ text: String) {
    guard let quantity = Self.plain(text) ?? Self.exact(text) else { return nil }
    self = quantity
  }

  /// A whole number with a suffix at most, as almost all are written: exact in 128 bits.
  private static func plain(_ text: String) -> Quantity? {
    var (number, length): (Int128, Int) = (0, 0)
    var rest = text.utf8[...]
    while let byte = rest.first, isDigit(byte) {
      length += 1
      guard length <= 15 else { return nil }
      number = number * 10 + Int128(byte - UInt8(ascii: "0"))
      rest = rest.dropFirst()
    }
    guard length > 0 else { return nil }
    switch (rest.first, rest.dropFirst().first, rest.count) {
    case (nil, _, _): return Quantity(nanos: number * nanosPerUnit, format: .decimalSI)
    case (UInt8(ascii: "m"), _, 1): return Quantity(nanos: number * 1_000_000, format: .decimalSI)
    case (UInt8(ascii: "k"), _, 1): return Quantity(nanos: number * 1000 * nanosPerUnit, format: .decimalSI)
    case (UInt8(ascii: "M"), UInt8(ascii: "i"), 2):
      return Quantity(nanos: number << 20 * nanosPerUnit, format: .binarySI)
    case (UInt8(ascii: "G"), UInt8(ascii: "i"), 2):
      return Quantity(nanos: number << 30 * nanosPerUnit, format: .binarySI)
    case (UInt8(ascii: "T"), UInt8(ascii: "i"), 2):
      return Quantity(nanos: number << 40 * nanosPerUnit, format: .binarySI)
    default: return nil
    }
  }

  /// The same, digit by digit, whatever is written.
  static func exact(_ text: String) -> Quantity? {
    var rest = text.utf8[...]
    guard !rest.isEmpty, rest.count <= maximumLength else { return nil }
    let negative = rest.first == UInt8(ascii: "-")
    if negative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction = rest.prefix(0)
    if rest.first == UInt8(ascii: ".") {
      fraction = rest.dropFirst().prefix(while: isDigit)
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty, let suffix = Suffix(Substring(rest)) else { return nil }
    let digits = (Array(whole) + Array(fraction)).map { UInt128($0 - UInt8(ascii: "0")) }
    guard let magnitude = nanos(digits: digits, point: whole.count, suffix: suffix),
      let nanos = Int128(exactly: magnitude)
    else { return nil }
    // Kubernetes prints small binary amounts in decimal, to avoid rounding and confusion.
    let small = suffix.format == .binarySI && nanos > 0 && nanos < nanosPerUnit
    return Quantity(nanos: negative ? -nanos : nanos, format: small ? .decimalSI : suffix.format)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Billionths of `0.d₁d₂… × 10^point × suffix`, rounded up; nil when they do not fit.
  private static func nanos(digits: [UInt128], point: Int, suffix: Suffix) -> UInt128? {
    guard let first = digits.firstIndex(where: { $0 != 0 }) else { return 0 }
    let point = point + suffix.powerOfTen + 9
    guard point - first <= 40 else { return nil }
    func digit(_ index: Int) -> UInt128 { digits.indices.contains(index) ? digits[index] : 0 }

    var whole: UInt128 = 0
    for index in stride(from: first, to: point, by: 1) {
      let (shifted, overflow) = whole.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(digit(index))
      if overflow || carry { return nil }
      whole = sum
    }
    let (scaled, overflow) = whole.multipliedReportingOverflow(by: suffix.factor)
    if overflow { return nil }

    // 38 decimals are exact in 128 bits; any further one can only round up.
    let last = point + 38
    var fraction: UInt128 = 0
    var unit: UInt128 = 1
    for index in point..<last {
      fraction = fraction * 10 + digit(index)
      unit *= 10
    }
    let product = fraction.multipliedFullWidth(by: suffix.factor)
    let (quotient, remainder) = unit.dividingFullWidth(product)
    let inexact = remainder != 0 || (last < digits.count && digits[max(last, 0)...].contains { $0 != 0 })
    let (sum, carry) = scaled.addingReportingOverflow(quotient + (inexact ? 1 : 0))
    return carry ? nil : sum
  }

  /// What stands behind the number.
  private struct Suffix {
    let format: Format
    /// The power of ten to multiply with.
    var powerOfTen = 0
    /// The power of two to multiply with.
    var factor: UInt128 = 1

    init?(_ text: Substring) {
      if let index = Quantity.binarySuffixes.firstIndex(of: String(text)) {
        format = .binarySI
        factor = 1 << (10 * UInt128(index + 1))
      } else if let power = Quantity.decimalSuffixes.first(where: { $0.value == text })?.key {
        format = .decimalSI
        powerOfTen = power
      } else if text.first == "e" || text.first == "E", let exponent = Int(text.dropFirst()) {
        format = .decimalExponent
        // Beyond these bounds every number is 0, too large or a single billionth, whatever its digits.
        powerOfTen = min(max(exponent, -1_000), 1_000)
      } else {
        return nil
      }
    }
  }

  static let binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
  static let decimalSuffixes = [
    -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
  ]
}
