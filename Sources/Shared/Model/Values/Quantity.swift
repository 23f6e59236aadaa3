/// An exact Kubernetes quantity: `100m`, `4`, `1.5Gi`, `2e3`.
///
/// Held in billionths, so anything finer is rounded away from 0, as Kubernetes does. Equality, order and hash go by
/// value; the family of suffixes is kept for printing only.
public struct Quantity: Sendable {
  /// The family of suffixes in which a quantity was written.
  public enum Format: Sendable, Hashable {
    /// Powers of 1024: `Ki` to `Ei`.
    case binarySI
    /// Powers of 1000: `n` to `E`.
    case decimalSI
    /// Powers of 10: `1e3`.
    case decimalExponent
  }

  /// The value in billionths.
  let nanos: Int128
  /// How it was written.
  public let format: Format

  static let nanosPerUnit: Int128 = 1_000_000_000

  init(nanos: Int128, format: Format) {
    self.nanos = nanos
    self.format = format
  }

  /// A whole number of units.
  public init(_ whole: Int64, format: Format = .decimalSI) {
    self.init(nanos: Int128(whole) * Self.nanosPerUnit, format: format)
  }

  /// A number of thousandths.
  public init(milli: Int64) {
    self.init(nanos: Int128(milli) * 1_000_000, format: .decimalSI)
  }

  /// Thousandths, rounded away from 0, held at the ends of the range.
  public var milliValue: Int64 { scaled(to: 1_000_000) }

  /// Units, rounded away from 0, held at the ends of the range.
  public var value: Int64 { scaled(to: Self.nanosPerUnit) }

  /// Whether there is no fraction of a unit.
  public var isWhole: Bool { nanos % Self.nanosPerUnit == 0 }

  /// The sign: -1, 0 or 1.
  public var sign: Int { Int(nanos.signum()) }

  private func scaled(to unit: Int128) -> Int64 {
    let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
    return Int64(clamping: quotient + remainder.signum())
  }
}

extension Quantity: Hashable, Comparable {
  /// Equal in value, however written.
  public static func == (left: Self, right: Self) -> Bool { left.nanos == right.nanos }

  /// Order by value.
  public static func < (left: Self, right: Self) -> Bool { left.nanos < right.nanos }

  /// Hashes the value.
  public func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}

extension Quantity: Codable {
  /// Decodes the text form, or a number.
  ///
  /// - Throws: `DecodingError` that shows the text and the forms accepted.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text: String
    if let string = try? container.decode(String.self) {
      text = string
    } else if let whole = try? container.decode(Int64.self) {
      text = String(whole)
    } else {
      text = try container.decode(Double.self).description
    }
    guard let quantity = Quantity(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "“\(text)” is not a quantity; accepted: \(Self.accepted)")
    }
    self = quantity
  }

  /// Encodes the canonical text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// What people may write, for messages.
  static let accepted = "4, 500m, 1.5, 2k, 16Gi, 1e3"
}
