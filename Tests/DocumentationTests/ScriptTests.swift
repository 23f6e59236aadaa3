import Foundation
import Testing

@testable import TestSupport

/// What bash can not read.
private let unreadable = "if true; then\n"

@Suite("Scripts", .timeLimit(.minutes(5)))
struct ScriptTests {
  @Test("what a test process has run at its end is no child of it, and waits for that end")
  func guardian() async throws {
    let mark = "regie-guardian-\(UUID().uuidString)"
    try ChildProcess.atEnd(run: ": \(mark)")
    let pgrep = try #require(ChildProcess.locate("pgrep"))
    // The shell that waits is two for a moment, until what it has begun has become `cat`.
    let end = ContinuousClock.now + .seconds(120)
    var found: [String] = []
    repeat {
      found = try await ChildProcess.run(pgrep, ["-f", mark]).split(separator: "\n").map(String.init)
    } while found.count != 1 && ContinuousClock.now < end
    #expect(found.count == 1)
    let own = String(ProcessInfo.processInfo.processIdentifier)
    for pid in found {
      let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
      let match = try #require(status.firstMatch(of: /PPid:\s+([0-9]+)/))
      #expect(String(match.1) != own)
    }
  }

  @Test(
    "with-limit.sh ends what takes too long, is interrupted or left alone, and lets it clean up after itself",
    arguments: [
      """
      # However long the room takes to begin: no time passes before.
      sleep() { until [ -e ready ]; do command sleep 0.05; done; command sleep "$@"; }
      export -f sleep
      scripts/with-limit.sh 5 room || [ $? -eq 124 ]
      """,
      """
      env --default-signal=INT scripts/with-limit.sh 60 room &
      pid=$!
      until [ -e ready ]; do kill -0 "$pid"; sleep 0.05; done
      [ ! -e ended ]
      kill -INT "$pid"
      wait "$pid" || true
      """,
      """
      (scripts/with-limit.sh 60 room; true) &
      pid=$!
      until [ -e ready ]; do kill -0 "$pid"; sleep 0.05; done
      [ ! -e ended ]
      kill -KILL "$pid"
      """,
      """
      # Who has begun it stays as a dead process, since nobody asks how it has ended.
      sh -c '(scripts/with-limit.sh 600 room; true) & echo $! >began; exec sleep 600' >/dev/null 2>&1 &
      keeper=$!
      trap 'kill -KILL "$keeper"' EXIT
      until [ -e ready ] && [ -s began ]; do kill -0 "$keeper"; sleep 0.05; done
      [ ! -e ended ]
      kill -KILL "$(cat began)"
      """,
    ])
  func limit(_ ending: String) async throws {
    // It is told to end while it has the only writing end of a pipe, as a test process has.
    let room = """
      #!/bin/bash
      exec 4> >(exec /bin/sh -c '\(ChildProcess.guardian(running: "touch ended"))')
      wait $!
      touch ready
      exec sleep 600
      """
    try await ScriptFolder.with(["scripts/with-limit.sh"], standIns: ["bin/room": room]) { folder in
      try await folder.shell(
        """
        \(ending)
        [ -e ready ]
        timeout 60 bash -c 'until [ -e ended ]; do sleep 0.05; done'
        """)
    }
  }

