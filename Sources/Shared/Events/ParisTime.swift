public import Model

/// Days and hours in Paris, without a table of time zones, which every machine has another edition of: what holds is
/// directive 2000/84/CE, summer time from the last Sunday of March to the last Sunday of October, at 01:00 UTC. It is right
/// from 1996 on; were the law changed, this would change with it.
public enum ParisTime {
  /// Microseconds of an hour.
  public static let hour: Int64 = 3_600_000_000
  private static let day: Int64 = 24 * hour

  /// The day that it is in Paris.
  public static func day(of moment: Timestamp) -> CalendarDay { local(moment).day }

  /// When a day begins in Paris.
  public static func start(of day: CalendarDay) -> Timestamp { moment(day, hour: 0) }

  /// The day in Paris, and the microseconds that have passed by the clocks there.
  public static func local(_ moment: Timestamp) -> (day: CalendarDay, sinceMidnight: Int64) {
    let shown = moment.microseconds + offset(at: moment)
    let days = shown >= 0 ? shown / Self.day : (shown - Self.day + 1) / Self.day
    return (CalendarDay(nearest: Int(days)), shown - days * Self.day)
  }

  /// The moment of a full hour of a day in Paris. At the change of the clocks, where an hour is missing or there twice, it
  /// is by winter time.
  public static func moment(_ day: CalendarDay, hour: Int) -> Timestamp {
    let shown = Int64(day.number) * Self.day + Int64(hour) * Self.hour
    let winter = Timestamp(microseconds: shown - Self.hour)
    let summer = Timestamp(microseconds: shown - 2 * Self.hour)
    return offset(at: summer) == 2 * Self.hour && offset(at: winter) == 2 * Self.hour ? summer : winter
  }

  /// How far the clocks there are ahead of UTC.
  private static func offset(at moment: Timestamp) -> Int64 {
    let days = moment.microseconds >= 0 ? moment.microseconds / day : (moment.microseconds - day + 1) / day
    let year = CalendarDay(nearest: Int(days)).year
    guard let begin = change(in: 3, of: year), let end = change(in: 10, of: year) else { return hour }
    return begin <= moment.microseconds && moment.microseconds < end ? 2 * hour : hour
  }

  /// 01:00 UTC of a month's last Sunday.
  private static func change(in month: Int, of year: Int) -> Int64? {
    guard let last = CalendarDay(year: year, month: month, day: 31) else { return nil }
    return Int64(last.number - (last.weekday + 1) % 7) * day + hour
  }
}
