import Foundation
import Glibc

/// Where the throw-away PostgreSQL keeps its data, and as whom it runs.
///
/// PostgreSQL refuses to run as root, so it then runs as the user `postgres`. Where that user can not enter the data
/// folder (below root's own home, for instance), its data lie in `/tmp`, and a link in the data folder says where.
struct DevPostgresData: Sendable {
  private static let elsewhere = "/tmp/regie-postgres-"

  /// Its owner's alone: the data, and beside them the password.
  private let folder: String
  /// nil: as whoever runs this process.
  let user: String?

  /// Where the server's data are.
  var path: String { "\(folder)/data" }
  /// Where the password of its user is.
  var passwordFile: String { "\(folder)/password" }

  /// Makes the folder for its owner alone, with a password in it.
  ///
  /// - Throws: ``DevError`` that says what to install or mend.
  static func make(in folder: String, password: String, isRoot: Bool = getuid() == 0) throws -> DevPostgresData {
    let inside = "\(folder)/postgres"
    guard isRoot else {
      try makeFolder(inside)
      let data = DevPostgresData(folder: inside, user: nil)
      try PrivateFile.write(Data(password.utf8), to: data.passwordFile)
      return data
    }
    guard let entry = getpwnam("postgres")?.pointee else {
      throw DevError(
        "l'utilisateur « postgres » manque, et PostgreSQL refuse root : apt-get install postgresql / no user postgres")
    }
    var path = inside
    if let closed = firstClosed(above: inside, to: entry.pw_uid, entry.pw_gid) {
      path = try makeElsewhere(linkedFrom: inside)
      Console.note("PostgreSQL : données dans \(path), car l'utilisateur « postgres » ne peut entrer dans \(closed)")
    } else {
      try makeFolder(inside)
    }
    let data = DevPostgresData(folder: path, user: "postgres")
    try PrivateFile.write(Data(password.utf8), to: data.passwordFile)
    for path in [data.passwordFile, path] {
      guard chown(path, entry.pw_uid, entry.pw_gid) == 0 else {
        throw DevError(
          "\(path) ne peut être donné à l'utilisateur « postgres » : \(String(cString: strerror(errno))) ; "
            + "--data-dir nomme un autre dossier")
      }
    }
    return data
  }

  /// Removes data that lie outside of the data folder.
  static func removeElsewhere(_ folder: String) {
    let link = "\(folder)/postgres"
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link), target.hasPrefix(elsewhere),
      !target.dropFirst(elsewhere.count).contains("/")
    else { return }
    try? FileManager.default.removeItem(atPath: target)
    try? FileManager.default.removeItem(atPath: link)
  }

  /// The outermost folder above `path` that the user may not enter.
  static func firstClosed(above path: String, to user: uid_t, _ group: gid_t) -> String? {
    var folder = "/"
    for part in [""] + path.split(separator: "/").dropLast().map(String.init) {
      folder += folder.hasSuffix("/") ? part : "/\(part)"
      guard let entry = try? FileManager.default.attributesOfItem(atPath: folder),
        let mode = (entry[.posixPermissions] as? NSNumber)?.uint32Value
      else { return folder }
      let isOwner = (entry[.ownerAccountID] as? NSNumber)?.uint32Value == user
      let isOfGroup = (entry[.groupOwnerAccountID] as? NSNumber)?.uint32Value == group
      let bit = isOwner ? S_IXUSR : isOfGroup ? S_IXGRP : S_IXOTH
      if mode & bit == 0 { return folder }
    }
    return nil
  }

  private static func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  private static func makeElsewhere(linkedFrom link: String) throws -> String {
    var template = Array("\(elsewhere)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw DevError("aucun dossier ne peut être créé dans /tmp : \(String(cString: strerror(errno)))")
    }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    return path
  }
}
