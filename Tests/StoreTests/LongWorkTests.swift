import Dispatch
import Foundation
import Store
import Testing

@Suite(.timeLimit(.minutes(1))) struct LongWorkTests {
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
}
