import Foundation
import TestSupport
import Testing

/// The second scenario of the demo, as the README and `docs/concepts/migrations.md` promise it.
@Suite("The evacuation scenario", .serialized, .timeLimit(.minutes(10)))
struct EvacuationTests {
  @Test func `a region leaves: one move is led back and made anew, and its last namespace goes`() async throws {
    let folder = "/tmp/regie-evacuation-\(ProcessInfo.processInfo.processIdentifier)"
    let program = try SystemUnderTestProgram.start(
      "regie", ["dev", "--scenario", "evacuation", "--exit", "--port", "\(try FreePort.find())", "--data-dir", folder])
    let status = try await program.waitForEnd(within: .seconds(400))
    let told = program.tail(400)
    try #require(status == 0, "\(told)")
    for expected in ["rolledBack 1", "done 5", "done 1", "0 placements sur / of 6, 0 namespaces sur / of 6"] {
      #expect(told.contains(expected), "\(expected): \(told)")
    }
    try FileManager.default.removeItem(atPath: folder)
  }
}
