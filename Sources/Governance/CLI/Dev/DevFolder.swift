import Crypto
import Events
import Foundation

/// The data folder of `regie dev`: one at a time, made anew at each start.
final class DevFolder: Sendable {
  /// All that a life makes in it besides the lock, and so all that the next one takes away.
  private static let made = [
    "logs", "pids", "postgres", signingKey, verificationKeys, DevIdentity.keysName, DevIdentity.rolesName,
    DevLogin.name, DevLogin.peopleName, DevLogin.tokenName, DevLogin.curlName,
  ]
  private static let signingKey = "signing-key.json"
  private static let verificationKeys = "verification-keys.json"

  let path: String
  let logs: String
  let pids: PidFile
  private let lock: FolderLock
  private let watcher: DevGuard

  /// Takes the folder, ends what an earlier life left running, and removes what that has made. What else lies there
  /// stays.
  ///
  /// - Throws: ``DevError`` when another `regie dev` holds it, or it is somebody else's.
  static func open(_ path: String, programs: Programs) async throws -> DevFolder {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DevError("\(path) ne peut être créé ; --data-dir en nomme un autre / can not be created")
    }
    guard try isOwn(path) else {
      throw DevError(
        "\(path) n'est ni vide ni un dossier de « regie dev » : rien n'y est touché ; --data-dir en nomme un autre / "
          + "is neither empty nor regie dev's own")
    }
    let lock = try await takeLock(path)
    do {
      let ended = await PidFile(directory: path).endLeftovers()
      if !ended.isEmpty { Console.note("arrêtés d'un lancement précédent : \(ended.joined(separator: ", "))") }
      DevPostgresData.removeElsewhere(path)
      let present = Set(try FileManager.default.contentsOfDirectory(atPath: path))
      for name in made where present.contains(name) { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
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

  /// Whether the folder is empty, or a `regie dev` has claimed it. A lock that says nothing yet is one that another
  /// life has only just made, in a folder that was empty.
  private static func isOwn(_ path: String) throws -> Bool {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    if FolderLock.isClaimed(path) || names.isEmpty { return true }
    return names == ["lock"] && FileManager.default.contents(atPath: "\(path)/lock")?.isEmpty == true
  }

  /// The lock may be held for a while by the guard of a killed life, which is cleaning up: two dozen processes are to
  /// end in order. Whoever uses the folder has claimed it, and is told at once.
  private static func takeLock(_ path: String) async throws -> FolderLock {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      if let lock = try FolderLock(folder: path) {
        do {
          try lock.claim()
        } catch {
          lock.release()
          throw error
        }
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
    let signing = "\(path)/\(Self.signingKey)"
    let verification = "\(path)/\(Self.verificationKeys)"
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
