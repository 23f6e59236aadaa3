import Testing

@testable import Telemetry

struct EnvironmentValueTests {
  @Test(
    arguments: [
      ("250ms", .milliseconds(250)), ("5s", .seconds(5)), ("0s", .zero), ("1m30s", .seconds(90)),
      ("2h", .seconds(7200)),
      ("7d", .seconds(604_800)), ("1d2h3m4s5ms", .milliseconds(93_784_005)), ("90s", .seconds(90)),
    ] as [(String, Duration)])
  func `durations read`(text: String, duration: Duration) {
    #expect(DurationText.parse(text) == duration)
  }

  @Test(arguments: [
    "", "5", "s", "-5s", "5 s", "5S", "1.5s", "1s1m", "1s1s", "1ms1s", "5s ", "٥s", "5sec", "9223372036854775807d",
    "9223372036854775807ms1", "9223372036854775s9223372036854775807ms", "99999999999999999999s",
  ])
  func `what is no duration is refused`(text: String) {
    #expect(DurationText.parse(text) == nil)
  }

  @Test func `durations print so that they read back`() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let duration = Duration.milliseconds(Int64.random(in: 0...1_000_000_000_000, using: &random))
      #expect(DurationText.parse(DurationText.format(duration)) == duration, "seed \(seed)")
    }
    #expect(DurationText.format(.zero) == "0s")
    #expect(DurationText.format(.seconds(-3)) == "0s")
  }

  @Test(arguments: [
    ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:8080", "::1", 8080), ("0.0.0.0:65535", "0.0.0.0", 65535),
    ("regie.local:1024", "regie.local", 1024),
  ])
  func `addresses read and print back`(text: String, host: String, port: Int) {
    let address = ListenAddress(parsing: text)
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address?.description == text)
  }

  @Test(arguments: [
    "", "8080", ":8080", "host", "host:", "host:80", "host:65536", "::1:8080", "[]:8080", "[::1:8080", "a b:8080",
    "http://x:8080", "host:x",
  ])
  func `what is no address is refused`(text: String) {
    #expect(ListenAddress(parsing: text) == nil)
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("::1", true), ("0.0.0.0", false), ("::", false),
    ("10.0.0.1", false), ("127.0.0.1.evil.fr", false), ("127.evil", false), ("127.0.1", false), ("127.0.0.1.2", false),
    ("127.0.0.256", false),
    ("example.fr", false),
  ])
  func `loopback is known by the address as written`(host: String, isLoopback: Bool) {
    #expect(ListenAddress(host: host, port: 8080).isLoopback == isLoopback)
  }
}
