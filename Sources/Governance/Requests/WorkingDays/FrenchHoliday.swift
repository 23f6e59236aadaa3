public import Model

/// The public holidays of France (article L3133-1 of the *code du travail*), which are no working days anywhere in it. What
/// is a holiday in Alsace and Moselle or overseas only is not among them: an operator's delay is the same everywhere.
public enum FrenchHoliday: String, Sendable, Hashable, CaseIterable {
  case newYear
  case easterMonday
  case labourDay
  case victoryDay
  case ascension
  case whitMonday
  case nationalDay
  case assumption
  case allSaints
  case armistice
  case christmas

  /// The day of a year on which it is.
  public func day(in year: Int) -> CalendarDay? {
    switch self {
    case .newYear: CalendarDay(year: year, month: 1, day: 1)
    case .easterMonday: Easter.sunday(of: year)?.adding(days: 1)
    case .labourDay: CalendarDay(year: year, month: 5, day: 1)
    case .victoryDay: CalendarDay(year: year, month: 5, day: 8)
    case .ascension: Easter.sunday(of: year)?.adding(days: 39)
    case .whitMonday: Easter.sunday(of: year)?.adding(days: 50)
    case .nationalDay: CalendarDay(year: year, month: 7, day: 14)
    case .assumption: CalendarDay(year: year, month: 8, day: 15)
    case .allSaints: CalendarDay(year: year, month: 11, day: 1)
    case .armistice: CalendarDay(year: year, month: 11, day: 11)
    case .christmas: CalendarDay(year: year, month: 12, day: 25)
    }
  }

  /// The holidays that fall on a day, mostly none: in some years two of them share one.
  public static func on(_ day: CalendarDay) -> [FrenchHoliday] { allCases.filter { $0.day(in: day.year) == day } }
}

/// The Sunday after the first ecclesiastical full moon of spring.
enum Easter {
  /// Easter Sunday of a year in the Gregorian calendar (Meeus, Jones and Butcher).
  static func sunday(of year: Int) -> CalendarDay? {
    let golden = year % 19
    let (century, inCentury) = (year / 100, year % 100)
    let correction = (century - (century + 8) / 25 + 1) / 3
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30
    let toSunday = (32 + 2 * (century % 4) + 2 * (inCentury / 4) - epact - inCentury % 4) % 7
    let late = (golden + 11 * epact + 22 * toSunday) / 451
    let sum = epact + toSunday - 7 * late + 114
    return CalendarDay(year: year, month: sum / 31, day: sum % 31 + 1)
  }
}
