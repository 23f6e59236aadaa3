import Foundation
import Subprocess
import SystemPackage

/// One process of the tree: its output goes to a log file, line by line, and past whoever waits for a line.
struct ChildProcess: Sendable {
  let name: String
  let executable: String
  let arguments: [String]
  let environment: [String: String]
  /// nil: the folder of this process.
  let folder: String?
  let log: String
  /// What asks it to end in order.
  let stop: Signal
  /// How long it may take for that before it is killed.
  let patience: Duration

  /// Runs the process until it ends or the task is cancelled: it is asked to end, and killed where it does not in time.
  ///
  /// It has a process group of its own: Ctrl-C reaches this process alone, which ends the others.
  ///
  /// - Parameter onLine: Sees each line of output, in order.
  /// - Throws: ``PortTaken`` when it ended because its port was taken, ``DevError`` when it could not be started or
  ///   ended by itself, with its last lines.
  func run(pids: PidFile, onLine: @escaping @Sendable (String) -> Void) async throws {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [.send(signal: stop, allowedDurationToNextStep: patience)]
    guard FileManager.default.createFile(atPath: log, contents: nil) else {
      throw DevError("\(log) ne peut être écrit / can not be written")
    }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    defer { try? file.close() }
    let tail = Tail()
    let result: ExecutionResult<Void, SequenceOutput, CombinedErrorOutput>
    do {
      result = try await Subprocess.run(
        .path(FilePath(executable)), arguments: Arguments(arguments), environment: .custom(keyed),
        workingDirectory: folder.map { FilePath($0) }, platformOptions: options, input: .none, output: .sequence,
        error: .combinedWithOutput
      ) { execution in
        pids.add(Int32(execution.processIdentifier.value), name: name)
        for try await line in execution.standardOutput.strings() {
          try? file.write(contentsOf: Data("\(line)\n".utf8))
          await tail.add(String(line))
          onLine(String(line).trimmingCharacters(in: .newlines))
        }
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      try Task.checkCancellation()
      throw DevError("\(name) ne démarre pas : \(error) (\(executable))")
    }
    try Task.checkCancellation()
    if await tail.tellsOfTakenPort { throw PortTaken(process: name) }
    throw DevError(
      "\(name) s'est arrêté (\(result.terminationStatus)) / has ended ; tout est dans \(log), dont la fin est :\n"
        + (await tail.text))
  }

  private var keyed: [Subprocess.Environment.Key: String] {
    Dictionary(
      uniqueKeysWithValues: environment.compactMap { name, value in
        Subprocess.Environment.Key(rawValue: name).map { ($0, value) }
      })
  }

  private actor Tail {
    private var lines: [String] = []

    func add(_ line: String) {
      lines.append(line)
      if lines.count > 8 { lines.removeFirst() }
    }

    var text: String { lines.map { "  \($0.trimmingCharacters(in: .newlines))" }.joined(separator: "\n") }

    /// As the C library words it, which is what all the programs print.
    var tellsOfTakenPort: Bool { lines.contains { $0.lowercased().contains("address already in use") } }
  }
}
