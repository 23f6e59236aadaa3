import Foundation
import Testing

@testable import TestSupport

/// The script that looks which changes no test notices, with stand-ins for the compiler and the tests.
@Suite("The script of mutants", .timeLimit(.minutes(5)))
struct MutantScriptTests {
  private static let rule = """
    struct Rule {
      func holds(_ value: Int, _ other: Bool) -> Bool {
        value < 3 && other  // "a == b"
      }
      mutating func note() {
        count += 1
      }
      var count = 0
    }

    """
  /// Nothing of the sixth line compiles where it is changed, nor anything without what a folder of the tree is linked to,
  /// or where that is broken.
  private static let compiler = """
    #!/bin/sh
    case "$*" in
      *--show-bin-path*) echo "$PWD/products" ;;
      *)
        [ -f Sources/App/Examples/offer.yaml ] || exit 1
        if grep -q broken Examples/offer.yaml; then
          echo "$PWD/Sources/App/Core/Rule.swift:1:1: error: there is no such offer"
          exit 1
        fi
        if grep -q 'if !mutantIsOn' Sources/App/Core/Rule.swift; then
          echo "$PWD/Sources/App/Core/Rule.swift:6:5: error: it can not be left out"
          exit 1
        fi ;;
    esac
    """

  /// - Parameter steps: What is done before each run of the script.
  private func run(
    tests: String, _ options: String = "", after steps: [String] = [":"],
    _ body: (_ said: String, _ rule: String) throws -> Void
  ) async throws {
    let standIns = [
      "Sources/App/Core/Rule.swift": Self.rule, "bin/swift": Self.compiler,
      "Examples/offer.yaml": "", ".gitignore": ".build/\n",
      "products/regiePackageTests.xctest": "#!/bin/sh\n\(tests)\n",
    ]
    try await ScriptFolder.with(["scripts/mutants.py", "scripts/mutate.py"], standIns: standIns) { folder in
      let once = "scripts/mutants.py 'Sources/App/Core=^AppTests' \(options) 2>&1 || echo \"ended with $?.\""
      let lines = ["git init -q; ln -s ../../Examples Sources/App/Examples"] + steps.flatMap { [$0, once] }
      let said = try await folder.shell(lines.joined(separator: "\n"))
      let copy = URL(filePath: folder.path).appending(path: ".build/mutants/Sources/App/Core/Rule.swift")
      try body(said, (try? String(contentsOf: copy, encoding: .utf8)) ?? "")
      let own = URL(filePath: folder.path).appending(path: "Sources/App/Core/Rule.swift")
      #expect(try String(contentsOf: own, encoding: .utf8) == Self.rule)
    }
  }

  @Test func `it tells what survives, and where, and leaves what does not compile as it is`() async throws {
    try await run(tests: "case $REGIE_MUTANT in -1 | 1) ;; *) echo '✘ Test rule() failed' ;; esac") { said, rule in
      #expect(said.contains("3 mutants of Sources/App/Core"))
      #expect(said.contains("Sources/App/Core/Rule.swift:3:15: && right left out: value < 3 && other"))
      #expect(said.contains("mutants: 3 tried, 1 survived, 0 not tried, seed 1"))
      let lines = rule.split(separator: "\n")
      #expect(lines[2].contains("// \"a == b\"") && !lines[2].contains("<") && !lines[2].contains("&&"))
      #expect(lines[5] == "    count += 1")
    }
  }

  @Test func `what the tests of one filter do not notice meets those of the next`() async throws {
    let tests = "case \"$REGIE_MUTANT $*\" in -1* | *LastTests* | 1*FirstTests* | 1*AppTests*) ;; *) echo '✘' ;; esac"
    try await run(tests: tests, "'Sources/App/Core/=^LastTests'") { said, _ in
      #expect(said.contains("mutants: 3 tried, 1 survived, 0 not tried, seed 1"))
    }
    try await run(tests: tests, "'Sources/App/Core=^OtherTests'") { said, _ in
      #expect(said.contains("mutants: 3 tried, 0 survived, 0 not tried, seed 1"))
    }
  }

