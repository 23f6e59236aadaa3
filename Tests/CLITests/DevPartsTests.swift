import ArgumentParser
import Contract
import Foundation
import Glibc
import Model
import TestSupport
import Testing

@testable import CLI

/// The parts of `regie dev` that can be tried alone.
@Suite(.timeLimit(.minutes(2)))
struct DevPartsTests {
  /// A tree of shell scripts.
  private func withTree(_ body: @escaping @Sendable (ProcessTree, String) async throws -> Void) async throws {
    try await withFolder { folder in
      let tree = ProcessTree(logs: folder, pids: PidFile(directory: folder))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await tree.supervise() }
        group.addTask { try await body(tree, folder) }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }

  private func shell(_ script: String) -> [String] { ["-c", script] }

  @Test func `a process is ready when it says so, and its output is in its log`() async throws {
    try await withTree { tree, folder in
      let line = try await tree.start("p", "/bin/sh", shell("echo one; echo ready 7; exec sleep 600")) {
        $0.hasPrefix("ready")
      }
      #expect(line == "ready 7")
      #expect(try String(contentsOfFile: "\(folder)/p.log", encoding: .utf8).contains("one"))
    }
  }

  @Test func `what is ready by two lines is so after both, in whatever order`() {
    let isReady = StackStart.allSaid("read", "served")
    #expect(!isReady("is served") && !isReady("something else") && !isReady("served again"))
    #expect(isReady("was read") && isReady("later"))
  }

  @Test func `a port that was lost is tried again elsewhere, and ends nothing`() async throws {
    try await withTree { tree, folder in
      _ = try await tree.start("other", "/bin/sh", shell("echo up; exec sleep 600")) { $0 == "up" }
      var tried: [Int] = []
      let port = try await FreePorts.withNext { port in
        tried.append(port)
        let script = tried.count < 3 ? "echo 'bind: Address already in use' >&2; exit 1" : "echo up; exec sleep 600"
        _ = try await tree.start("p", "/bin/sh", shell(script)) { $0 == "up" }
        return port
      }
      #expect(tried.count == 3 && tried.last == port)
    }
  }

