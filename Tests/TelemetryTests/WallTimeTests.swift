import Glibc
import Testing

@testable import Telemetry

struct WallTimeTests {
  @Test(arguments: [
    (WallTime(seconds: 0), "1970-01-01T00:00:00.000Z"),
    (WallTime(seconds: -1, nanoseconds: 999_999_999), "1969-12-31T23:59:59.999Z"),
    (WallTime(seconds: 951_782_400), "2000-02-29T00:00:00.000Z"),
    (WallTime(seconds: 1_795_476_521, nanoseconds: 42_999_999), "2026-11-23T23:28:41.042Z"),
    (WallTime(seconds: 4_107_456_000), "2100-02-28T00:00:00.000Z"),
    (WallTime(seconds: 4_107_542_400), "2100-03-01T00:00:00.000Z"),
    (WallTime(seconds: 13_574_563_200), "2400-02-29T00:00:00.000Z"),
    (WallTime(seconds: 253_402_300_799), "9999-12-31T23:59:59.000Z"),
    (WallTime(seconds: -62_135_596_800), "0001-01-01T00:00:00.000Z"),
  ])
  func `is written in UTC with milliseconds, cut not rounded`(time: WallTime, text: String) {
    #expect(time.rfc3339 == text)
  }

  @Test func `agrees with the C library on any second of five thousand years`() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<2000 {
      var seconds = time_t(Int64.random(in: -62_135_596_800...95_617_584_000, using: &random))
      var parts = tm()
      gmtime_r(&seconds, &parts)
      let text = WallTime(seconds: Int64(seconds)).rfc3339
      let numbers = text.split(whereSeparator: { "-T:.Z".contains($0) }).compactMap { Int32($0) }
      let expected = [
        parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, 0,
      ]
      #expect(numbers == expected, "seed \(seed), seconds \(seconds)")
    }
  }

  @Test func `orders by seconds, then nanoseconds`() {
    #expect(WallTime(seconds: 1, nanoseconds: 5) < WallTime(seconds: 2, nanoseconds: 0))
    #expect(WallTime(seconds: 1, nanoseconds: 5) < WallTime(seconds: 1, nanoseconds: 6))
    #expect(!(WallTime(seconds: 1, nanoseconds: 5) < WallTime(seconds: 1, nanoseconds: 5)))
  }

  @Test func `the system clocks tell this century and never go back`() {
    let clock = TelemetryClock.system
    #expect(clock.wall() > WallTime(seconds: 1_700_000_000))
    let first = clock.uptime()
    #expect(clock.uptime() >= first)
  }
}
