import Foundation
import Model
import Testing

@testable import Migration

/// The move of one replica of several, in the console.
struct MoveReplicaTests {
  @Test(arguments: [true, false])
  func `the environment is taken out of the console with the last of its name, and with no other`(
    _ hasOthers: Bool
  ) {
    let rig = MoveRig(Moves.terms(isInConsole: true))
    rig.bring(to: .drainingSource)
    rig.finish(.emptySource, .dashboards)
    rig.feed(.removalConfirmed(typed: "prod"))
    rig.feed(.observed(.source, .init(.removed, hasOthers: hasOthers ? true : nil)), by: Moves.nobody)
    #expect(rig.move.step == (hasOthers ? .done : .removed))
    #expect((rig.move[.removeEnvironment] == nil) == hasOthers)
    guard !hasOthers else { return }
    #expect(rig.move[.removeEnvironment]?.isOpen == true)
    rig.finish(.removeEnvironment)
    #expect(rig.move.step == .done)
  }

  @Test func `what an earlier version has seen is read`() throws {
    let text = #"{"phase": "removed", "faults": []}"#
    let seen = try ModelJSON.decoder.decode(MigrationEvent.Observation.self, from: Data(text.utf8))
    #expect(seen == .init(.removed) && seen.hasOthers == nil)
  }
}
