import Foundation
import Glibc

/// A process that outlives this one only to end what it leaves behind, should it be killed.
///
/// It waits for the end of a pipe that only this process holds open: the kernel closes it, however this process ends.
struct DevGuard: Sendable {
  private let pid: pid_t
  private let pipe: Int32

  /// Starts the guard of `folder`: `regie dev-guard`, in a process group that the terminal's signals do not reach.
  ///
  /// - Throws: ``DevError`` when it can not be started.
  init(folder: String, program: String) throws {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw DevError("plus de descripteurs libres / no descriptors left") }
    // No child may hold the writing end: nothing has been started before the guard.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { Glibc.close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    for descriptor: Int32 in [1, 2] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
      if let descriptor = Int32(name), descriptor > 2 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let words = [program, "dev-guard", folder].map { (word: String) in strdup(word) }
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, &actions, &attributes, words + [nil], environ)
    guard status == 0 else {
      Glibc.close(ends[1])
      throw DevError("\(program) dev-guard ne démarre pas : \(String(cString: strerror(status)))")
    }
    self.pid = pid
    self.pipe = ends[1]
  }

  /// Lets the guard go: there is nothing left to end, so it does so at once.
  func dismiss() {
    Glibc.close(pipe)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }
}