  @Test("with-limit.sh that is interrupted before it knows what it has started ends it all the same")
  func interruptedAtOnce() async throws {
    try await ScriptFolder.with(
      ["scripts/with-limit.sh"], standIns: ["bin/room": "#!/bin/sh\nexec sleep 600\n"]
    ) { folder in
      try await folder.shell(
        #"""
        cat >hook <<'HOOK'
        trap 'if [ "$BASH_COMMAND" = "command=\$!" ]; then touch struck; kill -INT $$; fi' DEBUG
        HOOK
        # A session of its own, by which all that it leaves is found.
        BASH_ENV=$PWD/hook env --default-signal=INT setsid scripts/with-limit.sh 600 room >said 2>&1 &
        pid=$!
        trap 'cat said; pkill -KILL -s "$pid" || true' EXIT
        timeout 120 bash -c 'while pgrep -s "$0" >/dev/null || [ ! -e struck ]; do sleep 0.1; done' "$pid"
        """#)
    }
  }

  /// What test.sh calls, but for rooms.
  private static let otherScripts: [String: String] = [
    "scripts/install-dependencies.sh", "scripts/issuer.sh", "scripts/cel.sh", "scripts/lint.sh", "scripts/fuzz-api.sh",
    "scripts/kube/build-apiserver.sh",
  ].reduce(into: [:]) { $0[$1] = "#!/bin/sh\nexit 0\n" }

  @Test("test.sh that is interrupted ends the rooms that it is in, and begins no other")
  func interrupted() async throws {
    let standIns = [
      "bin/swift": """
      #!/bin/sh
      case "$*" in
        *--show-bin-path*) echo "$PWD/products" ;;
        *WaitingTests*) touch waiting; exec sleep 600 ;;
      esac
      """,
      "products/regiePackageTests.xctest": """
      #!/bin/sh
      echo "$*" >>rounds
      exec sleep 600
      """,
    ]
    try await ScriptFolder.with(
      ["scripts/test.sh", "scripts/with-limit.sh"], standIns: Self.otherScripts.merging(standIns) { $1 }
    ) { folder in
      try await folder.shell(
        """
        mkdir -p Tests/{Agent,Fuzz,Migration,Placement,Waiting}Tests
        # A session of its own, which is the foreground to its members as a terminal's is.
        env --default-signal=INT setsid scripts/test.sh >said 2>&1 &
        pid=$!
        trap 'cat said rounds; pkill -KILL -s "$pid" || true' EXIT
        # A file is there before what is written to it.
        until [ -e waiting ] && [ -s rounds ]; do kill -0 "$pid"; sleep 0.05; done
        kill -INT -- "-$pid"
        timeout 60 bash -c 'while pgrep -s "$0" >/dev/null; do sleep 0.1; done' "$pid"
        [ "$(wc -l <rounds)" -eq 1 ]
        """)
    }
  }

  @Test(
    "lint.sh fails where any one of what it checks does, and says when the document could not be checked",
    arguments: [
      ([:], 0), (["scripts/last.sh": unreadable], 1), (["scripts/kube/last.sh": unreadable], 1),
      ([".ci/run": unreadable], 1),
      (["bin/swift": "#!/bin/sh\nexit 1\n"], 1), (["scripts/check-openapi.sh": "#!/bin/sh\nexit 1\n"], 1),
      (["scripts/check-openapi.sh": "#!/bin/sh\nexit 69\n"], 69),
      (["scripts/check-openapi.sh": "#!/bin/sh\nexit 69\n", "scripts/last.sh": unreadable], 1),
    ] as [([String: String], Int)])
  func lint(faults: [String: String], status: Int) async throws {
    let right = ["scripts/first.sh", "scripts/check-openapi.sh", "scripts/kube/first.sh", ".ci/run", "bin/swift"]
    let standIns = Dictionary(uniqueKeysWithValues: right.map { ($0, "#!/bin/sh\nexit 0\n") })
    try await ScriptFolder.with(["scripts/lint.sh"], standIns: standIns.merging(faults) { $1 }) { folder in
      let said = try await folder.shell("scripts/lint.sh 2>&1 || echo \"ended with $?.\"")
      let ended = said.contains("ended with \(status).")
      #expect(ended == (status != 0))
      let unnamed = faults.filter { $0.value == unreadable && !said.contains($0.key) }.map(\.key)
      #expect(unnamed == [])
    }
  }

  @Test("check-openapi.sh does not pass where its validator can not be had")
  func validator() async throws {
    let standIns = ["bin/python3": "#!/bin/sh\nexit 1\n"]
    try await ScriptFolder.with(["scripts/check-openapi.sh"], standIns: standIns) { folder in
      let said = try await folder.shell(
        "REGIE_OPENAPI_VALIDATOR=$PWD/none scripts/check-openapi.sh 2>&1 || echo \"ended with $?.\"")
      #expect(said.contains("not run: needs openapi-spec-validator"))
      #expect(said.contains("ended with 69."))
    }
  }

  @Test(
    "test.sh lints, asks all that the API's document has, and fails where either does, not where it can not be had",
    arguments: [
      ("lint", 0, 0), ("lint", 1, 1), ("lint", 69, 0), ("fuzz-api", 1, 1), ("fuzz-api", 124, 1), ("fuzz-api", 69, 0),
    ])
  func besides(script: String, ended: Int, status: Int) async throws {
    let standIns = [
      "bin/swift": """
      #!/bin/sh
      case "$*" in
        *--show-bin-path*) echo "$PWD/products" ;;
        test*) echo 'Test run with 1 test passed' ;;
      esac
      """,
      "products/regiePackageTests.xctest": "#!/bin/sh\necho 'Test run with 1 test passed'\n",
      "scripts/\(script).sh": "#!/bin/sh\necho \"\(script) of [$*] and ${REGIE_FUZZ_API_PHASES:-}\"\nexit \(ended)\n",
    ]
    try await ScriptFolder.with(
      ["scripts/test.sh", "scripts/with-limit.sh"], standIns: Self.otherScripts.merging(standIns) { $1 }
    ) { folder in
      let said = try await folder.shell(
        """
        mkdir -p Tests/{Agent,Fuzz,Migration,Placement}Tests
        status=0
        scripts/test.sh 2>&1 || status=$?
        echo "ended with $status."
        """)
      let asked = "\(script) of [] and " + (script == "lint" ? "\n" : "examples,coverage\n")
      #expect(said.contains(asked))
      #expect(said.contains("ended with \(status)."))
      let failed = said.contains("Failed:\n✘ Test of ")
      #expect(failed == (status != 0))
    }
  }

  @Test("test.sh runs each suite of the whole system once, in parts of which none takes much longer than the others")
  func systemParts() async throws {
    let standIns = [
      "bin/swift": """
      #!/bin/sh
      echo "$*" >>asked
      case "$*" in *--show-bin-path*) echo "$PWD/products" ;; esac
      """,
      "products/regiePackageTests.xctest": "#!/bin/sh\nexit 0\n",
    ]
    try await ScriptFolder.with(
      ["scripts/test.sh", "scripts/with-limit.sh"], standIns: Self.otherScripts.merging(standIns) { $1 }
    ) { folder in
      let asked = try await folder.shell(
        """
        mkdir -p Tests/{Agent,Fuzz,Migration,Placement,System}Tests
        scripts/test.sh >said 2>&1 || true
        grep SystemTests asked
        """)
      let suites = try Repository.files(below: "Tests/SystemTests", suffix: ".swift").flatMap { file in
        try Repository.text(file).matches(of: /struct ([A-Za-z]+Tests) \{/).map { String($0.1) }
      }
      let parts = try asked.split(separator: "\n").map { try Self.suites(suites, askedForBy: $0) }
      #expect(suites.count > 20)
      #expect(parts.flatMap(\.self).sorted() == suites.sorted())
      // A service that dies at every step of a migration takes as long as all that is named before it.
      #expect(parts.contains(["MigrationCrashTests", "MigrationTransitionTests"]))
    }
  }

  /// Those of the whole system's suites that a call of `swift test` runs.
  private static func suites(_ suites: [String], askedForBy call: Substring) throws -> [String] {
    func pattern(_ option: Substring) throws -> Regex<AnyRegexOutput>? {
      let words = call.split(separator: " ")
      guard let place = words.firstIndex(of: option), words.indices.contains(place + 1) else { return nil }
      return try Regex(String(words[place + 1]))
    }
    let filter = try pattern("--filter")
    let skip = try pattern("--skip")
    return suites.filter { suite in
      let name = "SystemTests.SystemSuite/\(suite)/test()"
      let isMeant = filter.map { name.contains($0) } ?? true
      let isLeftOut = skip.map { name.contains($0) } ?? false
      return isMeant && !isLeftOut
    }
  }

  @Test("install-dependencies.sh asks for the programs that look for processes where they are missing")
  func dependencies() async throws {
    let standIns = [
      "bare/swift": "#!/bin/sh\necho 'Swift version 6.2'\n", "bare/sudo": "#!/bin/sh\n\"$@\"\n",
      "bare/apt-get": "#!/bin/sh\necho \"$*\" >>asked\n",
    ]
    try await ScriptFolder.with(["scripts/install-dependencies.sh"], standIns: standIns) { folder in
      let asked = try await folder.shell(
        """
        for tool in bash grep sort head id; do ln -s "$(command -v "$tool")" bare/; done
        PATH=$PWD/bare scripts/install-dependencies.sh test >/dev/null 2>&1
        cat asked
        """)
      let packages = asked.split(whereSeparator: \.isWhitespace).map(String.init)
      #expect(packages.contains("procps"))
    }
  }

  /// What bench.sh calls, with a measuring program of which one part fails.
  private static let measuring: [String: String] = [
    "scripts/install-dependencies.sh": "#!/bin/sh\nexit 0\n", "bin/swift": "#!/bin/sh\nexit 0\n",
    "bin/sleep": "#!/bin/sh\nexit 0\n", "assets/etcd": "#!/bin/sh\n", "assets/kube-apiserver": "#!/bin/sh\n",
    "assets/kube-controller-manager": "#!/bin/sh\n",
    "Benchmarks/.build/release/Bench": """
    #!/bin/sh
    echo "$*" >>asked
    echo "bench $1.rate 7 1/s"
    [ "$1" != query ] || { echo "bench: alas" >&2; exit 1; }
    """,
  ]

  @Test("bench.sh measures the other parts where one fails, keeps all figures, and fails in the end")
  func figures() async throws {
    try await ScriptFolder.with(["scripts/bench.sh", "scripts/kube/common.sh"], standIns: Self.measuring) { folder in
      try await folder.shell(
        """
        trap 'cat figures said' EXIT
        status=0
        scripts/bench.sh engine query store --rate 9 >figures 2>said || status=$?
        [ "$status" -eq 1 ]
        printf 'bench %s.rate 7 1/s\\n' engine query store | diff - figures
        printf '%s --rate 9\\n' engine query store | diff - asked
        [ "$(tail -n 1 said)" = 'bench.sh: failed: query' ]
        [ "$(tail -n 4 said | head -n 3 | sed 's/^  //')" = "$(cat figures)" ]
        """)
    }
  }

  @Test("bench.sh knows the parts that there are, and refuses any other before it builds")
  func parts() async throws {
    let source = try Repository.text("Benchmarks/Sources/Bench/Bench.swift")
    let cases = try #require(source.firstMatch(of: /enum Part: [^\n]+\n  case ([a-z0-9, ]+)\n/)).1
    let parts = cases.split(separator: ", ").filter { $0 != "soak" }.joined(separator: "\n")
    try await ScriptFolder.with(["scripts/bench.sh", "scripts/kube/common.sh"], standIns: Self.measuring) { folder in
      let asked = try await folder.shell(
        """
        ! scripts/bench.sh engine quary 2>said
        [ ! -e asked ]
        KUBEBUILDER_ASSETS=$PWD/assets scripts/bench.sh >figures 2>said || true
        cat asked
        """)
      #expect(asked.trimmingCharacters(in: .newlines) == parts)
    }
  }

  @Test("stop-apiserver.sh ends what has its state in the folder, and no other program, and asks no ps")
  func server() async throws {
    let standIns = [
      "bin/ps": "#!/bin/sh\nexit 127\n", "bin/server": "#!/bin/sh\ntouch \"$1\"\nwhile :; do sleep 0.2; done\n",
    ]
    try await ScriptFolder.with(["scripts/kube/stop-apiserver.sh"], standIns: standIns) { folder in
      try await folder.shell(
        """
        mkdir state
        server own --data-dir "$PWD/state/etcd" &
        own=$!
        server other --data-dir "$PWD/elsewhere/etcd" &
        other=$!
        trap 'kill -KILL "$own" "$other" 2>/dev/null || true' EXIT
        until [ -e own ] && [ -e other ]; do sleep 0.05; done
        echo "$own" >state/etcd.pid
        echo "$other" >state/kube-apiserver.pid
        scripts/kube/stop-apiserver.sh state
        kill -0 "$other"
        timeout 60 bash -c 'while grep -qs "^State:.[^Z]" "/proc/$0/status"; do sleep 0.05; done' "$own"
        """)
    }
  }
}
