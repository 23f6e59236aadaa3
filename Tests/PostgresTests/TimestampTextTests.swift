import Foundation
import Testing

@testable import Postgres

struct TimestampTextTests {
  private static let known: [(seconds: Double, text: String)] = [
    (-978_307_200.0, "1970-01-01 00:00:00.000000+00"),
    (0, "2001-01-01 00:00:00.000000+00"),
    (-0.000001, "2000-12-31 23:59:59.999999+00"),
    (99_619_200, "2004-02-28 00:00:00.000000+00"),
    (99_705_600, "2004-02-29 00:00:00.000000+00"),
    (-63_113_904_000, "0001-01-01 00:00:00.000000+00"),
    (-63_113_904_001, "0001-12-31 23:59:59.000000+00 BC"),
    (252_423_993_600, "10000-01-01 00:00:00.000000+00"),
    (.infinity, "infinity"), (-.infinity, "-infinity"),
  ]

  @Test(arguments: known)
  func `instants and their text`(seconds: Double, text: String) {
    let date = Date(timeIntervalSinceReferenceDate: seconds)
    #expect(TimestampText.encode(date) == text)
    #expect(TimestampText.decode(text) == date)
  }

  @Test func `microseconds come back exactly`() {
    var random = SeededGenerator()
    for _ in 0..<2000 {
      let microseconds = Int64.random(in: -2_000_000_000_000_000...3_000_000_000_000_000, using: &random)
      let date = Date(timeIntervalSinceReferenceDate: Double(microseconds) / 1_000_000)
      let back = TimestampText.decode(TimestampText.encode(date))
      let seconds = back?.timeIntervalSinceReferenceDate ?? .nan
      #expect((seconds * 1_000_000).rounded() == Double(microseconds), "\(random)")
      #expect(back.map(TimestampText.encode) == TimestampText.encode(date), "\(random)")
    }
  }

  @Test func `an instant is its text and its number, as long as dates tell microseconds apart`() {
    var random = SeededGenerator(seed: 14)
    for _ in 0..<20_000 {
      // 1729 to 2273.
      let microseconds = Int64.random(in: -8_589_934_000_000_000...8_589_934_000_000_000, using: &random)
      let date = Self.nearest(microseconds)
      #expect(TimestampText.decode(TimestampText.encode(date)) == date, "\(microseconds)")
      #expect(TimestampText.microseconds(date) == microseconds + 31_622_400_000_000, "\(microseconds)")
    }
  }

  @Test func `an instant that was read is written and read as the same, in all years`() {
    var random = SeededGenerator(seed: 15)
    for _ in 0..<20_000 {
      // 1 to 9999.
      let microseconds = Int64.random(in: -63_113_904_000_000_000...252_423_993_599_999_999, using: &random)
      let date = Self.nearest(microseconds)
      #expect(TimestampText.decode(TimestampText.encode(date)) == date, "\(microseconds)")
    }
  }

  /// The date nearest to microseconds counted from 2001, as the decimal number is read.
  private static func nearest(_ microseconds: Int64) -> Date {
    let digits = String(microseconds.magnitude % 1_000_000)
    let fraction = String(repeating: "0", count: 6 - digits.count) + digits
    let number = "\(microseconds < 0 ? "-" : "")\(microseconds.magnitude / 1_000_000).\(fraction)"
    return Date(timeIntervalSinceReferenceDate: Double(number) ?? .nan)
  }

  @Test func `other time zones are understood`() {
    let instant = TimestampText.decode("2026-07-01 12:00:00+00")
    #expect(TimestampText.decode("2026-07-01 14:00:00+02") == instant)
    #expect(TimestampText.decode("2026-07-01 08:30:00-03:30") == instant)
    #expect(TimestampText.decode("2026-07-01 12:09:21+00:09:21") == instant)
  }

  @Test(arguments: [
    "", "2026-07-01", "2026-07-01 12:00:00", "01/07/2026 12:00:00+00", "2026-07-01 12:00:00.+00",
    "2026-07-01 12:00:00.1234567+00", "2026-07-01 12:00:00+00 x", "2026-07-01 12:00:00+",
  ])
  func `other text is refused`(text: String) {
    #expect(TimestampText.decode(text) == nil)
  }

  @Test func `what is not a date is left to the server to refuse`() {
    #expect(TimestampText.encode(Date(timeIntervalSinceReferenceDate: .nan)) == "not a date")
    #expect(TimestampText.encode(Date(timeIntervalSinceReferenceDate: 1e300)) == "infinity")
    #expect(TimestampText.encode(Date(timeIntervalSinceReferenceDate: -1e300)) == "-infinity")
  }
}