  @Test func `what does not compile is tried once as long as its file stays the same`() async throws {
    try await run(tests: "[ $REGIE_MUTANT = -1 ] || exit 4", after: [":", ":"]) { said, _ in
      let tried = said.split(separator: "\n")
      #expect(tried.filter { $0.hasPrefix("1 lines or files do not compile") }.count == 1)
      #expect(tried.filter { $0.hasPrefix("mutants: 3 tried") }.count == 2)
    }
  }

  @Test func `what does not compile without any mutant is not remembered of its file`() async throws {
    let steps = ["echo broken > Examples/offer.yaml", "echo well > Examples/offer.yaml"]
    try await run(tests: ":", after: steps) { said, _ in
      #expect(said.contains("the copy can not be built") && said.contains("there is no such offer"))
      #expect(said.contains("3 mutants of Sources/App/Core") && said.contains("mutants: 3 tried, 3 survived"))
    }
  }

  @Test(arguments: [
    // A memory of which somebody who was killed has written a part, and ones of another form.
    "mkdir .build; echo '[[\"Sources/App' > .build/mutants.json",
    "mkdir .build; echo '[[7, 7, 7]]' > .build/mutants.json",
    "mkdir .build; echo '[[\"Sources/App/Core/Rule.swift\", \"\", 0]]' > .build/mutants.json",
    // A folder where a link is by now, and a link, out of the copy, where a folder is.
    "mkdir -p .build/mutants/Sources/App/Examples/Old",
    "mkdir -p .build/mutants/Sources/App; ln -s \"$PWD/Sources/App/Core\" .build/mutants/Sources/App/Core",
  ])
  func `what was left by a run that ended early, or of another tree, is in nobody's way`(_ left: String) async throws {
    try await run(tests: ":", after: [left]) { said, _ in
      #expect(said.contains("mutants: 3 tried, 3 survived, 0 not tried, seed 1"), "\(said)")
    }
  }

  @Test func `a pattern of files that is none is refused before anything is built`() async throws {
    try await run(tests: ":", "--only '('") { said, _ in
      #expect(said.contains("(: no regular expression: ") && said.contains("ended with 2."))
    }
  }

  @Test(arguments: ["Sources/App", "Sources/App/None=^AppTests", "Sources/App/Core="])
  func `a folder that is none of a module's, and one without a filter, is refused`(_ pair: String) async throws {
    try await run(tests: ":", "'\(pair)'") { said, _ in
      #expect(said.contains("\(pair): a folder of a module and a filter are wanted") && said.contains("ended with 2."))
    }
  }

  @Test func `a test process that ends as none should has noticed it`() async throws {
    try await run(tests: "[ $REGIE_MUTANT = -1 ] || exit 4") { said, _ in
      #expect(said.contains("mutants: 3 tried, 0 survived, 0 not tried, seed 1"))
    }
  }

  @Test func `where the tests fail without a mutant nothing is tried`() async throws {
    try await run(tests: "echo '✘ Test rule() failed'") { said, _ in
      #expect(said.contains("without any mutant the tests fail: ✘ Test rule() failed"))
      #expect(said.contains("ended with 1."))
    }
  }

  @Test func `no more are begun once the time is over`() async throws {
    try await run(tests: ":", "--minutes 0 --seed 5") { said, _ in
      #expect(said.contains("mutants: 0 tried, 0 survived, 3 not tried, seed 5"))
    }
  }

  @Test func `only some are tried, by the lines that tell of them, and all are built`() async throws {
    try await run(tests: ":", "--only /Rule.swift") { said, _ in
      #expect(said.contains("mutants: 3 tried, 3 survived, 0 not tried"))
    }
    try await run(tests: ":", "--only 'Rule.swift:3:.*left out: value'") { said, _ in
      #expect(said.contains("mutants: 2 tried, 2 survived, 0 not tried"))
    }
    try await run(tests: ":", "--only /Other.swift") { said, rule in
      #expect(said.contains("3 mutants of Sources/App/Core"))
      #expect(said.contains("mutants: 0 tried, 0 survived, 0 not tried") && !rule.contains("value < 3"))
    }
  }
}
