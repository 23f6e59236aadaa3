import Crypto
import Events
import NIOConcurrencyHelpers
import Reconciler
import Testing

@testable import Agent

struct TrustBoardTests {
  @Test func `whether something may be deleted is asked of what was read, each time anew`() throws {
    let board = TrustBoard()
    #expect(board.refusal?.reason == "BusSuspect", "nothing was read yet")
    let read = NIOLockedValueBox<Refusal?>(nil)
    board.follow(
      refusal: { read.withLockedValue { $0 } }, vouches: { _ in false }, recognise: { _, _ in .nothing("") },
      obsolete: { _, _ in })
    #expect(board.refusal == nil)
    // A record names a state that was not read yet: nobody had the time to tell.
    let refusal = Refusal(reason: "BusSuspect", message: "the zone's record names states that were not read yet")
    read.withLockedValue { $0 = refusal }
    #expect(board.refusal == refusal)
  }
}
