import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Requests

/// Holidays as they were published, and what must hold of delays whatever the day.
struct WorkingDaysTests {
  /// Easter Monday, Ascension and Whit Monday of each year, as the ministry of labour's calendar gives them.
  private static let moving: [(year: Int, easter: String, ascension: String, whit: String)] = [
    (2024, "2024-04-01", "2024-05-09", "2024-05-20"), (2025, "2025-04-21", "2025-05-29", "2025-06-09"),
    (2026, "2026-04-06", "2026-05-14", "2026-05-25"), (2027, "2027-03-29", "2027-05-06", "2027-05-17"),
    (2028, "2028-04-17", "2028-05-25", "2028-06-05"), (2029, "2029-04-02", "2029-05-10", "2029-05-21"),
    (2030, "2030-04-22", "2030-05-30", "2030-06-10"),
  ]
  private static let fixed = ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"]

  private static func day(_ text: String) throws -> CalendarDay { try #require(CalendarDay(text), "\(text)") }
  private static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(text), "\(text)") }

  @Test(arguments: moving.indices)
  func `the holidays of a year are those that were published, and no others`(row: Int) throws {
    let (year, easter, ascension, whit) = Self.moving[row]
    let wanted = Set(Self.fixed.map { "\(year)-\($0)" } + [easter, ascension, whit])
    let first = try Self.day("\(year)-01-01")
    let days = (0..<366).map { first.adding(days: $0) }.filter { $0.year == year }
    #expect(Set(days.filter { !FrenchHoliday.on($0).isEmpty }.map(\.description)) == wanted)
    #expect(FrenchHoliday.easterMonday.day(in: year)?.description == easter)
    #expect(FrenchHoliday.ascension.day(in: year)?.description == ascension)
    #expect(FrenchHoliday.whitMonday.day(in: year)?.description == whit)
  }

  /// The earliest and the latest that there are, and the years in which the full moon is put off.
  @Test(arguments: [
    (1609, "1609-04-19"), (1818, "1818-03-22"), (1859, "1859-04-24"), (1886, "1886-04-25"), (1943, "1943-04-25"),
    (1954, "1954-04-18"), (1981, "1981-04-19"), (2000, "2000-04-23"), (2008, "2008-03-23"), (2038, "2038-04-25"),
    (2049, "2049-04-18"), (2076, "2076-04-19"), (2100, "2100-03-28"), (2285, "2285-03-22"),
  ])
  func `Easter is on the day of the church's tables`(year: Int, wanted: String) {
    #expect(Easter.sunday(of: year)?.description == wanted)
  }

  @Test func `what is a holiday in Alsace and Moselle only is a working day`() throws {
    // Good Friday and the second day of Christmas.
    for day in ["2026-04-03", "2024-12-26"] { #expect(WorkingDays.contains(try Self.day(day)), "\(day)") }
  }

  @Test func `two holidays may share a day`() throws {
    #expect(FrenchHoliday.on(try Self.day("2008-05-01")) == [.labourDay, .ascension])
  }

  @Test(arguments: [
    // A whole week, and one with a weekend in it.
    ("2026-11-23T09:00:00Z", 5, "2026-11-30T16:00:00Z"), ("2026-11-26T09:00:00Z", 1, "2026-11-27T16:00:00Z"),
    // The last second before the cut-off, and the cut-off itself.
    ("2026-11-26T15:59:59Z", 1, "2026-11-27T16:00:00Z"), ("2026-11-26T16:00:00Z", 1, "2026-11-30T16:00:00Z"),
    // A Saturday counts as of the Monday.
    ("2026-11-28T03:00:00Z", 5, "2026-12-07T16:00:00Z"),
    // The bridges of May: Friday 1st, Friday 8th, Ascension on Thursday 14th, and summer time.
    ("2026-04-30T08:00:00Z", 5, "2026-05-11T15:00:00Z"), ("2026-05-13T08:00:00Z", 5, "2026-05-21T15:00:00Z"),
    // Christmas and New Year; the delay goes over the end of the year.
    ("2026-12-24T10:00:00Z", 5, "2027-01-04T16:00:00Z"),
    // Over the change of the clocks, in both directions.
    ("2026-03-27T10:00:00Z", 1, "2026-03-30T15:00:00Z"), ("2026-10-23T10:00:00Z", 1, "2026-10-26T16:00:00Z"),
    // Past midnight in Paris, and still the day before in UTC.
    ("2026-06-07T22:30:00Z", 1, "2026-06-09T15:00:00Z"),
    // No delay is none: it is at least one day.
    ("2026-11-26T09:00:00Z", 0, "2026-11-27T16:00:00Z"),
  ])
  func `a delay ends at the cut-off of its last working day`(from: String, days: Int, due: String) throws {
    #expect(WorkingDays.adding(days, to: try Self.moment(from)) == (try Self.moment(due)))
  }

  @Test func `a delay has its working days whole, ends on one, and never ends earlier for what comes later`() throws {
    var dice = Dice.fresh("working days")
    let (first, last) = (try Self.moment("2024-01-01T00:00:00Z"), try Self.moment("2031-01-01T00:00:00Z"))
    for _ in 0..<2000 {
      let moment = Timestamp(
        microseconds: .random(in: first.microseconds...last.microseconds, using: &dice))
      let count = Int.random(in: 1...30, using: &dice)
      let due = WorkingDays.adding(count, to: moment)
      let (start, end) = (WorkingDays.start(of: moment), ParisTime.day(of: due))
      let note = Comment(rawValue: "seed \(dice.seed): \(moment) + \(count) = \(due)")
      #expect(WorkingDays.contains(end), note)
      #expect(ParisTime.local(due).sinceMidnight == 17 * ParisTime.hour, note)
      #expect(WorkingDays.count(from: start.adding(days: 1), to: end.adding(days: 1)) == count, note)
      #expect(start >= ParisTime.day(of: moment) && WorkingDays.contains(start), note)
      let later = Timestamp(microseconds: moment.microseconds + .random(in: 0...400_000_000_000, using: &dice))
      #expect(WorkingDays.adding(count, to: later) >= due, note)
      #expect(WorkingDays.adding(count + 1, to: moment) > due, note)
    }
  }

  @Test func `moving the end of a delay is having had another delay`() throws {
    var dice = Dice.fresh("moving")
    let (first, last) = (try Self.moment("2024-01-01T00:00:00Z"), try Self.moment("2031-01-01T00:00:00Z"))
    for _ in 0..<500 {
      let moment = Timestamp(microseconds: .random(in: first.microseconds...last.microseconds, using: &dice))
      let (count, more) = (Int.random(in: 1...12, using: &dice), Int.random(in: 0...12, using: &dice))
      let (short, long) = (WorkingDays.adding(count, to: moment), WorkingDays.adding(count + more, to: moment))
      let note = Comment(rawValue: "seed \(dice.seed): \(moment), \(count) + \(more)")
      #expect(WorkingDays.moving(short, by: more) == long && WorkingDays.moving(long, by: -more) == short, note)
    }
  }

  @Test func `days and hours in Paris are those of the machine's table of time zones`() throws {
    let zone = try #require(TimeZone(identifier: "Europe/Paris"))
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    var dice = Dice.fresh("Paris")
    let (first, last) = (try Self.moment("1996-01-01T00:00:00Z"), try Self.moment("2037-12-31T00:00:00Z"))
    var moments = (0..<2000).map { _ in
      Int64.random(in: first.microseconds / 1_000_000...last.microseconds / 1_000_000, using: &dice)
    }
    // The seconds round each change of the clocks.
    var change = zone.nextDaylightSavingTimeTransition(after: first.date)
    while let moment = change, moment < last.date {
      moments += [-1, 0, 1].map { Int64(moment.timeIntervalSince1970) + $0 }
      change = zone.nextDaylightSavingTimeTransition(after: moment)
    }
    #expect(moments.count > 2200)
    for seconds in moments {
      let moment = Timestamp(microseconds: seconds * 1_000_000)
      let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moment.date)
      let (day, passed) = ParisTime.local(moment)
      let shown = ((parts.hour ?? 0) * 60 + (parts.minute ?? 0)) * 60 + (parts.second ?? 0)
      #expect([day.year, day.month, day.day] == [parts.year, parts.month, parts.day], "seed \(dice.seed): \(moment)")
      #expect(passed == Int64(shown) * 1_000_000, "seed \(dice.seed): \(moment)")
      #expect(ParisTime.start(of: day).date == calendar.startOfDay(for: moment.date), "seed \(dice.seed): \(moment)")
    }
  }

  @Test func `what has no day in the calendar ends at its ends`() throws {
    let (first, last) = (try Self.day("0001-01-01"), try Self.day("9999-12-31"))
    #expect(last.adding(days: .max) == last && last.adding(days: .min) == first)
    #expect(WorkingDays.contains(last) && WorkingDays.first(from: last) == last)
    let end = ParisTime.moment(last, hour: 17)
    #expect(WorkingDays.adding(30, to: ParisTime.start(of: last)) == end && WorkingDays.moving(end, by: 3) == end)
    // The first day is a holiday, and there is none before it.
    #expect(!WorkingDays.contains(first))
    let third = ParisTime.moment(first.adding(days: 2), hour: 17)
    #expect(WorkingDays.moving(third, by: -1) == ParisTime.moment(first.adding(days: 1), hour: 17))
    #expect(WorkingDays.moving(third, by: -5) == ParisTime.moment(first, hour: 17))
  }
}
