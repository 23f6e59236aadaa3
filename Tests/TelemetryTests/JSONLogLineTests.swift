import Foundation
import Logging
import Testing

@testable import Telemetry

struct JSONLogLineTests {
  private func line(_ metadata: Logger.Metadata, message: String = "Décidé", error: String? = nil) -> String {
    text(
      JSONLogLine(
        time: WallTime(seconds: 1_795_476_521, nanoseconds: 42_000_000), level: .notice, label: "regie.relay",
        message: message, source: "Server", error: error, metadata: metadata
      ).render())
  }

  private let head = #"{"timestamp":"2026-11-23T23:28:41.042Z","level":"notice","logger":"regie.relay","#

  @Test func `golden: fixed keys first, metadata sorted, one newline at the end`() {
    #expect(
      line(["zone": "usuel", "attempt": .stringConvertible(3)])
        == head + #""message":"Décidé","source":"Server","attempt":3,"zone":"usuel"}"# + "\n")
  }

  @Test func `golden: nested metadata is flattened with dots, arrays stay arrays`() {
    let metadata: Logger.Metadata = [
      "kafka": ["topic": "t", "at": ["partition": "1"]],
      "list": ["a", ["b": "c", "a": ["x"]]],
    ]
    #expect(
      line(metadata) == head
        + #""message":"Décidé","source":"Server","kafka.at.partition":"1","kafka.topic":"t","#
        + #""list":["a",{"a":["x"],"b":"c"}]}"# + "\n")
  }

  @Test func `metadata cannot pass for a key of the line`() throws {
    let rendered = line(["level": "critical", "timestamp": "1970", "logger": "x", "source": "y", "error": "z"])
    #expect(rendered.hasPrefix(head))
    #expect(rendered.contains(#""metadata.level":"critical""#))
    #expect(rendered.contains(#""metadata.error":"z""#))
    #expect(!rendered.contains(#","error""#))
  }

  @Test func `two ways to one key leave one key`() {
    let rendered = line(["a": ["b": "nested"], "a.b": "flat"])
    #expect(rendered.components(separatedBy: #""a.b""#).count == 2)
    #expect(rendered.contains(#""a.b":"flat""#))
  }

  @Test func `an error has its own key`() {
    #expect(line([:], error: "refused").contains(#""source":"Server","error":"refused"}"#))
  }

  @Test func `numbers and booleans keep their type, what JSON has no number for is text`() {
    let rendered = line([
      "a": .stringConvertible(true), "b": .stringConvertible(-7 as Int8), "c": .stringConvertible(0.25),
      "d": .stringConvertible(Double.infinity), "e": .stringConvertible(UInt64.max), "f": .stringConvertible(false),
      "g": .stringConvertible(Duration.seconds(1)),
    ])
    #expect(
      rendered.hasSuffix(
        #""a":true,"b":-7,"c":0.25,"d":"inf","e":18446744073709551615,"f":false,"g":"1.0 seconds"}"# + "\n"))
  }

  @Test func `any text survives a JSON parser, on one line`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let scalars = (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7F : 0x1_F9FF), using: &random))
      }
      let message = String(String.UnicodeScalarView(scalars))
      let rendered = line([:], message: message)
      #expect(rendered.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1, "seed \(seed)")
      let parsed = try JSONSerialization.jsonObject(with: Data(rendered.utf8)) as? [String: Any]
      let back = parsed?["message"] as? String
      #expect(back.map { Array($0.utf8) } == Array(message.utf8), "seed \(seed)")
    }
  }

  @Test func `golden: escapes`() {
    #expect(line([:], message: "\"\\\n\r\t\u{1}\u{1F}/").contains(#""message":"\"\\\n\r\t\u0001\u001f/""#))
  }
}
