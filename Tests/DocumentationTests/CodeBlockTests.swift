import ArgumentParser
import Contract
import Foundation
import Model
import Policy
import Testing
import Yams

@testable import CLI

@Suite("Blocks of the pages")
struct CodeBlockTests {
  private static func blocks(_ language: String) throws -> [(place: String, block: Page.Block)] {
    try Repository.pages().flatMap { page in
      page.blocks.filter { $0.language == language }.map { ("\(page):\($0.line)", $0) }
    }
  }

  @Test("in YAML are YAML; resources are valid without a warning, and policies without a finding")
  func yaml() throws {
    let blocks = try Self.blocks("yaml")
    #expect(blocks.count >= 4)
    for (place, block) in blocks {
      guard block.text.contains("apiVersion: \(apiVersion)") else {
        #expect(throws: Never.self, "\(place)") { _ = try Yams.load(yaml: block.text) }
        continue
      }
      for document in try Self.read(block.text, place) {
        #expect(document.problems == [], "\(place)")
        if case .policy(let policy) = document.resource {
          #expect(PolicyValidator.findings(in: policy.spec) == [], "\(place)")
        }
      }
    }
  }

  private static func read(_ text: String, _ place: String) throws -> [ResourceDocument] {
    do throws(DocumentErrors) {
      return try ResourceDocument.read(text)
    } catch {
      Issue.record("\(place): \(error)")
      return []
    }
  }

  @Test("with resources refer to the examples, and to each other")
  func references() throws {
    let examples = try Repository.files(below: "Examples", suffix: ".yaml")
      .flatMap { try ResourceDocument.decode(yaml: Repository.text($0)) }
    for (place, block) in try Self.blocks("yaml") where block.text.contains("apiVersion: \(apiVersion)") {
      let shown = try Self.read(block.text, place).map(\.resource)
      let names = Set(shown.map { "\($0.kind)/\($0.metadata.name)" })
      // The page's own resource takes the place of the example of that name; its policy, that of the examples'.
      let others = examples.filter { example in
        !names.contains("\(example.kind)/\(example.metadata.name)")
          && !(example.kind == .policy && shown.contains { $0.kind == .policy })
      }
      let mentioned = CrossReferences.problems(in: others + shown).filter { problem in
        shown.contains { problem.resource == "\($0.kind.rawValue)/\($0.metadata.name)" }
      }
      #expect(mentioned == [], "\(place)")
    }
  }

  @Test("in JSON are JSON; problems carry a known code and its type")
  func json() throws {
    let blocks = try Self.blocks("json")
    #expect(blocks.count >= 4)
    for (place, block) in blocks {
      let value = try? JSONSerialization.jsonObject(with: Data(block.text.utf8))
      #expect(value != nil, "\(place)")
      guard let members = value as? [String: Any], let code = members["code"] as? String, members["title"] != nil
      else { continue }
      let problem = try JSONDecoder().decode(Problem.self, from: Data(block.text.utf8))
      #expect(ProblemCode(rawValue: code) != nil, "\(place): \(code)")
      #expect(problem.type == "urn:regie:problem:\(code)", "\(place)")
    }
  }

  @Test("in shell name commands and options of regie, and targets of the Makefile, that there are")
  func commands() throws {
    let targets = try Set(
      Repository.text("Makefile").matches(of: /(?m)^([a-z-]+):/).map { String($0.1) })
    let lines =
      try Self.blocks("sh").map { ($0.place, $0.block.text) }
      + Repository.pages().flatMap { page in page.codeSpans.map { ("\(page):\($0.line)", $0.text) } }
    var count = 0
    for (place, text) in lines {
      // Synopses (`regie get KIND [NAME]`) and cut ones are no commands.
      for words in ShellText.commands(text) where !text.contains(/[\[…]|[A-Z]{4,}/) || words.contains("apply") {
        switch words[0] {
        case "regie", ".build/debug/regie": try Self.parse(Array(words.dropFirst()), place)
        case "make":
          for target in words.dropFirst() where !target.contains("=") {
            #expect(targets.contains(target), "\(place): make \(target)")
          }
        default: continue
        }
        count += 1
      }
    }
    #expect(count > 30)
  }

  @Test("in shell write tokens, keys and backups into files that nobody else could read meanwhile")
  func secrets() throws {
    var count = 0
    for (place, block) in try Self.blocks("sh") {
      let written =
        /(?:>|pg_(?:dump|restore)\b[^\n]*? --file=) ?(\S*(?:\.token|\.key|-keys?(?:-[a-z]+)?|\.sql|\.dump))(?=[\s)])/
      for match in block.text.matches(of: written) {
        let isKept = Self.isKept(after: block.text[..<match.range.lowerBound])
        #expect(isKept, "\(place): \(match.1)")
        count += 1
      }
    }
    #expect(count >= 5)
  }

  @Test("in shell keep what they write to themselves by a word in the same line or parenthesis, and no other")
  func umask() {
    for text in ["(umask 077; ", "umask 077; ", "(umask 077\n", "(umask 077; (true); ", "a\n(umask 077; (b | "] {
      let isKept = Self.isKept(after: text[...])
      #expect(isKept, "\(text)")
    }
    for text in ["", "umask 022; ", "umask 077\n", "(umask 077; a)\n", "(umask 077; a); ", "(umask 077; a); (b | "] {
      let isKept = Self.isKept(after: text[...])
      #expect(!isKept, "\(text)")
    }
  }

  /// Whether what comes next is for its owner alone. A reader may copy a single line, so one before does not count.
  private static func isKept(after text: Substring) -> Bool {
    var scopes = [false]
    for match in text.matches(of: /umask 077|[()\n]/) {
      switch match.output {
      case "(": scopes.append(scopes[scopes.count - 1])
      case ")": if scopes.count > 1 { scopes.removeLast() }
      case "\n": if scopes.count == 1 { scopes[0] = false }
      default: scopes[scopes.count - 1] = true
      }
    }
    return scopes[scopes.count - 1]
  }

  private static func parse(_ arguments: [String], _ place: String) throws {
    // `regie get` in a sentence names the command.
    let names = Regie.configuration.subcommands.map { $0.configuration.commandName ?? "\($0)".lowercased() }
    if arguments.count == 1, let name = arguments.first, names.contains(name) { return }
    if arguments.isEmpty { return }
    do {
      _ = try Regie.parseAsRoot(arguments)
    } catch {
      // Help and version end the parser too, in peace.
      let isClean = Regie.exitCode(for: error) == .success
      #expect(isClean, "\(place): regie \(arguments.joined(separator: " ")): \(Regie.message(for: error))")
    }
  }
}