  @Test func `a port that is always lost is given up`() async throws {
    await #expect(throws: PortTaken.self) {
      try await withTree { tree, _ in
        _ = try await FreePorts.withNext { _ in
          try await tree.start("p", "/bin/sh", shell("echo Address already in use; exit 1")) { _ in false }
        }
      }
    }
  }

  @Test func `a process that ends is the end of the tree, with its last words`() async throws {
    let error = await #expect(throws: DevError.self) {
      try await withTree { tree, _ in
        _ = try await tree.start("p", "/bin/sh", shell("echo up; echo alas; exit 3")) { $0 == "up" }
        try await Task.sleep(for: .seconds(100))
      }
    }
    #expect(error?.description.contains("p s'est arrêté") == true)
    #expect(error?.description.contains("p.log") == true && error?.description.contains("  alas") == true)
  }

  @Test func `a process that is never ready is told with its log`() async throws {
    let error = await #expect(throws: DevError.self) {
      try await withTree { tree, _ in
        _ = try await tree.start("p", "/bin/sh", shell("exec sleep 600"), limit: .milliseconds(50)) { _ in false }
      }
    }
    #expect(error?.description.contains("p n'est pas prêt") == true)
  }

  @Test func `only what is still the same process is ended`() async throws {
    try await withFolder { folder in
      let pids = PidFile(directory: folder)
      let own = getpid()
      // This very process under another start: a number that was given again.
      try write("\(own) 1 stranger\n999999999 5 gone\nnonsense\n1 1 init\n", to: "\(folder)/pids")
      #expect(await pids.endLeftovers().isEmpty)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/pids"))
    }
  }

  @Test func `a process that may take longer to end than others is not killed before`() async throws {
    try await withFolder { folder in
      try await withTree { tree, _ in
        // A second more than others may; what is started by threads of this process would be deaf to signals.
        let script = #"trap 'sleep 6; touch "$0/ended"; exit' TERM; echo up; while :; do sleep 0.1; done"#
        _ = try await tree.start(
          "p", "/usr/bin/env", ["--default-signal", "/bin/sh", "-c", script, folder], patience: .seconds(100)
        ) { $0 == "up" }
      }
      #expect(FileManager.default.fileExists(atPath: "\(folder)/ended"))
    }
  }

  @Test func `a PostgreSQL that was left behind has time to end in order`() async throws {
    try await withFolder { folder in
      // A second more than others have.
      let script = #"trap 'sleep 4; touch "$0/ended"; exit' INT; touch "$0/began"; while :; do sleep 0.1; done"#
      let program = try SystemUnderTestProgram.start(
        executable: "/usr/bin/env", ["--default-signal", "/bin/sh", "-c", script, folder], as: "postgres")
      try await eventually("it has begun") { FileManager.default.fileExists(atPath: "\(folder)/began") }
      let pids = PidFile(directory: folder)
      pids.add(program.pid, name: DevPostgres.process)
      let names = await pids.endLeftovers()
      #expect(names == [DevPostgres.process])
      #expect(FileManager.default.fileExists(atPath: "\(folder)/ended"))
      _ = try await program.waitForEnd(within: .seconds(120))
    }
  }

  @Test func `ports: a free one is free, one that is listened on is not`() async throws {
    // The kernel may give one that is free to somebody else at once, but hardly time and again.
    let isFree = try (0..<20).contains { _ in FreePorts.isFree(try FreePorts.next()) }
    #expect(isFree)
    try await StubService.with({ _ in StubService.Answer("") }) { _, url in
      let port = try #require(url.split(separator: ":").last.flatMap { Int($0) })
      #expect(!FreePorts.isFree(port))
    }
    #expect(!FreePorts.isFree(70_000))
  }

  @Test func `a missing or an old PostgreSQL is told with what to install`() async throws {
    try await withFolder { root in
      func find(path: String = "") -> String? {
        do {
          _ = try DevPostgres.findBinaries(root: root, searchPath: path)
          return nil
        } catch { return "\(error)" }
      }
      #expect(find()?.contains("aucun PostgreSQL trouvé") == true && find()?.contains("apt-get install") == true)
      func install(_ folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["initdb", "postgres"] {
          _ = FileManager.default.createFile(
            atPath: "\(folder)/\(name)", contents: Data(), attributes: [.posixPermissions: 0o755])
        }
      }
      try install("\(root)/elsewhere")
      #expect(try DevPostgres.findBinaries(root: root, searchPath: "/x:\(root)/elsewhere") == "\(root)/elsewhere")
      try install("\(root)/9/bin")
      try install("\(root)/13/bin")
      #expect(find(path: "\(root)/elsewhere")?.contains("PostgreSQL 9, 13 trouvé ; il faut la version 14") == true)
      try install("\(root)/15/bin")
      try FileManager.default.createDirectory(atPath: "\(root)/16/bin", withIntermediateDirectories: true)
      #expect(try DevPostgres.findBinaries(root: root, searchPath: "") == "\(root)/15/bin")
    }
  }

  @Test func `the folder that bars the way is found, the outermost first`() async throws {
    try await withFolder { folder in
      let (uid, gid): (uid_t, gid_t) = (getuid(), getgid())
      let inner = "\(folder)/a/b"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      for path in [folder, "\(folder)/a", inner] { chmod(path, 0o755) }
      let stranger: (uid_t, gid_t) = (uid + 4_321, gid + 4_321)
      #expect(DevPostgresData.firstClosed(above: "\(inner)/postgres", to: stranger.0, stranger.1) == nil)
      chmod(inner, 0o700)
      chmod("\(folder)/a", 0o750)
      #expect(DevPostgresData.firstClosed(above: "\(inner)/postgres", to: stranger.0, stranger.1) == "\(folder)/a")
      #expect(DevPostgresData.firstClosed(above: "\(inner)/postgres", to: stranger.0, gid) == inner)
      #expect(DevPostgresData.firstClosed(above: "\(inner)/postgres", to: uid, gid) == nil)
    }
  }

  @Test func `only data of our own making are removed outside of the data folder`() async throws {
    try await withFolder { folder in
      let kept = "\(folder)/precious"
      try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
      for target in [kept, "/tmp/regie-postgres-x/../../\(kept)", "/tmp"] {
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/postgres", withDestinationPath: target)
        DevPostgresData.removeElsewhere(folder)
        #expect(FileManager.default.fileExists(atPath: kept))
        try FileManager.default.removeItem(atPath: "\(folder)/postgres")
      }
    }
  }
}
