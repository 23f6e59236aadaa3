public import Foundation
import Model

/// A moment in UTC with the microsecond precision of Postgres, written `2026-11-23T23:11:07.123456Z` (RFC 3339).
///
/// RFC 3339 has the years 0000 to 9999: whatever lies outside is held at the nearer end.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z, leap seconds left out.
  public let microseconds: Int64

  /// A moment.
  public init(microseconds: Int64) {
    self.microseconds = min(max(microseconds, Self.earliest), Self.latest)
  }

  /// The nearest microsecond to `date`.
  public init(_ date: Date) { self.init(microseconds: RFC3339.microseconds(date)) }

  private static let earliest: Int64 = -62_167_219_200_000_000
  private static let latest: Int64 = 253_402_300_799_999_999

  /// The same moment for Foundation, equal to the date that is read from its text in a document. Dates tell microseconds
  /// apart from 1729 to 2273.
  public var date: Date { RFC3339.nearestDate(microseconds: microseconds) }

  /// Chronological order.
  public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

  /// Microseconds from `other` to this moment; negative when this one is earlier.
  public func microseconds(since other: Self) -> Int64 { microseconds - other.microseconds }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 with six digits of fraction.
  public var description: String {
    let (days, inDay) = microseconds.quotientAndRemainder(flooringBy: 86_400_000_000)
    let (seconds, fraction) = inDay.quotientAndRemainder(flooringBy: 1_000_000)
    let (year, month, day) = Self.civil(fromDays: days)
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }.joined(separator: ":")
    let date = [(year, 4), (month, 2), (day, 2)].map { Self.padded($0.0, $0.1) }.joined(separator: "-")
    return "\(date)T\(clock).\(Self.padded(fraction, 6))Z"
  }

  /// Reads RFC 3339 in UTC (`Z`) with 0 to 9 digits of fraction; anything past microseconds is cut.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z") else { return nil }
    for (index, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] where bytes[index] != mark.utf8.first {
      return nil
    }
    func number(_ range: Range<Int>) -> Int64? {
      bytes[range].reduce(Int64?.some(0)) { sum, byte in
        guard let sum, (48...57).contains(byte) else { return nil }
        return sum * 10 + Int64(byte - 48)
      }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month), (1...31).contains(day),
      hour < 24, minute < 60, second < 60, let fraction = Self.fraction(bytes[19..<(bytes.count - 1)])
    else { return nil }
    let days = Self.days(fromYear: year, month: month, day: day)
    guard Self.civil(fromDays: days) == (year, month, day) else { return nil }
    self.init(microseconds: ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction)
  }

  private static func fraction(_ bytes: ArraySlice<UInt8>) -> Int64? {
    guard let point = bytes.first else { return 0 }
    guard point == UInt8(ascii: "."), bytes.count >= 2 else { return nil }
    var value: Int64 = 0
    for position in 0..<6 {
      let index = bytes.startIndex + 1 + position
      value = value * 10 + (index < bytes.endIndex ? Int64(bytes[index]) - 48 : 0)
    }
    return bytes.dropFirst().allSatisfy { (48...57).contains($0) } ? value : nil
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Days since 1970-01-01 to a date of the proleptic Gregorian calendar, by eras of 400 years from 1 March.
  private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
    let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(flooringBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func days(fromYear year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.quotientAndRemainder(flooringBy: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Timestamp: Codable {
  /// Decodes the text form.
  ///
  /// - Throws: `DecodingError` that shows the text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let moment = Timestamp(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "“\(text)” is not a moment of the form 2026-11-23T23:11:07.123456Z")
    }
    self = moment
  }

  /// Encodes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Int64 {
  /// Quotient rounded down and remainder never negative, as calendars need for times before 1970.
  fileprivate func quotientAndRemainder(flooringBy divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
