import Foundation
import TestSupport
import Testing

/// The second scenario of the demo, as the README and `docs/concepts/migrations.md` promise it.
@Suite("The evacuation scenario", .serialized, .timeLimit(.minutes(10)))
struct EvacuationTests {
  @Test func `a region leaves: a target fails, its move is made anew, the board confirms, and the last namespace goes`()
    async throws
  {
    let folder = "/tmp/regie-evacuation-\(ProcessInfo.processInfo.processIdentifier)"
    let program = try SystemUnderTestProgram.start(
      "regie", ["dev", "--scenario", "evacuation", "--exit", "--port", "\(try FreePort.find())", "--data-dir", folder])
    let status = try await program.waitForEnd(within: .seconds(560))
    let told = program.tail(400)
    try #require(status == 0, "\(told)")
    for expected in [
      // The move was held up by what the agent told, and not by whoever plays.
      "L’arrivée n’est pas en état", "rolledBack 1", "done 5", "done 1", "ratifié, version 2", "oidc:anfsi",
      "0 placements sur / of 6, 0 namespaces sur / of 6",
    ] {
      #expect(told.contains(expected), "\(expected): \(told)")
    }
    try FileManager.default.removeItem(atPath: folder)
  }
}
