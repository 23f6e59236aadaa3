public import Model

/// Where what is promised of a resource goes, by a straight line through what it was on past days (least squares), in whole
/// numbers. It tells nothing that so few days can not tell.
public struct CapacityTrend: Codable, Sendable, Hashable {
  /// What was promised on a day.
  public struct Point: Sendable, Hashable {
    /// The day.
    public var day: CalendarDay
    /// How much.
    public var committed: Int64

    /// A point.
    public init(day: CalendarDay, committed: Int64) {
      self.day = day
      self.committed = committed
    }
  }

  /// What the line says.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// There are fewer days than ``fewest``: no trend.
    case noTrend
    /// The last day that was written down is longer ago than ``longest``: nobody knows what became of it since.
    case outdated
    /// No more is promised than may be, and it does not grow.
    case steady
    /// It grows, and is not at its end within ten years.
    case distant
    /// It grows, and is at its end on a day that is told.
    case runsOut
    /// It is at its end already.
    case full
  }

  /// Days that a line takes at least: a week, with its two days on which nobody asks for anything.
  public static let fewest = 7
  /// How many days the last one may be past: in a week of which nothing is known too much may have happened.
  public static let longest = 7
  /// How far ahead a line is believed, in days.
  public static let farthest = 3653

  /// What the line says.
  public var verdict: Verdict
  /// How many days it is through.
  public var days: Int
  /// The last of them; absent where there is none.
  public var lastDay: CalendarDay?
  /// How much more is promised with each day, in thousandths of the resource's counting unit, rounded towards 0; absent
  /// where there is no trend.
  public var perDay: Int64?
  /// The first day on which the line reaches what may be promised.
  public var runsOutOn: CalendarDay?

  /// The trend through points of different days, to a limit, as it is seen on a day.
  public init(_ points: [Point], limit: Int64, on today: CalendarDay) {
    days = points.count
    let sorted = points.sorted { $0.day < $1.day }
    lastDay = sorted.last?.day
    guard let last = sorted.last, let first = sorted.first, days >= Self.fewest else {
      verdict = .noTrend
      return
    }
    // Days count from the first one, which keeps the sums small: a thousand days of any amounts fit into 128 bits.
    let line = Line(sorted.map { (Int128($0.day.number - first.day.number), Int128($0.committed)) })
    guard line.run > 0 else {
      verdict = .noTrend
      return
    }
    guard today.number - last.day.number <= Self.longest else {
      verdict = .outdated
      return
    }
    perDay = Int64(clamping: line.rise * 1000 / line.run)
    guard last.committed < limit else {
      verdict = .full
      return
    }
    guard line.rise > 0 else {
      verdict = .steady
      return
    }
    // What the line says of days that are over is over: it was not so.
    let present = max(today.number, last.day.number)
    let now = Int128(present - first.day.number)
    let ahead = max(line.first(atLeast: Int128(limit)), now + 1) - now
    guard ahead <= Int128(Self.farthest), let day = CalendarDay(number: present + Int(ahead)) else {
      verdict = .distant
      return
    }
    verdict = .runsOut
    runsOutOn = day
  }

  /// The line through points: it rises by `rise` in `run` days.
  private struct Line {
    let rise: Int128
    let run: Int128
    let count: Int128
    let days: Int128
    let amounts: Int128

    init(_ points: [(day: Int128, amount: Int128)]) {
      count = Int128(points.count)
      days = points.reduce(0) { $0 + $1.day }
      amounts = points.reduce(0) { $0 + $1.amount }
      let products = points.reduce(Int128(0)) { $0 + $1.day * $1.amount }
      let squares = points.reduce(Int128(0)) { $0 + $1.day * $1.day }
      rise = count * products - days * amounts
      run = count * squares - days * days
    }

    /// The first whole day on which a rising line is at `amount` or above.
    func first(atLeast amount: Int128) -> Int128 {
      // amounts / count + rise / run × (day − days / count) ≥ amount
      let (top, bottom) = (days * rise + (amount * count - amounts) * run, rise * count)
      let (whole, rest) = top.quotientAndRemainder(dividingBy: bottom)
      return rest > 0 ? whole + 1 : whole
    }
  }
}
