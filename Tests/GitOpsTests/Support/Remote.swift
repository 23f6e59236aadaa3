import Foundation
import TestSupport

/// A bare repository in a folder of its own, with what other writers would do to it.
struct Remote: Sendable {
  let folder: String
  private let objectFormat: String
  private static let git = ChildProcess.locate("git") ?? "/usr/bin/git"

  var path: String { "\(folder)/remote.git" }
  var url: String { "file://\(path)" }

  /// Runs `body` with a repository without any commit, and takes its folder away afterwards.
  static func with(objectFormat: String = "sha1", _ body: (Remote) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "regie-gitops-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let remote = Remote(folder: folder, objectFormat: objectFormat)
    _ = try await run([
      "init", "--quiet", "--bare", "--initial-branch=main", "--object-format=\(objectFormat)", remote.path,
    ])
    try await body(remote)
  }

  private static func run(_ arguments: [String]) async throws -> String {
    try await ChildProcess.run(git, arguments).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Runs `git` on the bare repository.
  @discardableResult
  func git(_ arguments: String...) async throws -> String {
    try await Self.run(["--git-dir=\(path)"] + arguments)
  }

  var head: String? {
    get async { try? await git("rev-parse", "--verify", "--quiet", "refs/heads/main") }
  }

  var count: Int {
    get async throws { Int(try await git("rev-list", "--count", "main")) ?? 0 }
  }

  /// Paths on the branch.
  var paths: [String] {
    get async throws {
      try await git("ls-tree", "-r", "--name-only", "main").split(separator: "\n").map(String.init)
    }
  }

  /// Contents by path.
  func files() async throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    let clone = "\(folder)/\(UUID().uuidString)"
    _ = try await Self.run(["clone", "--quiet", "--branch=main", path, clone])
    defer { try? FileManager.default.removeItem(atPath: clone) }
    for path in try await paths {
      files[path] = Array(try Data(contentsOf: URL(fileURLWithPath: "\(clone)/\(path)")))
    }
    return files
  }

  /// What another writer commits and pushes from a clone of its own: contents by path, nil for a file that goes, and paths
  /// of submodules, whose commits nobody has.
  func commit(
    _ files: [String: String?], submodules: [String] = [], force: Bool = false, message: String = "by hand"
  ) async throws {
    let clone = "\(folder)/\(UUID().uuidString)"
    _ = try await Self.run(["init", "--quiet", "--initial-branch=main", "--object-format=\(objectFormat)", clone])
    defer { try? FileManager.default.removeItem(atPath: clone) }
    if await head != nil { _ = try await Self.run(["-C", clone, "pull", "--quiet", path, "main"]) }
    // What goes, goes first: a folder may come in the place of a file.
    for (path, content) in files.sorted(by: { ($0.value != nil ? 1 : 0, $0.key) < ($1.value != nil ? 1 : 0, $1.key) }) {
      let file = URL(fileURLWithPath: "\(clone)/\(path)")
      guard let content else {
        try? FileManager.default.removeItem(at: file)
        continue
      }
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(content.utf8).write(to: file)
    }
    let here = ["-C", clone, "-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    _ = try await Self.run(here + ["add", "--all", "--force"])
    for path in submodules {
      let theirs = String(repeating: "1", count: objectFormat == "sha256" ? 64 : 40)
      _ = try await Self.run(here + ["update-index", "--add", "--cacheinfo", "160000,\(theirs),\(path)"])
    }
    _ = try await Self.run(here + ["commit", "--quiet", "--allow-empty", "-m", message])
    _ = try await Self.run(here + ["push", "--quiet", path, "HEAD:refs/heads/main"] + (force ? ["--force"] : []))
  }

  /// A program to be run as `git`, which runs `script` with the real one in `$GIT` when its first argument is `verb`.
  func wrapper(on verb: String, _ script: String) async throws -> String {
    let path = "\(folder)/git-\(UUID().uuidString)"
    let text = """
      #!/bin/sh
      GIT='\(Self.git)'
      export GIT
      if [ "$1" = '\(verb)' ] || [ '\(verb)' = any ]; then
      \(script)
      fi
      exec "$GIT" "$@"

      """
    try await ChildProcess.install(text, at: path)
    return path
  }
}
