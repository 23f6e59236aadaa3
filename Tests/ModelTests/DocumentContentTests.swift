import Model
import Testing

/// Values whose type nobody has asked for.
@Suite struct DocumentContentTests {
  @Test func `a value of any type is read as it was written`() throws {
    let content = try DocumentText(json: #"{"a": [1, 2.50, true, null, "x"], "b": {"c": 9007199254740993}}"#).content
    let list: [DocumentText.Content] = [.number("1"), .number("2.50"), .flag(true), .null, .text("x")]
    #expect(content == .object(["a": .list(list), "b": .object(["c": .number("9007199254740993")])]))
  }

  @Test(
    arguments: [
      ("60", 60), ("60.0", 60), ("6e1", 60), ("-1", -1), ("9007199254740993", 9_007_199_254_740_993), ("1.5", nil),
      ("9223372036854775808", nil), ("1e400", nil), (#""60""#, nil), ("true", nil),
    ] as [(String, Int64?)])
  func `a whole number is one in whatever way it is written`(text: String, number: Int64?) throws {
    #expect(try DocumentText(json: text).content.wholeNumber == number)
  }
}
