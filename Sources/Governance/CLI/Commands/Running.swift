import ArgumentParser

/// Runs a command's body and turns what the service says into a message and an exit code.
func reporting(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as ClientError {
    Console.note("regie: \(error)")
    throw ExitCode(error.exitStatus)
  }
}
