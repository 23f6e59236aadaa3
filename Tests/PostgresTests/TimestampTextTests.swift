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

  @Test func `microseconds come back exactly in 2137 and after too, as text and in arrays`() {
    var random = SeededGenerator()
    for _ in 0..<2000 {
      let microseconds = Int64.random(in: 4_300_000_000_000_000...8_500_000_000_000_000, using: &random)
      let date = Date(timeIntervalSinceReferenceDate: Double(microseconds) / 1_000_000)
      #expect(TimestampText.decode(TimestampText.encode(date)) == date, "\(random)")
      // Of 2000 on, as the server counts them.
      #expect(TimestampText.microseconds(date) == microseconds + 366 * 86_400_000_000, "\(random)")
    }
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
