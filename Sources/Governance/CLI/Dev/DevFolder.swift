import Crypto
import Events
import Foundation
import Glibc

/// The data folder of `regie dev`: one at a time, made anew at each start.
final class DevFolder: Sendable {
  let path: String
  let logs: String
  let pids: PidFile
  private let lock: Int32

  /// Takes the folder, ends what an earlier life left running, and empties it.
  ///
  /// - Throws: ``DevError`` when another `regie dev` holds it.
  init(_ path: String) throws {
    self.path = path
    self.logs = "\(path)/logs"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DevError("\(path) ne peut être créé ; --data-dir en nomme un autre / can not be created")
    }
    lock = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw DevError("un autre « regie dev » utilise \(path) ; arrêtez-le, ou donnez --data-dir / in use by another one")
    }
    pids = PidFile(directory: path)
    let ended = pids.endLeftovers()
    if !ended.isEmpty { Console.note("arrêtés d'un lancement précédent : \(ended.joined(separator: ", "))") }
    for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "lock" {
      try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
    try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
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
    guard FileManager.default.createFile(atPath: signing, contents: secret, attributes: [.posixPermissions: 0o600]) else {
      throw DevError("\(signing) ne peut être écrit / can not be written")
    }
    try encoder.encode(JSONWebKeySet([JSONWebKey(publicKey: key.publicKey)])).write(to: URL(fileURLWithPath: verification))
    return (signing, verification)
  }

  /// Gives the folder free. The processes have ended by now.
  func close() {
    pids.clear()
    Glibc.close(lock)
  }
}

/// Free TCP ports on loopback.
enum FreePorts {
  /// A port that nothing listens on now.
  static func next() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw DevError("plus de descripteurs libres / no descriptors left") }
    defer { Glibc.close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw DevError("pas de port libre sur 127.0.0.1 / no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
