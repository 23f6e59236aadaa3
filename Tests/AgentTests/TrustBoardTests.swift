import Crypto
import Events
import Foundation
import NIOConcurrencyHelpers
import Reconciler
import Testing

@testable import Agent

struct TrustBoardTests {
  @Test func `whether something may be deleted is asked of what was read, each time anew`() throws {
    let board = TrustBoard()
    let (placement, other) = (AgentRig.state(1).placement, AgentRig.state(2).placement)
    #expect(board.refusal(of: placement)?.reason == "BusSuspect", "nothing was read yet")
    let read = NIOLockedValueBox<[UUID: Refusal]>([:])
    board.follow(
      refusal: { asked in read.withLockedValue { $0[asked] } }, vouches: { _ in false },
      recognise: { _, _ in .nothing("") },
      obsolete: { _, _ in })
    #expect(board.refusal(of: placement) == nil)
    // A record names a state that was not read yet: nobody had the time to tell.
    let refusal = Refusal(reason: "BusSuspect", message: "the zone's record names states that were not read yet")
    read.withLockedValue { $0[placement] = refusal }
    #expect(board.refusal(of: placement) == refusal && board.refusal(of: other) == nil)
  }
}
