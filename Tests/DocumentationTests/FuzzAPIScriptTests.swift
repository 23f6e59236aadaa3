import Foundation
import Testing

@Suite("The script that asks the API what its document has", .timeLimit(.minutes(5)))
struct FuzzAPIScriptTests {
  /// A compiler that puts programs elsewhere than where an old one lies, a demo that is ready, and a schemathesis that
  /// notes what it is told.
  private static let standIns = [
    "bin/swift": """
    #!/bin/sh
    echo "$*" >>built
    case "$*" in *--show-bin-path*) echo "$PWD/products" ;; esac
    """,
    ".build/debug/regie": "#!/bin/sh\nexit 1\n",
    "products/regie": """
    #!/bin/sh
    mkdir -p "$3"
    echo '{"server":"http:\\/\\/127.0.0.1:1"}' >"$3/login.json"
    echo secret >"$3/token"
    echo Ctrl-C
    exec /bin/sleep 600
    """,
    "scripts/schemathesis.sh": "#!/bin/sh\necho \"$PWD/judge\"\n",
    "judge": "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"${0%/*}/asked\"\necho 'Test cases: 12 generated'\n",
  ]

  /// Runs the script with some stand-ins in the place of those above.
  ///
  /// - Returns: What it printed, with how it ended.
  private static func run(
    _ arguments: String = "", others: [String: String] = [:], _ body: (String, ScriptFolder) async throws -> Void
  ) async throws {
    try await ScriptFolder.with(
      ["scripts/fuzz-api.sh", "scripts/with-limit.sh"], standIns: standIns.merging(others) { $1 }
    ) { folder in
      let said = try await folder.shell(
        """
        status=0
        scripts/fuzz-api.sh \(arguments) 2>&1 || status=$?
        echo "ended with $status."
        """)
      try await body(said, folder)
    }
  }

  @Test("asks for all that there is, of what is built now, and says how many cases there were")
  func all() async throws {
    try await Self.run { said, folder in
      let asked = try await folder.shell("cat asked")
      let built = try await folder.shell("cat built").split(separator: "\n").map(String.init)
      #expect(said.contains("Test cases: 12 generated"))
      #expect(said.contains("ended with 0."))
      #expect(asked.contains("http://127.0.0.1:1/api/v1/openapi.json\n"))
      #expect(!asked.contains("--max-time"))
      #expect(built.first == "build")
    }
  }

  @Test("asks for so many seconds where that is what it is told")
  func seconds() async throws {
    try await Self.run("7") { said, folder in
      let asked = try await folder.shell("cat asked")
      #expect(said.contains("ended with 0."))
      #expect(asked.contains("--max-time\n7\n"))
    }
  }

  @Test("builds and runs with the flags of the tests, which have a folder of their own for what is covered")
  func flags() async throws {
    try await ScriptFolder.with(
      ["scripts/fuzz-api.sh", "scripts/with-limit.sh"], standIns: Self.standIns
    ) { folder in
      let built = try await folder.shell(
        """
        REGIE_TEST_BUILD_FLAGS=--enable-code-coverage scripts/fuzz-api.sh >/dev/null
        cat built
        """)
      #expect(built == "build --enable-code-coverage\nbuild --show-bin-path --enable-code-coverage\n")
    }
  }

  @Test("fails where schemathesis does not come to its end")
  func hangs() async throws {
    let others = [
      "judge": "#!/bin/sh\ntouch \"${0%/*}/hangs\"\nexec /bin/sleep 600\n",
      // From then on a second is over at once.
      "bin/sleep": "#!/bin/sh\n[ -e \"${0%/*}/../hangs\" ] || exec /bin/sleep \"$@\"\n",
      // Some of its seconds do: each costs processes, and to start them for all takes a slow machine minutes.
      "scripts/with-limit.sh": """
      #!/bin/sh
      echo "may take $1 s"
      shift
      exec "${0%/*}/real-limit.sh" 20 "$@"
      """,
      "scripts/real-limit.sh": try Repository.text("scripts/with-limit.sh"),
    ]
    try await Self.run(others: others) { said, _ in
      #expect(said.contains("may take 3600 s"))
      #expect(said.contains("has not ended after 20 s"))
      #expect(said.contains("ended with 124."))
    }
  }

  @Test("fails where the demo is not ready, and asks it nothing")
  func notReady() async throws {
    let others = [
      "products/regie": "#!/bin/sh\necho begins\nexec /bin/sleep 600\n", "bin/sleep": "#!/bin/sh\nexit 0\n",
    ]
    try await Self.run(others: others) { said, folder in
      #expect(said.contains("not ready after 400 s"))
      #expect(said.contains("ended with 1."))
      try await folder.shell("[ ! -e asked ]")
    }
  }

  @Test("says that it was not run, and does not pass, where schemathesis can not be had")
  func unavailable() async throws {
    try await Self.run(others: ["scripts/schemathesis.sh": "#!/bin/sh\nexit 1\n"]) { said, _ in
      #expect(said.contains("not run: needs schemathesis"))
      #expect(said.contains("ended with 69."))
    }
  }
}
