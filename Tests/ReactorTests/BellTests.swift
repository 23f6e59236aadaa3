import Reactor
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BellTests {
  @Test func `a ring before the wait is not lost`() async {
    let bell = Bell()
    bell.ring()
    await bell.wait()
  }

  @Test func `several rings before the wait count as one`() async {
    let bell = Bell()
    for _ in 0..<3 { bell.ring() }
    await bell.wait()
    let start = ContinuousClock.now
    await bell.wait(until: start + .milliseconds(20))
    #expect(ContinuousClock.now >= start + .milliseconds(20), "no second ring was pending")
  }

  @Test func `a ring wakes the waiting task`() async {
    let bell = Bell()
    async let woken: Void = bell.wait()
    bell.ring()
    await woken
  }

  @Test func `a cancelled task is let go`() async {
    let bell = Bell()
    let task = Task { await bell.wait() }
    task.cancel()
    await task.value
  }

  @Test func `waiting through a cancellation lasts until the ring`() async {
    let bell = Bell()
    let started = Bell()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      started.ring()
      let start = ContinuousClock.now
      await bell.waitThroughCancellation(until: start + .milliseconds(30))
      return start.duration(to: .now)
    }
    task.cancel()
    await started.wait()
    #expect(await task.value >= .milliseconds(30), "the cancellation did not cut the wait short")
  }

  @Test func `a deadline in the past ends the wait at once`() async {
    await Bell().wait(until: .now - .seconds(1))
  }

  @Test func `a second waiter is told to look again rather than left hanging`() async {
    let bell = Bell()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await bell.wait() }
      group.addTask { await bell.wait() }
      await group.next()
      bell.ring()
      await group.waitForAll()
    }
  }

  @Test func `thousands of waits with deadlines, rung or not, all end`() async {
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<2000 {
        group.addTask {
          let bell = Bell()
          if index.isMultiple(of: 2) { bell.ring() }
          await bell.wait(until: .now + .milliseconds(index % 40))
        }
      }
    }
  }
}
