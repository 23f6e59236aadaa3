import ArgumentParser
import Migration
import Model

/// Days as they are written on the command line.
enum PlanDays {
  /// The most days of one range.
  private static let longest = 366

  /// Days and ranges of days, `2026-12-01..2026-12-19`: all of them, each once and in order.
  static func days(_ texts: [String]) throws -> [String] {
    Set(try texts.flatMap(range)).sorted().map(\.description)
  }

  private static func range(_ text: String) throws -> [CalendarDay] {
    guard let dots = text.firstRange(of: "..") else {
      guard let day = CalendarDay(text) else { throw wrongDay(text) }
      return [day]
    }
    guard let first = CalendarDay(String(text[..<dots.lowerBound])),
      let last = CalendarDay(String(text[dots.upperBound...])), first <= last,
      last.number - first.number < longest
    else { throw wrongDay(text) }
    return (0...(last.number - first.number)).map { first.adding(days: $0) }
  }

  private static func wrongDay(_ text: String) -> ValidationError {
    ValidationError(
      "--day \(text) : attendu / expected 2026-12-01, 2026-12-01..2026-12-19 (\(longest) jours au plus / days at most)")
  }

  /// `FROM/UNTIL`, or `FROM/UNTIL@operator:NAME` and its like.
  static func blackout(_ text: String) throws -> MigrationDraft.Blackout {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let days = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard days.count == 2, days.allSatisfy({ CalendarDay($0) != nil }) else { throw wrongBlackout(text) }
    var blackout = MigrationDraft.Blackout(from: days[0], until: days[1])
    guard parts.count == 2 else { return blackout }
    let reach = parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard reach.count == 2, !reach[1].isEmpty else { throw wrongBlackout(text) }
    switch reach[0] {
    case "operator": blackout.operator = reach[1]
    case "region": blackout.region = reach[1]
    case "cluster": blackout.cluster = reach[1]
    case "project": blackout.project = reach[1]
    default: throw wrongBlackout(text)
    }
    return blackout
  }

  private static func wrongBlackout(_ text: String) -> ValidationError {
    ValidationError(
      "--blackout \(text) : attendu / expected 2026-12-20/2027-01-05, …@operator:NAME, @region:, @cluster:, @project:")
  }

  /// A blackout as it is written.
  static func text(_ blackout: Blackout) -> String {
    let days = "\(blackout.from)/\(blackout.until)"
    return switch blackout.reach {
    case .everything: days
    case .operator(let name): "\(days)@operator:\(name)"
    case .region(let name): "\(days)@region:\(name)"
    case .cluster(let name): "\(days)@cluster:\(name)"
    case .project(let name): "\(days)@project:\(name)"
    }
  }
}
