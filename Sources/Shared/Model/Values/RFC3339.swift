package import Foundation

/// RFC 3339 date and time, to the microsecond.
package enum RFC3339 {
  static let accepted = "2026-11-23T09:30:00Z, 2026-11-23T10:30:00.250+01:00"

  /// Reads a date and time with its offset; nil for anything looser.
  static func date(_ text: String) -> Date? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 40, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
      let day = CalendarDay(String(decoding: bytes[..<10], as: UTF8.self)),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let hour = number(bytes[11..<13]), hour < 24, let minute = number(bytes[14..<16]), minute < 60,
      let second = number(bytes[17..<19]), second < 60
    else { return nil }
    var rest = bytes[19...]
    var micros = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(1 + digits.count)
      for position in 0..<6 {
        let index = digits.startIndex + position
        micros = micros * 10 + (index < digits.endIndex ? Int(digits[index] - UInt8(ascii: "0")) : 0)
      }
    }
    guard let offset = offset(rest) else { return nil }
    let seconds = daysSince1970(day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    return nearestDate(microseconds: Int64(seconds) * 1_000_000 + Int64(micros))
  }

  /// Writes a date in UTC, with up to six digits of fraction. Dates outside the years 1 to 9999 are held at the ends.
  package static func text(_ date: Date) -> String {
    let micros = min(max(microseconds(date), -62_135_596_800_000_000), 253_402_300_799_000_000)
    let (seconds, fraction) = floorDivide(Int(micros), 1_000_000)
    let (days, second) = floorDivide(seconds, 86_400)
    var text = "\(civil(days))T\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    if fraction != 0 {
      var digits = padded(fraction, 6)[...]
      while digits.last == "0" { digits = digits.dropLast() }
      text += ".\(digits)"
    }
    return text + "Z"
  }

  /// The nearest microsecond to a date, counted from 1970. What is further off than any calendar goes is at the ends of
  /// the numbers.
  package static func microseconds(_ date: Date) -> Int64 {
    // Counted from 2001, as Foundation does: by way of 1970 it is rounded twice, to another one in 2041 and after.
    let seconds = date.timeIntervalSinceReferenceDate
    guard abs(seconds) < 1e12 else { return seconds < 0 ? .min : .max }
    // The fraction by itself: the product of all seconds has no room for it in 2137 and after.
    let whole = seconds.rounded(.down)
    return (Int64(whole) + referenceDate) * 1_000_000 + Int64(((seconds - whole) * 1_000_000).rounded())
  }

  /// The date that is nearest to a microsecond of the years 0 to 9999, counted from 1970: two that are made of the same
  /// one are equal. Dates tell microseconds apart from 1729 to 2273.
  package static func nearestDate(microseconds: Int64) -> Date {
    // Counted from 2001, as Foundation does: by way of 1970 it is rounded twice, to another one.
    let offset = microseconds - referenceDate * 1_000_000
    let (seconds, fraction) = offset.quotientAndRemainder(dividingBy: 1_000_000)
    // The fraction by itself: the number of all microseconds is rounded in 2286 and after.
    return Date(timeIntervalSinceReferenceDate: Double(seconds) + Double(fraction) / 1_000_000)
  }

  /// 2001-01-01T00:00:00Z, in seconds.
  private static let referenceDate: Int64 = 978_307_200

  private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let sign = bytes.first else { return nil }
    let rest = bytes.dropFirst()
    if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return rest.isEmpty ? 0 : nil }
    let start = rest.startIndex
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), rest.count == 5,
      rest[start + 2] == UInt8(ascii: ":"),
      let hours = number(rest[start..<start + 2]), hours < 24,
      let minutes = number(rest[(start + 3)...]), minutes < 60
    else { return nil }
    return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3_600 + minutes * 60)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    bytes.reduce(Int?.some(0)) { sum, byte in
      guard let sum, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      return sum * 10 + Int(byte - UInt8(ascii: "0"))
    }
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func floorDivide(_ number: Int, _ divisor: Int) -> (Int, Int) {
    let remainder = (number % divisor + divisor) % divisor
    return ((number - remainder) / divisor, remainder)
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that start in March.
  private static func daysSince1970(_ day: CalendarDay) -> Int {
    let year = day.month <= 2 ? day.year - 1 : day.year
    let (era, yearOfEra) = floorDivide(year, 400)
    let dayOfYear = (153 * ((day.month + 9) % 12) + 2) / 5 + day.day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int) -> String {
    let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfYear - (153 * shifted + 2) / 5 + 1, 2))"
  }
}
