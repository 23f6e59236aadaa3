import Events
import Foundation
import Model
import Testing

struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"),
    ("1970-01-01T00:00:00.000001Z", 1, "1970-01-01T00:00:00.000001Z"),
    ("1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"),
    ("2026-11-23T23:11:07.123456Z", 1_795_475_467_123_456, "2026-11-23T23:11:07.123456Z"),
    ("2026-11-23T23:11:07.1Z", 1_795_475_467_100_000, "2026-11-23T23:11:07.100000Z"),
    ("2026-11-23T23:11:07.123456999Z", 1_795_475_467_123_456, "2026-11-23T23:11:07.123456Z"),
    ("2000-02-29T12:00:00Z", 951_825_600_000_000, "2000-02-29T12:00:00.000000Z"),
    ("0000-01-01T00:00:00Z", -62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
  ])
  func `moments are read and written`(text: String, microseconds: Int64, canonical: String) {
    #expect(Timestamp(text)?.microseconds == microseconds)
    #expect(Timestamp(microseconds: microseconds).description == canonical)
  }

  @Test(arguments: [
    "", "Z", "2026-11-23", "2026-11-23T23:11:07", "2026-11-23T23:11:07z", "2026-11-23t23:11:07Z",
    "2026-11-23 23:11:07Z", "2026-11-23T23:11:07+00:00", "2026-11-23T23:11:07.Z", "2026-11-23T23:11:07,5Z",
    "2026-11-23T23:11:07.!!!!!!Z", "2026-11-23T23:11:07.12 456Z", "2026-11-23T23:11:07.123456/89Z",
    "2026-11-23T23:11:07.1234567890Z", "2026-00-23T23:11:07Z", "2026-13-23T23:11:07Z", "2026-11-00T23:11:07Z",
    "2026-11-31T23:11:07Z", "2026-11-32T23:11:07Z", "2026-02-29T23:11:07Z", "1900-02-29T00:00:00Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T23:60:07Z", "2026-11-23T23:11:60Z", "20a6-11-23T23:11:07Z", "-026-11-23T23:11:07Z",
    "2026-11-23T23:11:é7Z", "2026/11/23T23:11:07Z",
  ])
  func `anything looser is refused`(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func `bytes below the digits do not count`() {
    for byte in UInt8(0)...127 where !(48...57).contains(byte) {
      let text = "2026-11-23T23:11:07." + String(decoding: [byte], as: UTF8.self) + "23Z"
      #expect(Timestamp(text) == nil, "byte \(byte)")
    }
  }

  @Test func `every moment survives its text`() {
    let seed: UInt64 = 11
    var generator = SeededGenerator(seed)
    for _ in 0..<20_000 {
      let moment = Timestamp(
        microseconds: Int64.random(in: -62_167_219_200_000_000...253_402_300_799_999_999, using: &generator))
      #expect(Timestamp(moment.description) == moment, "seed \(seed): \(moment.microseconds)")
    }
  }

  @Test func `the calendar agrees with Foundation's`() {
    let seed: UInt64 = 12
    var generator = SeededGenerator(seed)
    for _ in 0..<2_000 {
      let seconds = Int64.random(in: -2_000_000_000...32_000_000_000, using: &generator)
      let date = Date(timeIntervalSince1970: Double(seconds))
      let text = date.formatted(.iso8601)
      #expect(Timestamp(text)?.microseconds == seconds * 1_000_000, "seed \(seed): \(text)")
      #expect(Timestamp(date).date == date)
    }
  }

  @Test func `a moment of the database is the same here, in 2041 and after too`() {
    let seed: UInt64 = 13
    var generator = SeededGenerator(seed)
    for _ in 0..<20_000 {
      // 1950 to 2199.
      let moment = Timestamp(
        microseconds: Int64.random(in: -631_152_000_000_000...7_258_118_399_999_999, using: &generator))
      // As it is read from the database: the nearest double, counted from 2001.
      let read = Date(timeIntervalSinceReferenceDate: Double(moment.microseconds - 978_307_200_000_000) / 1_000_000)
      #expect(Timestamp(read) == moment, "seed \(seed): \(moment)")
      #expect(moment.date == read, "seed \(seed): \(moment)")
      // As it is written in documents, and in what is decided about.
      let written = RFC3339.text(read)
      #expect(Timestamp(written) == moment, "seed \(seed): \(moment), \(written)")
    }
  }

  @Test func `a moment is one date, whether an event or a document says it`() throws {
    let seed: UInt64 = 14
    var generator = SeededGenerator(seed)
    // 1729 to 2273: from then on dates do not tell microseconds apart.
    let moments = (0..<20_000).map { _ in
      Timestamp(microseconds: Int64.random(in: -7_611_626_000_000_000...9_568_241_000_000_000, using: &generator))
    }
    let read = try ModelJSON.decoder.decode([Date].self, from: try JSONEncoder().encode(moments))
    for (moment, date) in zip(moments, read) {
      #expect(date == moment.date && Timestamp(date) == moment, "seed \(seed): \(moment)")
    }
  }

  @Test func `a date that was read from a document is written and read as the same, in all years`() throws {
    let seed: UInt64 = 15
    var generator = SeededGenerator(seed)
    let moments = (0..<20_000).map { _ in
      Timestamp(microseconds: Int64.random(in: -62_135_596_800_000_000...253_402_300_798_000_000, using: &generator))
    }
    let read = try ModelJSON.decoder.decode([Date].self, from: try JSONEncoder().encode(moments))
    let again = try ModelJSON.decoder.decode([Date].self, from: try ModelJSON.encoder.encode(read))
    for (moment, (first, second)) in zip(moments, zip(read, again)) {
      #expect(first == second && Timestamp(first).date == first, "seed \(seed): \(moment)")
    }
  }

  @Test func `what lies outside RFC 3339 is held at its ends`() {
    let ends = [Timestamp(microseconds: .min), Timestamp(microseconds: .max)]
    #expect(ends.map(\.description) == ["0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"])
    #expect(Timestamp(.distantFuture) < ends[1] && Timestamp(Date(timeIntervalSince1970: .infinity)) == ends[1])
    #expect(Timestamp(Date(timeIntervalSince1970: -.infinity)) == ends[0])
    #expect(ends[1].microseconds(since: ends[0]) > 0 && ends[0] < ends[1])
  }

  @Test func `JSON holds the text, and a bad one is shown`() throws {
    let moment = Timestamp(microseconds: 1_795_475_467_123_456)
    let data = try JSONEncoder().encode([moment])
    #expect(String(decoding: data, as: UTF8.self) == #"["2026-11-23T23:11:07.123456Z"]"#)
    #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [moment])
    #expect {
      try JSONDecoder().decode([Timestamp].self, from: Data(#"["yesterday"]"#.utf8))
    } throws: {
      "\($0)".contains("yesterday")
    }
  }
}

/// SplitMix64: the same seed gives the same numbers everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
