import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct ProducerStateTests {
  private func state() throws -> ProducerState {
    ProducerState(handle: try KafkaHandle(KafkaConfiguration(bootstrapServers: "127.0.0.1:1"), role: .producer))
  }

  @Test func `a send waits for room only while reports are still to come`() throws {
    var state = try state()
    let room = ProducerState.Room()
    let waitsWithNothingSent = state.awaitRoom(room, since: state.reportGeneration)
    #expect(!waitsWithNothingSent)
    _ = state.issue(ProducerState.Ticket())
    let waits = state.awaitRoom(room, since: state.reportGeneration)
    #expect(waits)
    let before = state.reportGeneration
    let admitted = state.admit(after: 1)
    #expect(admitted.count == 1)
    let waitsAfterReports = state.awaitRoom(room, since: before)
    #expect(!waitsAfterReports)
  }

  @Test func `as many sends try again as reports came, and all when none is left to come`() throws {
    var state = try state()
    let first = state.issue(ProducerState.Ticket())
    let second = state.issue(ProducerState.Ticket())
    for _ in 0..<5 {
      let waits = state.awaitRoom(ProducerState.Room(), since: state.reportGeneration)
      #expect(waits)
    }
    let redeemed = state.redeem(first)
    #expect(redeemed != nil)
    let redeemedTwice = state.redeem(first)
    #expect(redeemedTwice == nil)
    let admittedByOneReport = state.admit(after: 1)
    #expect(admittedByOneReport.count == 1)
    let admittedByAnUnusedTurn = state.admitAnother()
    #expect(admittedByAnUnusedTurn != nil)
    let redeemedLast = state.redeem(second)
    #expect(redeemedLast != nil)
    let admittedAtTheEnd = state.admit(after: 1)
    #expect(admittedAtTheEnd.count == 3)
    let admittedFromNobody = state.admitAnother()
    #expect(admittedFromNobody == nil)
  }

  @Test func `the most impatient of those who close wins`() throws {
    var state = try state()
    try state.start()
    let now = ContinuousClock.now
    let firstIsOurs = state.beginClosing(until: now + .seconds(9), flushes: true)
    #expect(!firstIsOurs)
    let secondIsOurs = state.beginClosing(until: now + .seconds(3), flushes: false)
    #expect(!secondIsOurs)
    let thirdIsOurs = state.beginClosing(until: now + .seconds(5), flushes: true)
    #expect(!thirdIsOurs)
    #expect(state.phase == .closing(until: now + .seconds(3), flushes: false))
    state.finish()
    let lateIsOurs = state.beginClosing(until: now, flushes: true)
    #expect(!lateIsOurs)
    #expect(state.phase == .closed)
  }

  @Test func `whoever closes a producer that does not run has to see to it`() throws {
    var state = try state()
    let isOurs = state.beginClosing(until: .now, flushes: true)
    #expect(isOurs)
    #expect(throws: KafkaError.self) { try state.start() }
    #expect(throws: KafkaError.self) { try state.openHandle() }
    let waits = state.awaitRoom(ProducerState.Room(), since: state.reportGeneration)
    #expect(!waits)
  }

  @Test func `the first fatal error stays the cause`() throws {
    var state = try state()
    state.noteFatal(KafkaError(.fenced, "first", isFatal: true))
    state.noteFatal(KafkaError(.other, "second", isFatal: true))
    #expect(state.fatalError?.code == .fenced)
    let error = #expect(throws: KafkaError.self) { try state.openHandle() }
    #expect(error?.code == .fenced)
  }
}
