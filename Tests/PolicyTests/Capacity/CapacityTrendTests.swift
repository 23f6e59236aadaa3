import Foundation
import Model
import TestSupport
import Testing

@testable import Policy

struct CapacityTrendTests {
  private static let first = CalendarDay("2026-11-01")!

  private static func points(_ amounts: [Int64], every step: Int = 1) -> [CapacityTrend.Point] {
    amounts.enumerated().map { offset, amount in
      CapacityTrend.Point(day: CalendarDay(number: first.number + offset * step)!, committed: amount)
    }
  }

  @Test(
    arguments: [
      ("too few days", [1, 2, 3, 4, 5, 6], 100, .noTrend, nil, nil),
      ("no day", [], 100, .noTrend, nil, nil),
      // On the 7th, 70 are promised; 100 are reached three days later.
      ("ten a day", [10, 20, 30, 40, 50, 60, 70], 100, .runsOut, 10_000, "2026-11-10"),
      ("reached only the day after", [10, 20, 30, 40, 50, 60, 70], 101, .runsOut, 10_000, "2026-11-11"),
      ("the next day", [10, 20, 30, 40, 50, 60, 70], 71, .runsOut, 10_000, "2026-11-08"),
      ("at its end", [10, 20, 30, 40, 50, 60, 70], 70, .full, 10_000, nil),
      ("beyond its end", [10, 20, 30, 40, 50, 60, 70], 60, .full, 10_000, nil),
      ("nothing moves", [5, 5, 5, 5, 5, 5, 5], 100, .steady, 0, nil),
      ("less and less", [9, 8, 7, 6, 5, 4, 3], 100, .steady, -1000, nil),
      // It rises by 3/28 a day: within ten years by 391.
      ("hardly", [0, 0, 0, 0, 0, 0, 1], 100, .runsOut, 107, "2029-05-24"),
      ("hardly, and far", [0, 0, 0, 0, 0, 0, 1], 100_000, .distant, 107, nil),
      // Ten years after the 7th, of which three are leap years: 3653 days.
      ("in ten years to the day", [10, 20, 30, 40, 50, 60, 70], 36_600, .runsOut, 10_000, "2036-11-07"),
      ("the day after that", [10, 20, 30, 40, 50, 60, 70], 36_601, .distant, 10_000, nil),
      // The line went through the limit yesterday; what is promised did not.
      ("the line is ahead", [0, 90, 90, 90, 90, 90, 90, 90], 92, .runsOut, 7500, "2026-11-09"),
      ("all there is", [0, 0, 0, 0, 0, 0, .max], .max, .full, .max, nil),
    ] as [(String, [Int64], Int64, CapacityTrend.Verdict, Int64?, String?)])
  func `a line through what was promised says when nothing is left`(
    name: String, amounts: [Int64], limit: Int64, verdict: CapacityTrend.Verdict, perDay: Int64?, day: String?
  ) {
    let points = Self.points(amounts)
    let trend = CapacityTrend(points, limit: limit, on: points.last?.day ?? Self.first)
    #expect(trend.verdict == verdict, "\(name)")
    #expect(trend.perDay == perDay, "\(name)")
    #expect(trend.runsOutOn == day.map { CalendarDay($0)! }, "\(name)")
    #expect(trend.days == amounts.count, "\(name)")
  }

  @Test func `a last day that is long past tells nothing of today, and is named`() throws {
    let points = Self.points([10, 20, 30, 40, 50, 60, 70])
    func trend(after days: Int) throws -> CapacityTrend {
      let today = try #require(CalendarDay(number: Self.first.number + 6 + days))
      return CapacityTrend(points, limit: 100, on: today)
    }
    let week = try trend(after: CapacityTrend.longest)
    // On the 10th the line was there; nothing says that it was so, and the first day that can be told is tomorrow.
    #expect(week.verdict == .runsOut && week.runsOutOn == CalendarDay("2026-11-15"))
    let later = try trend(after: CapacityTrend.longest + 1)
    #expect(later.verdict == .outdated && later.runsOutOn == nil && later.perDay == nil)
    #expect(later.lastDay == CalendarDay("2026-11-07") && later.days == 7)
    #expect(CapacityTrend([], limit: 1, on: Self.first).lastDay == nil)
  }

  @Test func `through what is all of one day there is no line`() {
    let trend = CapacityTrend(Self.points([10, 20, 30, 40, 50, 60, 70], every: 0), limit: 100, on: Self.first)
    #expect(trend.verdict == .noTrend && trend.perDay == nil && trend.runsOutOn == nil)
    #expect(trend.days == 7 && trend.lastDay == Self.first)
  }

  @Test func `days that were missed count as days, and the order of the points does not`() throws {
    let weekly = Self.points([0, 70, 140, 210, 280, 350, 420], every: 7)
    let today = try #require(weekly.last?.day)
    let trend = CapacityTrend(weekly, limit: 500, on: today)
    #expect(trend.perDay == 10_000 && trend.runsOutOn == CalendarDay("2026-12-21"))
    #expect(CapacityTrend(weekly.reversed(), limit: 500, on: today) == trend)
  }

  @Test func `on the day that is told a straight line is there, and on the day before it is not`() {
    var dice = Dice.fresh("trend")
    for _ in 0..<500 {
      let (start, step) = (Int64.random(in: 0...1000, using: &dice), Int64.random(in: 1...50, using: &dice))
      let days = Int64.random(in: 7...400, using: &dice)
      let limit = start + step * (days - 1) + Int64.random(in: 1...5000, using: &dice)
      let kept = (0..<days).filter { $0 < 7 || $0 == days - 1 || Int.random(in: 0...2, using: &dice) > 0 }
      let points = kept.map {
        CapacityTrend.Point(day: CalendarDay(number: Self.first.number + Int($0))!, committed: start + step * $0)
      }
      let trend = CapacityTrend(points, limit: limit, on: points.last?.day ?? Self.first)
      guard trend.verdict == .runsOut, let end = trend.runsOutOn else {
        #expect(trend.verdict == .distant, "seed \(dice.seed)")
        continue
      }
      let day = Int64(end.number - Self.first.number)
      #expect(start + step * day >= limit && start + step * (day - 1) < limit, "seed \(dice.seed)")
      #expect(trend.perDay == step * 1000, "seed \(dice.seed)")
    }
  }
}
