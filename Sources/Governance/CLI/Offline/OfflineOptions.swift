import ArgumentParser
import Contract
import Events
import Foundation
import Model

/// The language of sentences, for commands that ask no service.
struct LanguageOption: ParsableArguments {
  @Option(name: .long, help: "Langue des phrases : fr ou en (REGIE_LANG). / Language of sentences.")
  var lang: String?

  func language() throws -> Language { try Self.language(lang, ProcessInfo.processInfo.environment) }

  static func language(_ lang: String?, _ environment: [String: String]) throws -> Language {
    let text = lang ?? environment.variable("REGIE_LANG") ?? "fr"
    guard let language = Language(rawValue: text) else {
      throw ValidationError("--lang \(text) : attendu fr ou en / expected fr or en")
    }
    return language
  }
}

/// The day that something is judged for.
struct DayOption: ParsableArguments {
  @Option(
    name: .long, help: "Jour jugé, AAAA-MM-JJ ; aujourd'hui à Paris sinon. / The day; today in Paris otherwise.",
    transform: { text in
      guard let day = CalendarDay(text) else {
        throw ValidationError("attendu AAAA-MM-JJ, une date du calendrier / expected YYYY-MM-DD, a day that there is")
      }
      return day
    })
  var day: CalendarDay?

  /// The day asked for, or today's.
  ///
  /// - Throws: `ValidationError` where the machine's clock shows no day that can be written.
  func chosen() throws -> CalendarDay {
    if let day { return day }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: "Europe/Paris") ?? .gmt
    let now = calendar.dateComponents([.year, .month, .day], from: Date())
    guard let today = CalendarDay(year: now.year ?? 0, month: now.month ?? 0, day: now.day ?? 0) else {
      throw ValidationError("l'horloge ne donne pas de date ; donnez --day / the clock shows no day; give --day")
    }
    return today
  }

  /// The last microsecond of a day in Paris: whatever was notified on it has effect, and nothing that was on the next.
  static func end(of day: CalendarDay) -> Date {
    Timestamp(microseconds: ParisTime.moment(day, hour: 24).microseconds - 1).date
  }
}
