import Foundation
import TestSupport

/// The demo, as `regie dev` starts it, and commands run beside it as a reader would.
struct RunningDemo: Sendable {
  let program: SystemUnderTestProgram
  let server: String
  private let folder: String
  /// Where blocks of shell find what they write to `/tmp/regie-…`: another run of the tests on this machine has it
  /// elsewhere, and what a former one has left is not found.
  private let files: String
  private let binaries: String

  /// Starts the demo, waits until its scenario is over, and stops it after `body`.
  static func run(_ body: (RunningDemo) async throws -> Void) async throws {
    let port = try FreePort.find()
    let folder = "/tmp/regie-documentation-\(ProcessInfo.processInfo.processIdentifier)"
    let files = "\(folder)-files"
    try? FileManager.default.removeItem(atPath: files)
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: files) }
    let program = try SystemUnderTestProgram.start("regie", ["dev", "--port", "\(port)", "--data-dir", folder])
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let demo = RunningDemo(
      program: program, server: "http://127.0.0.1:\(port)", folder: folder, files: files,
      binaries: (own as NSString).deletingLastPathComponent)
    do {
      try await program.waitForOutput("Ctrl-C", within: .seconds(400))
      try await body(demo)
    } catch {
      try await program.stop()
      throw error
    }
    try await program.stop(within: .seconds(240))
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Runs a block of shell in the project's folder; what it says of the demo's usual address means this demo. No cluster and
  /// no database that whoever runs the tests has access to is within its reach by default.
  ///
  /// - Returns: What it printed.
  /// - Throws: `TestSupportError` with what it printed when it fails.
  func shell(_ text: String) async throws -> String {
    let script = """
      set -euo pipefail
      cd '\(Repository.root.path)'
      export PATH='\(binaries)':"$PATH" REGIE_SERVER='\(server)' \
        REGIE_TOKEN_FILE='\(folder)/token' CURL_HOME='\(folder)' KUBECONFIG=/dev/null
      unset REGIE_CONTEXT REGIE_CONFIG REGIE_LANG KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT DATABASE_URL
      \(text.replacing("http://127.0.0.1:8080", with: server).replacing("/tmp/regie-", with: "\(files)/regie-"))
      """
    return try await ChildProcess.run("/bin/bash", ["-c", script]).replacing("\(files)/", with: "/tmp/")
  }

  /// Waits until all checks of the service pass: on a machine that stood still one may have failed a moment ago.
  func waitUntilWell() async throws {
    let isWell = #"curl -fsS "$0/health" | grep -qF "{\"status\":\"pass\",\"health\":\"pass\"""#
    _ = try await shell("timeout 120 bash -c 'until \(isWell); do sleep 0.2; done' '\(server)'")
  }

  /// Where each process of a name serves its metrics.
  func telemetry(of prefix: String) throws -> [String] {
    let pids = try String(contentsOfFile: "\(folder)/pids", encoding: .utf8)
    return try pids.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count == 3, fields[2].hasPrefix(prefix) else { return nil }
      let environment = try String(contentsOfFile: "/proc/\(fields[0])/environ", encoding: .utf8)
      return environment.split(separator: "\0").first { $0.hasPrefix("REGIE_TELEMETRY_ADDRESS=") }
        .map { "http://" + $0.drop { $0 != "=" }.dropFirst() }
    }
  }
}
