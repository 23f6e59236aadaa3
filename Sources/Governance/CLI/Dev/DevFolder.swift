import Crypto
import Events
import Foundation

/// The data folder of `regie dev`: one at a time, made anew at each start.
final class DevFolder: Sendable {
  let path: String
  let logs: String
  let pids: PidFile
  private let lock: FolderLock
  private let watcher: DevGuard

  /// Takes the folder, ends what an earlier life left running, and empties it.
  ///
  /// - Throws: ``DevError`` when another `regie dev` holds it.
  static func open(_ path: String, programs: Programs) async throws -> DevFolder {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DevError("\(path) ne peut être créé ; --data-dir en nomme un autre / can not be created")
    }
    let lock = try await takeLock(path)
    do {
      let ended = await PidFile(directory: path).endLeftovers()
      if !ended.isEmpty { Console.note("arrêtés d'un lancement précédent : \(ended.joined(separator: ", "))") }
      DevPostgresData.removeElsewhere(path)
      for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "lock" {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
      }
      let folder = DevFolder(path, lock, try DevGuard(folder: path, program: programs.regie))
      try FileManager.default.createDirectory(atPath: folder.logs, withIntermediateDirectories: true)
      return folder
    } catch {
      lock.release()
      throw error
    }
  }

  private init(_ path: String, _ lock: FolderLock, _ watcher: DevGuard) {
    self.path = path
    self.lock = lock
    self.watcher = watcher
    logs = "\(path)/logs"
    pids = PidFile(directory: path)
  }

  /// The lock may be held for a moment by the guard of a killed life, which is cleaning up.
  private static func takeLock(_ path: String) async throws -> FolderLock {
    let deadline = ContinuousClock.now + .seconds(10)
    while true {
      if let lock = try FolderLock(folder: path) {
        lock.claim()
        return lock
      }
      let holder = FolderLock.holder(of: path)
      guard holder == nil, ContinuousClock.now < deadline else {
        let who = holder.map { " (processus \($0))" } ?? ""
        throw DevError(
          "un autre « regie dev »\(who) utilise \(path) ; arrêtez-le, ou donnez --data-dir / in use by another one")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Makes a signing key for this life, readable by this user alone.
  ///
  /// - Returns: The paths of the private key and of the agents' key set.
  func writeKeys() throws -> (signing: String, verification: String) {
    let key = Curve25519.Signing.PrivateKey()
    let encoder = JSONEncoder()
    let signing = "\(path)/signing-key.json"
    let verification = "\(path)/verification-keys.json"
    let secret = try encoder.encode(JSONWebKey(privateKey: key))
    guard FileManager.default.createFile(atPath: signing, contents: secret, attributes: [.posixPermissions: 0o600])
    else {
      throw DevError("\(signing) ne peut être écrit / can not be written")
    }
    try encoder.encode(JSONWebKeySet([JSONWebKey(publicKey: key.publicKey)]))
      .write(to: URL(fileURLWithPath: verification))
    return (signing, verification)
  }

  /// Gives the folder free. The processes have ended by now.
  func close() {
    pids.clear()
    DevPostgresData.removeElsewhere(path)
    watcher.dismiss()
    lock.release()
  }
}
