import Testing

@testable import Kubernetes

/// Lines out of chunks.
struct LineSplitterTests {
  private func lines(_ chunks: [String], limit: Int = 100) throws -> [String] {
    var splitter = LineSplitter(limit: limit)
    return try chunks.flatMap { try splitter.split(Array($0.utf8)) }.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `lines come out whole however they are cut`() throws {
    let text = "{\"a\":1}\n{\"é\":\"ü\"}\r\n\n\r\nthird\n"
    let bytes = Array(text.utf8)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var splitter = LineSplitter(limit: 100)
        var found: [String] = []
        for piece in [bytes[..<first], bytes[first..<second], bytes[second...]] {
          found += try splitter.split(piece).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(found == ["{\"a\":1}", "{\"é\":\"ü\"}", "third"])
      }
    }
  }

  @Test func `a line without end stays inside`() throws {
    #expect(try lines(["a\nb"]) == ["a"])
    #expect(try lines(["a\nb", "c\n"]) == ["a", "bc"])
  }

  @Test func `a line may be as long as the bound and no longer`() throws {
    #expect(try lines(["12345", "\n1234\n"], limit: 5) == ["12345", "1234"])
    #expect(throws: LineSplitter.TooLong(limit: 5)) { try lines(["123", "456"], limit: 5) }
    #expect(throws: LineSplitter.TooLong(limit: 5)) { try lines(["123456\n"], limit: 5) }
  }
}
