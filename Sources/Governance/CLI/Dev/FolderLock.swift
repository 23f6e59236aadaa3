import Foundation
import Glibc

/// The right to use a data folder: held by one `regie dev`, or by the guard that cleans up after a killed one.
struct FolderLock: Sendable {
  /// What the lock says last, so that it is no other program's.
  private static let mark = "regie-dev"

  let descriptor: Int32
  private let path: String

  /// Takes the lock when nobody holds it.
  ///
  /// - Throws: ``DevError`` when the folder can not be written to.
  init?(folder: String) throws {
    path = "\(folder)/lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw DevError("\(path) ne peut être écrit ; --data-dir nomme un autre dossier / can not be written")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      Glibc.close(descriptor)
      return nil
    }
  }

  /// Says that this process uses the folder. What the lock said before is written over in place, with blanks for what was longer:
  /// whoever looks meanwhile finds a claim, and on a full disk the former one stays. Another file in its place would not be the
  /// one that is held.
  ///
  /// - Throws: ``DevError`` when it can not be written.
  func claim() throws {
    let own = getpid()
    var text = Array("\(own) \(PidFile.startTime(of: own) ?? "0") \(Self.mark)".utf8)
    let before = lseek(descriptor, 0, SEEK_END)
    while text.count < before - 1 { text.append(UInt8(ascii: " ")) }
    text.append(UInt8(ascii: "\n"))
    guard pwrite(descriptor, text, text.count, 0) == text.count else {
      // A part of a claim would be taken for somebody else's file.
      if before == 0 { _ = ftruncate(descriptor, 0) }
      throw DevError(
        "\(path) ne peut être écrit : le disque est-il plein ? / can not be written: is the disk full?")
    }
  }

  /// Lets others have the folder, whoever has a copy of the descriptor: a process that is being started does until it has
  /// become a program.
  func release() {
    _ = flock(descriptor, LOCK_UN)
    Glibc.close(descriptor)
  }

  /// The process that claimed the folder and still runs.
  static func holder(of folder: String) -> Int32? {
    guard let (pid, started) = claim(on: folder), PidFile.startTime(of: pid) == started else { return nil }
    return pid
  }

  /// Whether a `regie dev` has claimed the folder, ever.
  static func isClaimed(_ folder: String) -> Bool { claim(on: folder) != nil }

  /// What the lock says; nil where there is none, or one that is no `regie dev`'s. One of a former version says two
  /// numbers and no more.
  private static func claim(on folder: String) -> (pid: Int32, started: String)? {
    guard let text = try? String(contentsOfFile: "\(folder)/lock", encoding: .utf8) else { return nil }
    let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard fields.count >= 2, Array(fields[2...]) == [mark] || fields.count == 2, let pid = Int32(fields[0]),
      UInt64(fields[1]) != nil
    else { return nil }
    return (pid, fields[1])
  }
}
