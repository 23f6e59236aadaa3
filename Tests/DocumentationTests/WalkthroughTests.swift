import Foundation
import TestSupport
import Testing

@Suite("What the pages show")
struct WalkthroughTests {
  @Test("happens: blocks of shell run against the demo, and answer as the page says")
  func walkthrough() async throws {
    try await RunningDemo.run { demo in
      Self.compareDemo(demo.program.output)
      let access = try await demo.shell("echo \"$KUBECONFIG ${KUBERNETES_SERVICE_HOST-} ${DATABASE_URL-}\"")
      #expect(access == "/dev/null  \n")
      var count = 0
      for page in try Self.pages() {
        for (index, block) in page.blocks.enumerated() where Self.isRun(block) {
          await Self.run(block, followedBy: Self.answer(after: index, of: page), at: "\(page):\(block.line)", demo)
          count += 1
        }
      }
      #expect(count >= 12)
      try await Self.compareMetrics(demo)
    }
  }

  /// In the order of reading.
  private static func pages() throws -> [Page] {
    try Repository.pages().filter { page in
      page.path == "README.md"
        || ["docs/concepts/", "docs/operations/", "docs/api/"].contains { page.path.hasPrefix($0) }
    }
  }

  /// Blocks that say why not, or that only call make, are not run.
  private static func isRun(_ block: Page.Block) -> Bool {
    block.language == "sh" && !block.text.hasPrefix("# not run by the tests: ")
      && !ShellText.commands(block.text).allSatisfy { $0[0] == "make" }
  }

  /// The block that shows an answer stands right behind the one that asks.
  private static func answer(after index: Int, of page: Page) -> Page.Block? {
    guard page.blocks.indices.contains(index + 1) else { return nil }
    let next = page.blocks[index + 1]
    return next.line - page.blocks[index].end <= 2 && ["text", "json"].contains(next.language) ? next : nil
  }

  private static func run(
    _ block: Page.Block, followedBy answer: Page.Block?, at place: String, _ demo: RunningDemo
  ) async {
    do {
      // The page shows what is told when all is well.
      if block.text.contains("/health") { try await demo.waitUntilWell() }
      let printed = try await demo.shell(block.text)
      guard let answer else { return }
      if answer.language == "json" {
        let expected = try JSONSerialization.jsonObject(with: Data(answer.text.utf8))
        let actual = try JSONSerialization.jsonObject(with: Data(printed.utf8))
        let difference = Transcript.difference(expected, from: actual)
        #expect(difference == nil, "\(place): the answer is \(printed.prefix(3000))")
      } else {
        let missing = Transcript.missing(answer.text, in: printed)
        #expect(missing == nil, "\(place): the answer is \(printed.prefix(3000))")
      }
    } catch {
      Issue.record("\(place): \(error)")
    }
  }

  /// The runs of the demo that pages quote.
  private static func compareDemo(_ output: String) {
    for (path, title) in [("README.md", "── 1."), ("docs/concepts/drift.md", "── 5.")] {
      let block = (try? Page(path))?.blocks.first { $0.language == "text" && $0.text.hasPrefix(title) }
      let missing = block.map { Transcript.missing($0.text, in: output) }
      #expect(missing == .some(nil), "\(path): the demo printed \(output.suffix(9000))")
    }
  }

  /// Each metric that is served is in the table, with the very labels that the table names.
  private static func compareMetrics(_ demo: RunningDemo) async throws {
    let page = try Page("docs/operations/observability.md")
    let place = try #require(GeneratedTable.places(in: page).first { $0.name == "metrics" })
    let table = Dictionary(uniqueKeysWithValues: Page.rows(Array(page.lines[place.range])).map { ($0[0], $0) })
    let agents = try demo.telemetry(of: "agent-")
    #expect(agents.count == 8)
    for (server, program) in [(demo.server, "governance")] + agents.map({ ($0, "region-agent") }) {
      let text = try await demo.shell("curl -fsS '\(server)/metrics'")
      var kind = "", name = ""
      for line in text.split(separator: "\n") {
        if let type = line.firstMatch(of: /^# TYPE ([a-z0-9_]+) ([a-z]+)$/) {
          (name, kind) = (String(type.1), String(type.2))
        }
        guard !line.hasPrefix("#") else { continue }
        let row = try #require(table["`\(name)`"], "\(name) of \(program) is in no table")
        #expect(row[1] == kind && [program, "both"].contains(row[2]), "\(name) of \(program)")
        let labels = line.matches(of: /[{,]([a-z_]+)="/).map { String($0.1) }.filter { $0 != "le" }
        let shown = row[3].matches(of: /`([a-z_]+)`/).map { String($0.1) }
        #expect(Set(labels) == Set(shown) || labels.isEmpty && kind == "counter", "\(name): \(line)")
      }
    }
  }

  @Test("and is run asks nothing but the demo: no cluster, database or broker of whoever runs the tests")
  func reach() throws {
    let outside: Set = [
      "kubectl", "psql", "pg_dump", "pg_restore", "pg_basebackup", "kafka-topics.sh", "region-agent", "docker", "helm",
      "ssh",
    ]
    var count = 0
    for page in try Self.pages() {
      for block in page.blocks where block.language == "sh" {
        let programs = Set(ShellText.commands(block.text).map { $0[0] })
        let found = programs.intersection(outside)
        if Self.isRun(block) {
          #expect(found.isEmpty, "\(page):\(block.line) asks \(found.sorted())")
        } else {
          count += found.count
        }
      }
    }
    #expect(count >= 8)
  }

  @Test("names no day that is to come before 2090: what a page asks for until then would be over on some day")
  func days() throws {
    let today = Date().formatted(.iso8601).prefix(10)
    var count = 0
    for page in try Self.pages() {
      for (index, block) in page.blocks.enumerated() where Self.isRun(block) {
        let text = block.text + (Self.answer(after: index, of: page)?.text ?? "")
        for match in text.matches(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) {
          let day = match.output
          #expect(day < today || day >= "2090", "\(page):\(block.line) names \(day)")
          count += 1
        }
      }
    }
    #expect(count > 0)
  }

  @Test("is compared line by line, and a line that did not come is told")
  func transcripts() {
    #expect(Transcript.missing("a  b\nc … e", in: "x\na b\ny\nc d e\n") == nil)
    #expect(Transcript.missing("b\na", in: "a\nb\n") == "a")
    #expect(Transcript.missing("a", in: "a b") == "a")
    #expect(Transcript.difference(["a": [1, "x…"]], from: ["a": [0, 1, "xy"], "b": 2]) == nil)
    #expect(Transcript.difference(["a": ["b": 1]], from: ["a": ["b": 2]]) == "$.a.b")
    #expect(Transcript.difference([1, 2], from: [2, 1]) == "$[1]")
    #expect(Transcript.difference(["a": 1], from: [:] as [String: Any]) == "$.a")
  }
}
