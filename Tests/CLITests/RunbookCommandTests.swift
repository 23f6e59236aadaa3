import ArgumentParser
import Foundation
import Testing

@testable import CLI

/// What runbooks tell people to type is what the program takes.
@Suite struct RunbookCommandTests {
  @Test func `every command of the runbooks is one, with options that it has`() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("MigrationTests/Runbooks/Golden")
    var commands: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".md") {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      for line in text.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) })
      where line.hasPrefix("regie ") {
        commands.insert(line)
      }
    }
    #expect(commands.count > 20)
    for command in commands.sorted() {
      #expect(throws: Never.self, "\(command)") { _ = try Regie.parseAsRoot(Self.words(command)) }
    }
  }

  /// The words of a line, as a shell has them: what is in quotes is one.
  private static func words(_ line: String) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
    }.dropFirst().map { $0 }
  }
}
