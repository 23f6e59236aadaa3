internal import Foundation
internal import Subprocess
internal import SystemPackage

/// Runs `git`: arguments as an array, no shell in between, a deadline, and an end to all that it started when that has
/// come or the task is cancelled.
///
/// Starting, writing, reading and waiting are done by Subprocess on threads of its own, never on the cooperative pool.
struct GitProgram: Sendable {
  /// What a process printed before it ended.
  struct Answer: Sendable {
    var code: Int32
    var output: [UInt8]
    var error: String
  }

  let program: String
  let variables: [String: String]

  /// More than this is not taken from a process, in bytes.
  private static let longestOutput = 64 << 20
  private static let longestError = 1 << 20

  /// Runs `git` with these arguments to its end, whatever that is.
  ///
  /// - Throws: ``GitFailure`` when it can not be run or took too long, `CancellationError`.
  func run(_ arguments: [String], input: [UInt8] = [], deadline: Duration) async throws -> Answer {
    let operation = arguments.first ?? "git"
    return try await withThrowingTaskGroup(of: Answer?.self) { group in
      group.addTask { try await perform(arguments, input: input) }
      group.addTask {
        try await Task.sleep(for: deadline)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      try Task.checkCancellation()
      guard let answer = first else {
        // The processes are ended before this returns: the group waits for its tasks.
        throw GitFailure(kind: .timeout, operation: operation, message: "it took longer than \(deadline) and was ended")
      }
      return answer
    }
  }

  private func perform(_ arguments: [String], input: [UInt8]) async throws -> Answer {
    var options = PlatformOptions()
    // Without a terminal that a helper could ask, and with one group that all it starts belongs to.
    options.createSession = true
    options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
    let executable: Executable = program.contains("/") ? .path(FilePath(program)) : .name(program)
    do {
      let result = try await Subprocess.run(
        executable, arguments: Arguments(arguments), environment: .custom(keyed), workingDirectory: "/",
        platformOptions: options, input: .array(input), output: .bytes(limit: Self.longestOutput),
        error: .bytes(limit: Self.longestError))
      try Task.checkCancellation()
      let error = String(decoding: result.standardError, as: UTF8.self)
      switch result.terminationStatus {
      case .exited(let code): return Answer(code: code, output: result.standardOutput, error: error)
      case .signaled(let signal):
        let message = "ended by signal \(signal) \(error)"
        throw GitFailure(kind: .other, operation: arguments.first ?? "git", message: message)
      }
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      let isMissing = error.code == .executableNotFound || error.code == .spawnFailed
      throw GitFailure(
        kind: isMissing ? .missing : .other, operation: arguments.first ?? "git", message: "\(program): \(error)")
    }
  }

  private var keyed: [Subprocess.Environment.Key: String] {
    Dictionary(
      uniqueKeysWithValues: variables.compactMap { name, value in
        Subprocess.Environment.Key(rawValue: name).map { ($0, value) }
      })
  }
}
