import Contract
import Foundation
import HTTPTypes
import Model
import Policy
import Testing

@testable import API

/// What is told in headers of something that is written by then: no proxy may stumble over it.
struct WarningsTests {
  private static func told(_ count: Int, letters: Int, of letter: String = "x", in language: Language = .en) -> [String]
  {
    let text = String(repeating: letter, count: letters)
    let problems = (0..<count).map {
      FieldProblem(path: "spec.rules[\($0)]", message: text, messageFR: text, severity: .warning)
    }
    var headers: HTTPFields = [:]
    Warnings(problems, [], language).add(to: &headers, language)
    return headers[values: .warning]
  }

  private static func bytes(_ values: [String]) -> Int { values.map { "Warning: \($0)\r\n".utf8.count }.reduce(0, +) }

  @Test func `a few short ones are told whole, and no more is said`() {
    let wanted = (0..<3).map { "299 - \"spec.rules[\($0)]: xxxxx\"" }
    #expect(Self.told(3, letters: 5) == wanted)
  }

  @Test func `of more than twenty the number is told`() {
    let told = Self.told(23, letters: 5, in: .fr)
    #expect(told.count == 21 && told.last == "299 - \"et 3 autres : regie policy lint\"")
  }

  @Test(arguments: ["\"", "\\"])
  func `what ends a quoted text is escaped, whatever accent it bears`(letter: String) {
    for accent in ["", "\u{301}"] {
      let wanted = "299 - \"spec.rules[0]: \\\(letter)\(accent)\\\(letter)\(accent)\""
      #expect(Self.told(1, letters: 2, of: letter + accent) == [wanted])
    }
  }

  @Test(arguments: ["x", "é", "\"", "🙂", "e\u{301}"])
  func `however long they are, they leave room in a head of four KiB`(letter: String) {
    for (count, letters) in [(1, 50_000), (20, 400), (50, 2000)] {
      let told = Self.told(count, letters: letters, of: letter)
      let bytes = Self.bytes(told)
      #expect(bytes < 3300, "\(count) of \(letters)")
      #expect(told.first?.contains("spec.rules[0]: \(letter)") == true || letter == "\"")
      let last = told.last ?? ""
      let isCounted = last.hasSuffix("\(count - told.count + 1) more: regie policy lint\"")
      #expect(isCounted == (count > 1), "\(last)")
    }
  }
}
