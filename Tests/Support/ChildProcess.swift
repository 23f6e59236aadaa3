internal import Dispatch
@preconcurrency internal import Foundation

/// Programs run by tests.
///
/// By `posix_spawn`, since Foundation's `Process` waits for every process that inherited its socket, and so for ever
/// where a program such as `pg_ctl` leaves a server behind.
public enum ChildProcess {
  /// Where the named program is: in `PATH`, or in one of `folders`.
  public static func locate(_ program: String, alsoIn folders: [String] = []) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return (path.split(separator: ":").map(String.init) + folders)
      .map { "\($0)/\(program)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs a program to its end, off the cooperative pool, and returns what it printed.
  ///
  /// - Throws: ``TestSupportError`` with its output when it fails.
  @discardableResult
  public static func run(_ executable: String, _ arguments: [String]) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      // A serial queue of its own: tasks of a concurrent one would wait for each other's threads.
      DispatchQueue(label: "tests.child-process").async {
        continuation.resume(with: Result { try runBlocking(executable, arguments) })
      }
    }
  }

  /// Writes a program text that is to be run. Another process writes it: what is started beside, by this one and at this moment,
  /// would have the file open for writing for an instant, and nobody can run a file that somebody may still write
  /// (ETXTBSY).
  public static func install(_ script: String, at path: String) async throws {
    try await run("/bin/sh", ["-c", #"printf %s "$1" > "$0" && chmod 755 "$0""#, path, script])
  }

  /// Runs a shell command when this process ends, however it ends: a shell waits for the end of a pipe that only this
  /// process holds open. It is no descendant of this process, and so stays where somebody ends this one with all its
  /// descendants, as `scripts/with-limit.sh` does.
  public static func atEnd(run command: String) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw TestSupportError("no pipe is left") }
    defer { close(ends[0]) }
    // The writing end stays open for as long as the process lives.
    let pid = try spawn("/bin/sh", ["-c", guardian(running: command)], input: ends[0], output: nil)
    // At once: it has left behind the shell that waits, and nothing is started before that is out of reach.
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw TestSupportError("no shell can be left behind: wait status \(status)") }
  }

  /// The text for a shell that leaves another one behind, which waits for the end of the standard input and then runs
  /// `command`. By way of another descriptor: what a shell starts in the background has no input of its own.
  static func guardian(running command: String) -> String {
    "exec 3<&0; (exec <&3 3<&-; cat >/dev/null; \(command)) &"
  }

  private static func runBlocking(_ executable: String, _ arguments: [String]) throws -> String {
    // A file rather than a pipe: a server left behind would hold the pipe open.
    var template = Array("/tmp/regie-output-XXXXXX".utf8CString)
    let output = mkstemp(&template)
    guard output >= 0 else { throw TestSupportError("no temporary file can be made") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      close(output)
      unlink(path)
    }
    let pid = try spawn(executable, arguments, input: nil, output: output)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let printed = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    guard status == 0 else {
      let command = ([executable] + arguments).joined(separator: " ")
      throw TestSupportError("\(command) ended with wait status \(status): \(printed)")
    }
    return printed
  }

  /// Starts a program in a group of its own, out of reach of the terminal's signals, with no descriptor but these; with
  /// this process's environment unless another is given.
  static func spawn(
    _ executable: String, _ arguments: [String], environment: [String: String]? = nil, input: Int32?, output: Int32?
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    for descriptor: Int32 in [1, 2] {
      if let output {
        posix_spawn_file_actions_adddup2(&actions, output, descriptor)
      } else {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
      }
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
      if let descriptor = Int32(name), descriptor > 2 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let words = ([executable] + arguments).map { strdup($0) }
    let variables = environment?.map { strdup("\($0)=\($1)") }
    defer { for word in words + (variables ?? []) { free(word) } }
    var pid: pid_t = 0
    let status =
      if let variables {
        posix_spawn(&pid, executable, &actions, &attributes, words + [nil], variables + [nil])
      } else {
        posix_spawn(&pid, executable, &actions, &attributes, words + [nil], environ)
      }
    guard status == 0 else {
      throw TestSupportError("\(executable) can not be started: \(String(cString: strerror(status)))")
    }
    return pid
  }
}
