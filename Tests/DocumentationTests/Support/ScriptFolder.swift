import Foundation
import TestSupport

/// A folder like the project's, with some of its scripts as they are, and stand-ins for what they call.
struct ScriptFolder: Sendable {
  let path: String

  /// - Parameters:
  ///   - scripts: Paths of the project's scripts, which are copied.
  ///   - standIns: Texts of programs by their paths within the folder; those in `bin` come first in `PATH`.
  static func with(
    _ scripts: [String], standIns: [String: String], _ body: (ScriptFolder) async throws -> Void
  ) async throws {
    let folder = ScriptFolder(path: "/tmp/regie-scripts-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    let texts = try scripts.map { ($0, try Repository.text($0)) }
    for (name, text) in texts + standIns.map({ ($0.key, $0.value) }) {
      let file = URL(filePath: folder.path).appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try await ChildProcess.install(text, at: file.path)
    }
    try await body(folder)
  }

  /// Runs a text of bash in the folder, with none of the variables that scripts are told what to do by.
  ///
  /// - Returns: What it printed.
  /// - Throws: `TestSupportError` with what it printed when it fails.
  @discardableResult
  func shell(_ text: String) async throws -> String {
    let script = """
      set -euo pipefail
      cd '\(path)'
      export PATH="$PWD/bin:$PATH"
      unset ${!REGIE_*} KUBEBUILDER_ASSETS
      \(text)
      """
    // Threads of this process block signals, and so would what they start: no script would be told to end, nor wake when
    // what it waits for has ended.
    return try await ChildProcess.run("/usr/bin/env", ["--default-signal", "/bin/bash", "-c", script])
  }
}
