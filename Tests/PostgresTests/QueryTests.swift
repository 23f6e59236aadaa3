import Foundation
import Testing

@testable import Postgres

struct QueryTests {
  @Test func `interpolated values become parameters`() {
    let name = "Robert'); DROP TABLE region;--"
    let query: PostgresQuery = "SELECT \(name), \(7), \(Optional<Bool>.none)"
    #expect(query.sql == "SELECT $1, $2, $3")
    #expect(query.parameters.map(\.text) == [name, "7", nil])
    #expect(query.parameters.map(\.type) == [.inferred, .int8, .bool])
  }

  @Test func `only unescaped text goes into the SQL`() {
    let query: PostgresQuery = "LISTEN \(unescaped: "outbox")"
    #expect(query.sql == "LISTEN outbox")
    #expect(query.parameters.isEmpty)
  }

  @Test func `fragments keep their values and are renumbered`() {
    let condition: PostgresQuery = "kind = \("a") AND size > \(3)"
    let query: PostgresQuery = "SELECT \(1) WHERE (\(condition)) OR id = \(2)"
    #expect(query.sql == "SELECT $1 WHERE (kind = $2 AND size > $3) OR id = $4")
    #expect(query.parameters.map(\.text) == ["1", "a", "3", "2"])
  }

  @Test func `parts are joined`() {
    let query = PostgresQuery.join(["a = \(1)", "b = \(2)", "c"], separator: " AND ")
    #expect(query.sql == "a = $1 AND b = $2 AND c")
    #expect(PostgresQuery.join([], separator: ",").sql == "")
  }

  @Test func `arrays are one parameter, bytes are binary`() {
    let ids: [Int] = [1, 2]
    let names = [Optional("a"), nil]
    let bytes: [UInt8] = [0, 255]
    let query: PostgresQuery = "\(ids) \(names) \(bytes) \([bytes])"
    #expect(query.parameters.map(\.type.description) == ["int8[]", "text[]", "bytea", "bytea[]"])
    #expect(query.parameters.allSatisfy { $0.isBinary })
    // Of one dimension, with a null, of type 25, two elements from the index 1 on: one byte long, and none.
    #expect(query.parameters[1].text == #"\x000000010000000100000019000000020000000100000001"# + "61ffffffff")
    // Of one dimension, without nulls, of type 17, one element from the index 1 on, two bytes long.
    #expect(query.parameters[3].text == #"\x00000001000000000000001100000001000000010000000200ff"#)
  }

  @Test func `array text is read back as it was written`() {
    var random = SeededGenerator()
    let alphabet: [Character] = ["a", "\"", "\\", ",", "{", "}", " ", "é", "N", "\n", "🗺"]
    for _ in 0..<500 {
      let array: [String?] = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        guard Int.random(in: 0..<5, using: &random) > 0 else { return nil }
        let length = Int.random(in: 0...5, using: &random)
        return String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "x" })
      }
      #expect(ArrayText.decode(ArrayText.encode(array)) == array, "\(random)")
    }
  }

  @Test(arguments: ["", "{", "1,2", "{1,}", "{\"a}", "{{1},{2}}", "[0:1]={1,2}", "{\"a\"b}", "{\"a\\"])
  func `what is not a plain array is refused`(text: String) {
    #expect(ArrayText.decode(text) == nil)
  }

  @Test func `hexadecimal text of bytes`() {
    #expect(HexText.encode([0, 0x9A, 255]) == "\\x009aff")
    #expect(HexText.decode("\\x009AfF") == [0, 0x9A, 255])
    for bad in ["", "\\x0", "\\xg0", "00", "\\x0g"] { #expect(HexText.decode(bad) == nil) }
  }

  @Test func `an enumeration with a raw value needs no code`() throws {
    #expect(Colour.red.postgresParameter.text == "red")
    #expect(Colour.postgresType == .inferred)
    let cell = PostgresCell(column: "colour", type: .text, text: "red")
    #expect(try Colour(postgres: cell) == .red)
    let error = #expect(throws: PostgresError.self) {
      try Colour(postgres: PostgresCell(column: "colour", type: .text, text: "mauve"))
    }
    #expect(error?.description.contains("column colour (text) holds a value that is not a valid Colour") == true)
    #expect(error?.description.contains("mauve") == false)
  }
}

enum Colour: String, PostgresEncodable, PostgresDecodable {
  case red, blue
}
