import Foundation
import TestSupport
import Testing

@Suite("The house rules that a machine can see")
struct HouseRuleTests {
  private static func files(_ folders: String...) throws -> [(path: String, text: String)] {
    try folders.flatMap { folder in
      try Repository.files(below: folder, suffix: ".swift").map { ($0, try Repository.text($0)) }
    }
  }

  /// Without comments and the contents of texts.
  private static func code(_ text: String) -> String {
    text.replacing(/\/\/[^\n]*/, with: "").replacing(/"(?:\\.|[^"\\\n])*"/, with: "\"\"")
  }

  @Test("no file has more than 400 lines")
  func length() throws {
    let files = try Self.files("Sources", "Tests")
    #expect(files.count > 400)
    for file in files { #expect(file.text.count { $0 == "\n" } <= 400, "\(file.path)") }
  }

  @Test("nothing is half-made, and no fault outside ends a program")
  func halfMade() throws {
    for file in try Self.files("Sources") {
      let fatal = Self.code(file.text).firstMatch(of: /\btry!|\bfatalError\(|\bas! |\bprecondition\(false/)
      let promise = file.text.firstMatch(of: /\b(?:TODO|FIXME|XXX)\b/)
      let found = [fatal?.output, promise?.output].compactMap { $0.map(String.init) }
      #expect(found == [], "\(file.path)")
    }
  }

  @Test("tests are Swift Testing's")
  func tests() throws {
    for file in try Self.files("Tests") { #expect(!Self.code(file.text).contains("import XCTest"), "\(file.path)") }
  }

  @Test("every script is one that bash can read")
  func scripts() async throws {
    let scripts = try Repository.files(below: "scripts", suffix: ".sh") + [".ci/run"]
    #expect(scripts.count > 15)
    for script in scripts {
      try await ChildProcess.run("/bin/bash", ["-n", Repository.root.appending(path: script).path])
    }
  }

  @Test("what is declared safe without the compiler's proof has one in words")
  func unchecked() throws {
    for file in try Self.files("Sources", "Tests") {
      let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() where Self.code(String(line)).contains("@unchecked Sendable") {
        let above = lines[..<index].reversed().prefix { $0.hasPrefix("///") || $0.hasPrefix("  ///") }
        #expect(above.contains { $0.contains("@unchecked Sendable") }, "\(file.path):\(index + 1)")
      }
    }
  }

  @Test("what is declared free of races without the compiler's proof has a comment above it")
  func unsafe() throws {
    let mark = "nonisolated(unsafe)"
    for file in try Self.files("Sources", "Tests") {
      let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() where Self.code(String(line)).contains(mark) {
        // Several that follow each other share one.
        let before = lines[..<index].last { !Self.code(String($0)).contains(mark) } ?? ""
        #expect(before.drop { $0 == " " }.hasPrefix("//"), "\(file.path):\(index + 1)")
      }
    }
  }
}
