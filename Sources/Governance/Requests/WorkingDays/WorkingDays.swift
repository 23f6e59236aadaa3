public import Events
public import Model

/// Counts in working days: Monday to Friday, but for the public holidays of France, by the clocks of Paris.
///
/// A day has a cut-off: what comes on a working day before it counts as of that day, anything later as of the next working
/// day. The day as of which something counts is not itself counted, and a delay ends at the cut-off of its last day. So
/// whoever has five working days has five whole ones, whenever he was asked.
public enum WorkingDays {
  /// The hour of Paris at which a working day is over for whoever asks and for whoever has to answer.
  public static let cutOff = 17

  /// Whether one works on a day.
  public static func contains(_ day: CalendarDay) -> Bool { day.weekday < 5 && FrenchHoliday.on(day).isEmpty }

  /// The first working day from a day on, that day included.
  public static func first(from day: CalendarDay) -> CalendarDay {
    var day = day
    // This ends: the calendar's last day is a Friday, and no holiday.
    while !contains(day) { day = day.adding(days: 1) }
    return day
  }

  /// The working day as of which something counts that comes at a moment.
  public static func start(of moment: Timestamp) -> CalendarDay {
    let (day, sinceMidnight) = ParisTime.local(moment)
    return first(from: sinceMidnight < Int64(cutOff) * ParisTime.hour ? day : day.adding(days: 1))
  }

  /// The end of a delay of so many working days, at least one.
  public static func adding(_ count: Int, to moment: Timestamp) -> Timestamp {
    var day = start(of: moment)
    for _ in 0..<max(1, count) { day = first(from: day.adding(days: 1)) }
    return ParisTime.moment(day, hour: cutOff)
  }

  /// The end of a delay moved by so many working days, earlier where the number is negative.
  public static func moving(_ end: Timestamp, by count: Int) -> Timestamp {
    var day = ParisTime.day(of: end)
    for _ in 0..<abs(count) {
      repeat { day = day.adding(days: count.signum()) } while !contains(day) && day != day.adding(days: count.signum())
    }
    return ParisTime.moment(day, hour: cutOff)
  }

  /// How many working days lie from a day up to another one, the first included and the last not.
  public static func count(from first: CalendarDay, to end: CalendarDay) -> Int {
    guard first < end else { return 0 }
    return (first.number..<end.number).count { contains(CalendarDay(nearest: $0)) }
  }
}
