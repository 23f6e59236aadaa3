internal import Foundation

/// The server's text form of instants (`DateStyle` ISO, `TimeZone` UTC), exact to the microsecond and without a
/// calendar's cost.
enum TimestampText {
  private static let unixToReference: Int64 = 978_307_200
  private static let microsecondsPerDay: Int64 = 86_400_000_000

  static func encode(_ date: Date) -> String {
    guard let offset = sinceReference(date) else {
      let seconds = date.timeIntervalSinceReferenceDate
      return seconds.isNaN ? "not a date" : seconds < 0 ? "-infinity" : "infinity"
    }
    let (days, time) = (offset + unixToReference * 1_000_000).flooredDivision(by: microsecondsPerDay)
    let (year, month, day) = civil(fromDays: days)
    let (second, microsecond) = time.flooredDivision(by: 1_000_000)
    let clock = [second / 3600, second / 60 % 60, second % 60].map { pad($0, 2) }.joined(separator: ":")
    let shownYear = year > 0 ? year : 1 - year
    let suffix = year > 0 ? "" : " BC"
    return "\(pad(shownYear, 4))-\(pad(month, 2))-\(pad(day, 2)) \(clock).\(pad(microsecond, 6))+00\(suffix)"
  }

  /// The server's binary form: microseconds since 2000, the largest and the smallest number for infinity; nil for what is
  /// not a date.
  static func microseconds(_ date: Date) -> Int64? {
    guard let offset = sinceReference(date) else {
      let seconds = date.timeIntervalSinceReferenceDate
      return seconds.isNaN ? nil : seconds < 0 ? .min : .max
    }
    // The reference date is 2001; 2000 was a leap year.
    return offset + 366 * microsecondsPerDay
  }

  /// The nearest microsecond, counted from 2001 as Foundation does; nil for what is not a date, and beyond 36 000 years.
  private static func sinceReference(_ date: Date) -> Int64? {
    let seconds = date.timeIntervalSinceReferenceDate
    guard abs(seconds) * 1_000_000 < 0x1p60 else { return nil }
    // The fraction by itself: the product of all seconds has no room for it in 2137 and after.
    let whole = seconds.rounded(.down)
    return Int64(whole) * 1_000_000 + Int64(((seconds - whole) * 1_000_000).rounded())
  }

  static func decode(_ text: String) -> Date? {
    if text == "infinity" { return Date(timeIntervalSinceReferenceDate: .infinity) }
    if text == "-infinity" { return Date(timeIntervalSinceReferenceDate: -.infinity) }
    let isBeforeChrist = text.hasSuffix(" BC")
    var fields = Scanner(bytes: ArraySlice(text.utf8.dropLast(isBeforeChrist ? 3 : 0)))
    guard let year = fields.number(), fields.skip("-"), let month = fields.number(), fields.skip("-"),
      let day = fields.number(), fields.skip(" "), let hour = fields.number(), fields.skip(":"),
      let minute = fields.number(), fields.skip(":"), let second = fields.number()
    else { return nil }
    let microsecond = fields.skip(".") ? fields.fraction() : 0
    guard let microsecond, let offset = fields.zone(), fields.bytes.isEmpty else { return nil }
    let days = days(fromYear: isBeforeChrist ? 1 - year : year, month: month, day: day)
    var seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset - unixToReference
    var fraction = Double(microsecond)
    // Both parts of one sign: a small sum of two is not rounded as the whole is.
    if seconds < 0, fraction > 0 { (seconds, fraction) = (seconds + 1, fraction - 1_000_000) }
    // The fraction by itself: the number of all microseconds is rounded in 2286 and after. So the double is the one
    // nearest to the instant, the same as the one that was sent.
    return Date(timeIntervalSinceReferenceDate: Double(seconds) + fraction / 1_000_000)
  }

  private static func pad(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  // Days since 1970-01-01 to and from the proleptic Gregorian calendar, in eras of 400 years that start in March.
  private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func days(fromYear civilYear: Int64, month: Int64, day: Int64) -> Int64 {
    let year = civilYear - (month <= 2 ? 1 : 0)
    let (era, yearOfEra) = year.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private struct Scanner {
    var bytes: ArraySlice<UInt8>

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard bytes.first == UInt8(ascii: character) else { return false }
      bytes.removeFirst()
      return true
    }

    mutating func number() -> Int64? {
      let digits = bytes.prefix { (48...57).contains($0) }
      bytes = bytes.dropFirst(digits.count)
      guard !digits.isEmpty, digits.count <= 9 else { return nil }
      return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    /// Up to six digits after the point, as microseconds.
    mutating func fraction() -> Int64? {
      let before = bytes.count
      guard var value = number() else { return nil }
      let digits = before - bytes.count
      guard digits <= 6 else { return nil }
      for _ in digits..<6 { value *= 10 }
      return value
    }

    /// `+00`, `-03:30`, `+05:53:28`: seconds east of Greenwich.
    mutating func zone() -> Int64? {
      let isWest = skip("-")
      guard isWest || skip("+"), let hours = number() else { return nil }
      var seconds = hours * 3600
      var unit: Int64 = 60
      while unit > 0, skip(":") {
        guard let part = number() else { return nil }
        seconds += part * unit
        unit = unit == 60 ? 1 : 0
      }
      return isWest ? -seconds : seconds
    }
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
