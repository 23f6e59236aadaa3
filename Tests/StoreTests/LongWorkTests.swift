import Dispatch
import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(3))) struct LongWorkTests {
  @Test func `however many computations are under way, tasks go on`() async throws {
    // On the threads that tasks share, so many would leave none for the task that lets them end.
    let count = 2 * ProcessInfo.processInfo.activeProcessorCount + 2
    let gate = DispatchSemaphore(value: 0)
    let results = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<count {
        group.addTask {
          try await LongWork.run {
            gate.wait()
            return number
          }
        }
      }
      let opening = Task { for _ in 0..<count { gate.signal() } }
      await opening.value
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.sorted() == Array(0..<count))
  }

  @Test func `an error comes through, and what is cancelled before its turn is not done`() async throws {
    struct Wrong: Error {}
    await #expect(throws: Wrong.self) { try await LongWork.run { throw Wrong() } as Void }
    let late = Task {
      while !Task.isCancelled { await Task.yield() }
      try await LongWork.run { _ = Issue.record("it was done") }
    }
    late.cancel()
    await #expect(throws: CancellationError.self) { try await late.value }
  }

  /// Computes something that lasts until the gate is opened, or too long, and says whether it was let.
  private static func isLet(by principal: String, among askers: LongWork.Askers, _ gate: DispatchSemaphore) async throws
    -> Bool
  {
    do {
      try await LongWork.asked(by: principal, among: askers) {
        try await LongWork.run { _ = gate.wait(timeout: .now() + 60) }
      }
      return true
    } catch let error as StoreError where error.kind == .contended {
      return false
    }
  }

  @Test func `who asks has his share of a line, and others come beside him`() async throws {
    let askers = LongWork.Askers()
    let gate = DispatchSemaphore(value: 0)
    let share = try #require(LongWork.Line.questions.room).each
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<(share + 3) { group.addTask { try await Self.isLet(by: "team", among: askers, gate) } }
      for _ in 0..<3 {
        let isLet = try await group.next()
        #expect(isLet == false)
      }
      group.addTask { try await Self.isLet(by: "console", among: askers, gate) }
      // What nobody has asked for waits for its turn.
      group.addTask {
        try await LongWork.run { _ = gate.wait(timeout: .now() + 60) }
        return true
      }
      for _ in 0..<(share + 2) { gate.signal() }
      for try await isLet in group { #expect(isLet) }
    }
    gate.signal()
    let isLetAgain = try await Self.isLet(by: "team", among: askers, gate)
    #expect(isLetAgain)
  }

  @Test func `all who ask have their part of a line`() async throws {
    let askers = LongWork.Askers()
    let gate = DispatchSemaphore(value: 0)
    let most = try #require(LongWork.Line.questions.room).most
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<(most + 2) {
        group.addTask { try await Self.isLet(by: "team \(number)", among: askers, gate) }
      }
      for _ in 0..<2 {
        let isLet = try await group.next()
        #expect(isLet == false)
      }
      for _ in 0..<most { gate.signal() }
      for try await isLet in group { #expect(isLet) }
    }
  }

  @Test func `a few who ask as much as they may leave others less than their share, and not nothing`() async throws {
    let askers = LongWork.Askers()
    let gate = DispatchSemaphore(value: 0)
    let room = try #require(LongWork.Line.questions.room)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for team in 0..<(room.all / room.each) {
        for _ in 0...room.each {
          group.addTask { try await Self.isLet(by: "team \(team)", among: askers, gate) }
        }
      }
      // Each of them has all that is his once one more of his is refused.
      for _ in 0..<(room.all / room.each) {
        let isLet = try await group.next()
        #expect(isLet == false)
      }
      for _ in 0..<(room.eachWhenFull + 2) {
        group.addTask { try await Self.isLet(by: "console", among: askers, gate) }
      }
      for _ in 0..<2 {
        let isLet = try await group.next()
        #expect(isLet == false)
      }
      for _ in 0..<(room.all + room.eachWhenFull) { gate.signal() }
      for try await isLet in group { #expect(isLet) }
    }
  }

  @Test func `who would not wait is refused where no place is free`() async throws {
    let few = FewAtOnce(1, mostWaiting: 1, refusal: StoreError.crowded)
    await #expect(throws: StoreError.crowded) {
      try await few.run { try await few.run(waits: false) {} }
    }
    try await few.run(waits: false) {}
  }

  @Test func `what is owed for something that is committed waits, whatever he who asked has under way`() async throws {
    let askers = LongWork.Askers()
    let gate = DispatchSemaphore(value: 0)
    let share = try #require(LongWork.Line.questions.room).each
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0...share { group.addTask { try await Self.isLet(by: "team", among: askers, gate) } }
      let isLet = try await group.next()
      #expect(isLet == false)
      group.addTask {
        try await LongWork.asked(by: "team", among: askers) {
          try await LongWork.owed { try await LongWork.run { true } }
        }
      }
      for _ in 0..<share { gate.signal() }
      for try await isLet in group { #expect(isLet) }
    }
  }

  @Test func `what is owed counts as of him who has asked`() async throws {
    let askers = LongWork.Askers()
    let gate = DispatchSemaphore(value: 0)
    let hasBegun = NIOLockedValueBox(false)
    let share = try #require(LongWork.Line.questions.room).each
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await LongWork.asked(by: "team", among: askers) {
          try await LongWork.owed {
            try await LongWork.run {
              hasBegun.withLockedValue { $0 = true }
              _ = gate.wait(timeout: .now() + 60)
              return true
            }
          }
        }
      }
      while !hasBegun.withLockedValue({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
      for _ in 0..<share { group.addTask { try await Self.isLet(by: "team", among: askers, gate) } }
      let isLet = try await group.next()
      #expect(isLet == false, "with what is owed he has all that is his")
      for _ in 0..<share { gate.signal() }
      for try await isLet in group { #expect(isLet) }
    }
  }

  @Test(arguments: [LongWork.Line.questions, .answers, .decisions, .engines, .locked])
  func `the background waits for whoever computes something that somebody waits for`(line: LongWork.Line) async throws {
    let (begun, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let (turn, hasTurn) = AsyncStream.makeStream(of: Void.self)
    async let waiting = LongWork.run(in: .background) {
      hasTurn.finish()
      begun.wait()
      return LongWork.letOthersPass(atMost: .milliseconds(20))
    }
    // The background's one thread first. Whoever stood in line for it with a thread of another line in his hands would
    // wait for the one who has it, who may wait for a third that needs just that thread.
    for await _ in turn {}
    async let other: Void = LongWork.run(in: line) {
      begun.signal()
      gate.wait()
    }
    let waited = try await waiting
    gate.signal()
    try await other
    #expect(waited >= .milliseconds(20))
  }

  @Test func `how long nobody was there counts from the last one, and an impact rests only while somebody is`()
    async throws
  {
    let crowd = Crowd()
    crowd.enter()
    try await Task.sleep(for: .milliseconds(20))
    #expect(crowd.absence == .zero)
    let begun = ContinuousClock.now
    crowd.leave()
    try await Task.sleep(for: .milliseconds(20))
    let absence = crowd.absence
    #expect(absence >= .milliseconds(20) && absence <= ContinuousClock.now - begun)
    crowd.enter()
    #expect(crowd.absence == .zero)
    #expect(GovernanceStore.impactRest(after: .milliseconds(5), quiet: .milliseconds(999)) == .milliseconds(20))
    #expect(GovernanceStore.impactRest(after: .milliseconds(5), quiet: .seconds(1)) == .zero)
    // What anybody computes, but the background, counts.
    let asked = ContinuousClock.now
    try await LongWork.answer {
      #expect(GovernanceStore.impactRest(after: .milliseconds(5)) == .milliseconds(20))
    }
    let quiet = LongWork.quiet
    #expect(quiet <= ContinuousClock.now - asked, "it counts from what has just ended")
  }

  @Test func `who has left before others and says so after them takes nothing back`() async throws {
    let crowd = Crowd()
    for _ in 0..<2 { crowd.enter() }
    let earlier = Crowd.elapsed
    try await Task.sleep(for: .milliseconds(20))
    let begun = ContinuousClock.now
    crowd.leave()
    crowd.leave(at: earlier)
    let absence = crowd.absence
    #expect(absence <= ContinuousClock.now - begun)
  }

  @Test func `who waits for a crowd to be gone goes on after the last one`() async throws {
    let crowd = Crowd()
    #expect(crowd.waitUntilGone(atMost: .zero))
    crowd.enter()
    crowd.enter()
    #expect(!crowd.waitUntilGone(atMost: .milliseconds(10)))
    let isGone = try await LongWork.run(in: .background) {
      DispatchQueue.global().async {
        crowd.leave()
        crowd.leave()
      }
      return crowd.waitUntilGone(atMost: .seconds(50))
    }
    #expect(isGone)
  }
}
