extension CalendarDay {
  /// Days since 1970-01-01, which is 0: what one counts with.
  public var number: Int {
    // Years begin in March, so that the day that comes and goes is the last.
    let year = month > 2 ? year : year - 1
    let fromMarch = (month + 9) % 12
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * fromMarch + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The day of a number; nil where there is none: the calendar has the years 1 to 9999.
  public init?(number: Int) {
    guard Self.numbers.contains(number) else { return nil }
    self.init(nearest: number)
  }

  /// The day of a number, or the nearest that there is.
  public init(nearest number: Int) {
    let shifted = min(max(number, Self.numbers.lowerBound), Self.numbers.upperBound) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    year = yearOfEra + era * 400 + (fromMarch < 10 ? 0 : 1)
    day = dayOfYear - (153 * fromMarch + 2) / 5 + 1
  }

  /// 0001-01-01 to 9999-12-31.
  static let numbers = -719_162...2_932_896

  /// The day so many days later, or earlier where the number is negative.
  public func adding(days: Int) -> CalendarDay {
    let span = Self.numbers.upperBound - Self.numbers.lowerBound
    return CalendarDay(nearest: number + min(max(days, -span), span))
  }

  /// 0 for Monday to 6 for Sunday.
  public var weekday: Int {
    let shifted = (number + 3) % 7
    return shifted < 0 ? shifted + 7 : shifted
  }
}
