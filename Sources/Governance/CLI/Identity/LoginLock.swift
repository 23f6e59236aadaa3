import ArgumentParser
import Foundation
import Glibc

/// The right to change what `regie login` has stored: of several commands at once one asks the issuer for the next token,
/// and the others find what it has got. The lock goes with the process, however that ends.
struct LoginLock: Sendable {
  let descriptor: Int32

  /// Longer than an issuer is waited for.
  static let patience: Duration = .seconds(40)

  /// Waits for it.
  ///
  /// - Throws: `ValidationError` where it can not be had.
  static func take(_ environment: [String: String], patience: Duration = patience) async throws -> LoginLock {
    let path = StoredLogins.path(environment) + ".lock"
    try? StoredLogins.makeFolder(environment)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ValidationError("\(path) ne peut être écrit / can not be written") }
    let end = ContinuousClock.now + patience
    // Not the call that waits: it would hold a thread of the pool.
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      do {
        guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end else {
          throw ValidationError("\(path) : une autre commande le tient / another command holds it")
        }
        try await Task.sleep(for: .milliseconds(20))
      } catch {
        close(descriptor)
        throw error
      }
    }
    return LoginLock(descriptor: descriptor)
  }

  /// Lets others have it, at once: a process that is being started has a copy of the descriptor until it has become a
  /// program, and would hold the lock for as long.
  func release() {
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
