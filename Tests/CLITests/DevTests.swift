import Foundation
import Glibc
import TestSupport
import Testing

/// `regie dev` as a whole: real processes, started and ended in every way.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct DevTests {
  /// One `regie dev` with a data folder of its own.
  private struct Stack {
    let program: SystemUnderTestProgram
    let folder: String

    /// Number and name of each process it started.
    var processes: [(pid: Int32, name: String)] {
      let text = (try? String(contentsOfFile: "\(folder)/pids", encoding: .utf8)) ?? ""
      return text.split(separator: "\n").compactMap { line in
        let fields = line.split(separator: " ").map(String.init)
        return fields.count == 3 ? Int32(fields[0]).map { ($0, fields[2]) } : nil
      }
    }

    func waitUntilPlayed() async throws {
      try await eventually("the scenario was played") {
        program.exitStatus != nil || program.output.contains("Ctrl-C pour tout arrêter")
      }
      try #require(program.exitStatus == nil, "\(program.output)")
    }
  }

  private func withStack(_ arguments: [String] = [], _ body: (Stack) async throws -> Void) async throws {
    try await withFolder { parent in
      let folder = "\(parent)/data"
      // Of a mkdtemp kind, its parent can be entered by the user that PostgreSQL runs as.
      chmod(parent, 0o755)
      let program = try SystemUnderTestProgram.start("regie", ["dev", "--data-dir", folder] + arguments)
      let result: Result<Void, any Error>
      do { result = .success(try await body(Stack(program: program, folder: folder))) } catch {
        result = .failure(error)
      }
      if program.exitStatus == nil { _ = try await program.stop(within: .seconds(240)) }
      try result.get()
    }
  }

  private func isRunning(_ pid: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return !stat.contains(") Z ")
  }

  private func expectAllGone(_ processes: [(pid: Int32, name: String)]) async throws {
    #expect(processes.count > 20, "a broker, PostgreSQL, governance, 13 clusters and 8 agents")
    try await eventually("nothing is left running") { !processes.contains { isRunning($0.pid) } }
  }

  @Test func `the scenario plays to its end, everything becomes ready, nothing is left`() async throws {
    try await withStack(["--exit"]) { stack in
      var processes: [(pid: Int32, name: String)] = []
      try await eventually("it ends") {
        let now = stack.processes
        if !now.isEmpty { processes = now }
        return stack.program.exitStatus != nil
      }
      let output = stack.program.output
      #expect(stack.program.exitStatus == 0, "\(output)")
      for text in [
        "4 opérateurs, 3 chaînes, 6 régions, 8 zones, 13 clusters, 1 politique, 8 projets", "ccaf est en diffusion",
        "SensitivityTooLow", "megadonnees ne tient nulle part", "Environnement « prod »", "CapacityNeverFits",
        "il manque 440Gi", "19/19 prêts", "spec.hard.limits.cpu", "export REGIE_SERVER=http://127.0.0.1:",
      ] {
        #expect(output.contains(text), "\(text)")
      }
      try await expectAllGone(processes)
    }
  }

  @Test func `when a part dies it says which, where its log is, and ends with 1; nothing is left`() async throws {
    try await withStack { stack in
      try await stack.waitUntilPlayed()
      let processes = stack.processes
      let governance = try #require(processes.first { $0.name == "governance" })
      kill(governance.pid, SIGKILL)
      #expect(try await stack.program.waitForEnd(within: .seconds(240)) == 1)
      #expect(stack.program.output.contains("regie dev: governance s'est arrêté"))
      #expect(stack.program.output.contains("\(stack.folder)/logs/governance.log"))
      try await expectAllGone(processes)
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `a signal stops everything in order`(signal: Int32) async throws {
    try await withStack { stack in
      try await stack.waitUntilPlayed()
      let processes = stack.processes
      stack.program.signal(signal)
      #expect(try await stack.program.waitForEnd(within: .seconds(240)) == 0)
      try await expectAllGone(processes)
    }
  }

  @Test func `killed, it leaves nothing running, and the next one starts in the same folder`() async throws {
    try await withStack { stack in
      try await stack.waitUntilPlayed()
      let processes = stack.processes
      try await stack.program.killNow()
      // At once, while the guard of the killed one may still be at work.
      let next = try SystemUnderTestProgram.start("regie", ["dev", "--exit", "--data-dir", stack.folder])
      #expect(try await next.waitForEnd(within: .seconds(240)) == 0, "\(next.output)")
      try await expectAllGone(processes)
    }
  }

  @Test func `a folder is used by one at a time`() async throws {
    try await withStack { stack in
      try await stack.waitUntilPlayed()
      let second = try await Run.regie("dev", "--exit", "--data-dir", stack.folder)
      #expect(second.code == 1)
      #expect(second.output.contains("un autre « regie dev » (processus \(stack.program.pid)) utilise \(stack.folder)"))
    }
  }

  @Test func `a port that is taken is told before anything starts`() async throws {
    try await StubService.with({ _ in StubService.Answer("") }) { _, url in
      let port = try #require(url.split(separator: ":").last.map(String.init))
      try await withStack(["--exit", "--port", port]) { (stack) async throws in
        #expect(try await stack.program.waitForEnd(within: .seconds(240)) == 1)
        #expect(stack.program.output.hasPrefix("regie dev: --port \(port) : déjà pris sur 127.0.0.1"))
        #expect(stack.processes.isEmpty)
      }
    }
  }

  @Test(.enabled(if: getuid() == 0 && getpwnam("postgres") != nil, "not run: needs root and the user postgres"))
  func `root may use a folder that the user postgres can not enter`() async throws {
    try await withFolder { parent in
      chmod(parent, 0o700)
      let program = try SystemUnderTestProgram.start("regie", ["dev", "--exit", "--data-dir", "\(parent)/data"])
      #expect(try await program.waitForEnd(within: .seconds(240)) == 0, "\(program.output)")
      let lines = program.output.split(separator: "\n")
      let line = try #require(lines.first { $0.contains("ne peut entrer dans \(parent)") })
      let elsewhere = try #require(line.split(separator: " ").first { $0.hasPrefix("/tmp/regie-postgres-") })
      #expect(!FileManager.default.fileExists(atPath: String(elsewhere).replacing(",", with: "")))
    }
  }

  @Test(
    .enabled(
      if: KubernetesServer.hasControllerManager, Comment(rawValue: KubernetesServer.needsControllerManager)))
  func `real clusters take the place of simulated ones, by token and by certificate`() async throws {
    let server = try await KubernetesServer.start()
    let user = try await server.kubeconfig(user: "regie", groups: ["system:masters"])
    try await withStack([
      "--exit", "--kubeconfig", "idf-usuel-1=\(server.adminKubeconfigPath)", "--kubeconfig", "sud-usuel-1=\(user)",
    ]) { (stack) async throws in
      #expect(try await stack.program.waitForEnd(within: .seconds(480)) == 0, "\(stack.program.output)")
      #expect(stack.program.output.contains("11 simulés / simulated, 2 réels / real"))
      #expect(!stack.processes.contains { $0.name == "cluster-idf-usuel-1" })
      let removal = "delete namespaces --selector regie.cloud-pi-native.fr/placement"
      for kubeconfig in [server.adminKubeconfigPath, user] {
        #expect(stack.program.output.contains("kubectl --kubeconfig \(kubeconfig) \(removal)"))
      }
    }
  }
}

/// Waits until a condition that nothing announces holds, for a time that only a defect reaches.
func eventually(_ what: Comment, _ holds: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(240)
  while try await !holds() {
    try #require(ContinuousClock.now < deadline, what)
    try await Task.sleep(for: .milliseconds(10))
  }
}
