import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import GitOps

/// The process itself: its environment, its end, its credentials.
@Suite(.timeLimit(.minutes(5)), .enabled(if: ChildProcess.locate("git") != nil, "not run: needs git"))
struct GitProgramTests {
  private let path = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]

  @Test func `a process that takes too long is ended with all that it started`() async throws {
    try await Remote.with { remote in
      let pids = "\(remote.folder)/pids"
      let program = try await remote.wrapper(
        on: "any", "sleep 600 &\necho $! > '\(pids)'\necho $$ >> '\(pids)'\nwait\n")
      let git = GitProgram(program: program, variables: path)
      var started: [Int32] = []
      // It has written down by then what it has started; a machine that stood still meanwhile is given longer.
      for seconds in [10, 40, 160] where started.count < 2 {
        await #expect {
          _ = try await git.run(["fetch"], deadline: .seconds(seconds))
        } throws: { ($0 as? GitFailure)?.kind == .timeout && ($0 as? GitFailure)?.operation == "fetch" }
        let written = (try? String(contentsOfFile: pids, encoding: .utf8)) ?? ""
        started = written.split(separator: "\n").compactMap { Int32($0) }
      }
      #expect(started.count == 2)
      // A process that was killed may take a moment to be gone.
      for pid in started {
        for _ in 0..<500 where kill(pid, 0) == 0 && !Self.isZombie(pid) { try await Task.sleep(for: .milliseconds(20)) }
        #expect(kill(pid, 0) != 0 || Self.isZombie(pid), "\(pid) still runs")
      }
    }
  }

  @Test func `a cancelled task ends the process`() async throws {
    try await Remote.with { remote in
      let begun = "\(remote.folder)/begun"
      try await ChildProcess.run("/usr/bin/mkfifo", [begun])
      let program = try await remote.wrapper(on: "any", "echo $$ > '\(begun)'\nsleep 600\n")
      let git = GitProgram(program: program, variables: path)
      let task = Task { try await git.run(["push"], deadline: .seconds(300)) }
      // Whatever keeps it from beginning is told, and not waited for.
      let said = try? await ChildProcess.run("/usr/bin/timeout", ["60", "/bin/cat", begun])
      task.cancel()
      let result = await task.result
      let pid = try #require(Int32(said?.trimmingCharacters(in: .newlines) ?? ""), "\(result)")
      await #expect(throws: CancellationError.self) { _ = try await task.value }
      #expect(kill(pid, 0) != 0 || Self.isZombie(pid))
    }
  }

  /// Ended, and not yet waited for by whoever must.
  private static func isZombie(_ pid: Int32) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    return status.isEmpty || status.contains(") Z ")
  }

  @Test func `a program that is not there is told as that`() async throws {
    for program in ["/nowhere/git", "no-such-git-program"] {
      let git = GitProgram(program: program, variables: path)
      await #expect {
        _ = try await git.run(["fetch"], deadline: .seconds(30))
      } throws: { ($0 as? GitFailure)?.kind == .missing }
    }
  }

  @Test func `the environment holds no secret, no setting of the machine and nothing to ask`() throws {
    let configuration = try GitOpsConfiguration(
      url: "https://git.example/zone.git", clone: "/clone", credential: .token(user: "regie", file: "/keys/token"),
      authorities: "/keys/ca.pem", author: CommitAuthor(name: "x", email: "x"))
    let own = ["PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128", "HOME": "/root", "SECRET": "x", "GIT_DIR": "/x"]
    let variables = GitEnvironment.variables(for: configuration, inheriting: own)
    #expect(variables["PATH"] == "/bin" && variables["HTTPS_PROXY"] == "http://proxy:3128")
    #expect(variables["SECRET"] == nil && variables["HOME"] == "/clone/regie.git")
    #expect(variables["GIT_DIR"] == "/clone/regie.git")
    #expect(variables["GIT_CONFIG_NOSYSTEM"] == "1" && variables["GIT_CONFIG_GLOBAL"] == "/dev/null")
    #expect(variables["GIT_TERMINAL_PROMPT"] == "0" && variables["GIT_ALLOW_PROTOCOL"] == "https")
    #expect(variables["GITOPS_TOKEN_FILE"] == "/keys/token")
    let settings = (0..<(Int(variables["GIT_CONFIG_COUNT"] ?? "") ?? 0)).map {
      "\(variables["GIT_CONFIG_KEY_\($0)"] ?? "")=\(variables["GIT_CONFIG_VALUE_\($0)"] ?? "")"
    }
    #expect(settings.contains("http.sslCAInfo=/keys/ca.pem") && settings.contains("credential.helper="))
    #expect(settings.contains("http.followRedirects=false"))
    let helpers = settings.filter { $0.hasPrefix("credential.") && $0 != "credential.helper=" }
    #expect(helpers.count == 1 && helpers.first?.hasPrefix("credential.https://git.example.helper=!") == true)
  }

  @Test func `what Git would misunderstand, or would send a credential in the open, is refused`() throws {
    let author = try CommitAuthor(name: "x", email: "x")
    func make(
      url: String = "https://git.example/x", branch: String = "main", path: String = "regie", clone: String = "/c",
      credential: GitCredential = .none
    ) throws -> GitOpsConfiguration {
      try GitOpsConfiguration(
        url: url, branch: branch, path: path, clone: clone, credential: credential, author: author)
    }
    let token = GitCredential.token(user: "u", file: "/t")
    let key = GitCredential.sshKey(file: "/k", knownHosts: "/h")
    _ = try make(credential: token)
    _ = try make(url: "ssh://git@git.example/x", branch: "release/1.0", path: "zone/regie", credential: key)
    for url in [
      "", "--upload-pack=x", "git.example:x", "git@git.example:x", "http://git.example/x", "https://u:p@git.example/x",
      "https://u@git.example/x", "ssh://git:p@git.example/x", "ftp://git.example/x", "ext::sh -c x",
      "https://git.example",
      "https://git.example/x?token=y", "https://git.example/x y", "file://",
    ] {
      let credential: GitCredential = url.hasPrefix("ssh") ? key : .none
      let error = #expect(throws: GitOpsInputError.self, "\(url)") { try make(url: url, credential: credential) }
      #expect(error?.description.contains(":p@") == false, "\(url)")
    }
    for (url, credential) in [
      ("https://git.example/x", key), ("ssh://git@git.example/x", token), ("file:///x", token),
      ("http://git.example/x", token), ("ssh://git@git.example/x", .none),
      ("https://git.example/x", .token(user: "a\nb", file: "/t")),
      ("https://git.example/x", .token(user: "", file: "/t")),
    ] {
      #expect(throws: GitOpsInputError.self, "\(url) \(credential)") { try make(url: url, credential: credential) }
    }
    for branch in ["", "-x", "a..b", "a b", "a/", "/a", "a.lock", ".a", "a~1", "a:b", "a/.b"] {
      #expect(throws: GitOpsInputError.self, "\(branch)") { try make(branch: branch) }
    }
    for path in ["", "/", "/regie", "regie/", "../x", "a/../b", ".git", ".git/hooks", "a//b", "a\nb", "A"] {
      #expect(throws: GitOpsInputError.self, "\(path)") { try make(path: path) }
    }
    #expect(throws: GitOpsInputError.self) { try make(clone: "relative") }
    for text in ["", "a<b", "a>b", "a\nb"] {
      #expect(throws: GitOpsInputError.self) { try CommitAuthor(name: text, email: "x") }
      #expect(throws: GitOpsInputError.self) { try CommitAuthor(name: "x", email: text) }
    }
  }

  @Test func `ssh gets the key and the trusted servers, and no shell takes their names apart`() async throws {
    try await Remote.with { remote in
      // Stands for ssh: notes how it was called, and runs on this machine what it was to run on the server.
      let bin = "\(remote.folder)/it's here"
      try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
      let ssh = "\(bin)/ssh"
      let script = """
        #!/bin/sh
        printf '%s\\n' "$@" > '\(remote.folder)/called'
        for last; do :; done
        exec sh -c "$last"

        """
      try await ChildProcess.install(script, at: ssh)
      let key = "\(bin)/$(id) key"
      let configuration = try GitOpsConfiguration(
        url: "ssh://git@git.example\(remote.path)", clone: "\(remote.folder)/clone",
        credential: .sshKey(file: key, knownHosts: "\(bin)/known hosts"), author: CommitAuthor(name: "x", email: "x"))
      var variables = GitEnvironment.variables(for: configuration)
      variables["PATH"] = "\(bin):\(path["PATH"] ?? "")"
      try await remote.commit(["README.md": "theirs"])
      let answer = try await GitProgram(program: "git", variables: variables).run(
        ["ls-remote", configuration.url], deadline: .seconds(60))
      #expect(answer.code == 0, "\(answer.error)")
      #expect(String(decoding: answer.output, as: UTF8.self).contains("refs/heads/main"))
      let called = try String(contentsOfFile: "\(remote.folder)/called", encoding: .utf8).split(separator: "\n")
      #expect(called.contains("\(key)") && called.contains("UserKnownHostsFile=\(bin)/known hosts"))
      #expect(called.contains("BatchMode=yes") && called.contains("StrictHostKeyChecking=yes"))
      #expect(called.contains("git@git.example"))
    }
  }
}
