internal import Foundation
internal import Glibc

/// The folder in which a writer's clone is made. Every process of Git reads the settings that lie in a clone, and some of them
/// are commands, or other servers' addresses: who can put one there has them run by the agent.
enum CloneFolder {
  /// Makes the folder where there is none, for this user alone.
  ///
  /// - Throws: ``GitFailure`` where it can not be made, or another user may have put something there.
  static func claim(_ path: String, by user: uid_t = geteuid()) throws {
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    // Without a slash at its end, which would have a symbolic link followed.
    let folder = url.path
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
      throw GitFailure(kind: .other, operation: "mkdir", message: "\(folder): \(String(cString: strerror(errno)))")
    }
    var entry = stat()
    guard lstat(folder, &entry) == 0 else {
      throw GitFailure(kind: .other, operation: "lstat", message: "\(folder): \(String(cString: strerror(errno)))")
    }
    guard entry.st_mode & S_IFMT == S_IFDIR else { throw refusal(folder, "is no folder") }
    guard entry.st_uid == user else { throw refusal(folder, "is user \(entry.st_uid)’s, and this is \(user)") }
    guard entry.st_mode & (S_IWGRP | S_IWOTH) == 0 else { throw refusal(folder, "can be written to by others") }
  }

  private static func refusal(_ folder: String, _ why: String) -> GitFailure {
    let wanted = "a folder is wanted that is this user’s and that nobody else may write to, or none yet"
    return GitFailure(kind: .unsafeFolder, operation: "clone", message: "\(folder) \(why); \(wanted)")
  }
}
