import Foundation
import Model
import Testing

/// Days as numbers, which one counts with.
struct DayNumberTests {
  @Test func `every day has the number after that of the day before, and is found by it`() {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: "UTC")!
    for number in [-719_162, -1, 0, 59, 60, 11_016, 11_017, 20_000, 2_932_896] + Array(19_000..<21_000) {
      let parts = calendar.dateComponents(
        [.year, .month, .day], from: Date(timeIntervalSince1970: Double(number) * 86_400))
      let day = CalendarDay(number: number)
      #expect(day?.number == number)
      // Foundation's calendar is Julian before 1582.
      if number > -100_000 { #expect(day == CalendarDay(year: parts.year!, month: parts.month!, day: parts.day!)) }
    }
    for number in stride(from: -719_162, through: 2_932_896, by: 997) {
      #expect(CalendarDay(nearest: number).number == number && CalendarDay(number: number)?.number == number)
    }
    #expect(CalendarDay(nearest: .max) == CalendarDay("9999-12-31") && CalendarDay(nearest: .min).number == -719_162)
    #expect(CalendarDay(number: -719_162) == CalendarDay("0001-01-01"))
    #expect(CalendarDay(number: 2_932_896) == CalendarDay("9999-12-31"))
    #expect(CalendarDay(number: -719_163) == nil && CalendarDay(number: 2_932_897) == nil)
    #expect(CalendarDay(number: .max) == nil && CalendarDay(number: .min) == nil)
  }
}
