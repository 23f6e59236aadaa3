import Foundation
import Testing

@testable import CLI

/// Whose the data folder of `regie dev` may be, and what of it is removed.
@Suite(.timeLimit(.minutes(2)))
struct DevFolderTests {
  private static let programs = Programs(regie: "/bin/true", governance: "/bin/true", agent: "/bin/true")

  private func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test(arguments: [
    ["notes": "mine", ".git": "HEAD"], ["notes": "mine", "lock": "held\n"], ["lock": "1 2 other-program\n"],
    ["notes": "mine", "lock": ""],
  ])
  func `a folder of somebody else is refused, and stays as it was`(files: [String: String]) async throws {
    try await withFolder { folder in
      for (name, text) in files { try write(text, to: "\(folder)/\(name)") }
      let error = await #expect(throws: DevError.self) {
        _ = try await DevFolder.open(folder, programs: Self.programs)
      }
      #expect(error?.description.contains("\(folder) n'est ni vide ni un dossier de « regie dev »") == true)
      #expect(try names(in: folder) == files.keys.sorted())
      for (name, text) in files {
        #expect(try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) == text)
      }
    }
  }

  @Test(arguments: ["999999999 1\n", "999999999 1 regie-dev\n"])
  func `a folder of an earlier life, of a former version too, is used, and what others put there stays`(
    lock: String
  ) async throws {
    try await withFolder { folder in
      try write(lock, to: "\(folder)/lock")
      for name in ["logs", "postgres"] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        try write("old", to: "\(folder)/\(name)/old")
      }
      for name in ["pids", "token", "notes"] { try write("old", to: "\(folder)/\(name)") }
      let opened = try await DevFolder.open(folder, programs: Self.programs)
      opened.close()
      #expect(try names(in: folder) == ["lock", "logs", "notes"])
      #expect(try names(in: "\(folder)/logs").isEmpty)
    }
  }

  @Test func `a lock is claimed in place, whatever longer claim it had`() async throws {
    try await withFolder { folder in
      try write("999999999 18446744073709551615 regie-dev 18446744073709551615 regie-dev\n", to: "\(folder)/lock")
      let lock = try #require(try FolderLock(folder: folder))
      try lock.claim()
      #expect(FolderLock.holder(of: folder) == ProcessInfo.processInfo.processIdentifier)
      // Another file in its place would be free.
      let isFree = try FolderLock(folder: folder) != nil
      #expect(!isFree)
      lock.release()
    }
  }

  @Test func `a lock that was let go is free, though what is being started has a copy of it`() async throws {
    try await withFolder { folder in
      let lock = try #require(try FolderLock(folder: folder))
      let copy = dup(lock.descriptor)
      defer { close(copy) }
      lock.release()
      let next = try FolderLock(folder: folder)
      #expect(next != nil)
      next?.release()
    }
  }

  @Test func `a lock that can not be written is told, and not taken for claimed`() async throws {
    try await withFolder { folder in
      // As a full disk answers.
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/lock", withDestinationPath: "/dev/full")
      let lock = try #require(try FolderLock(folder: folder))
      let error = #expect(throws: DevError.self) { try lock.claim() }
      #expect(error?.description.contains("\(folder)/lock ne peut être écrit") == true)
      lock.release()
    }
  }

  @Test func `nothing that a life makes is there in the next one`() async throws {
    try await withFolder { folder in
      let first = try await DevFolder.open(folder, programs: Self.programs)
      _ = try first.writeKeys()
      try DevIdentity(in: folder).leave(for: "http://127.0.0.1:8080", in: folder)
      first.close()
      #expect(try names(in: folder).count > 8)
      let next = try await DevFolder.open(folder, programs: Self.programs)
      next.close()
      #expect(try names(in: folder) == ["lock", "logs"])
    }
  }
}
