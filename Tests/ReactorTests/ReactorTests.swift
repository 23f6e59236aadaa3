@preconcurrency import Glibc
import Reactor
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReactorTests {
  private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() {
      var ends: [Int32] = [0, 0]
      _ = pipe(&ends)
      (reading, writing) = (ends[0], ends[1])
    }

    func send() {
      var byte: UInt8 = 1
      _ = write(writing, &byte, 1)
    }

    func close() {
      _ = Glibc.close(reading)
      _ = Glibc.close(writing)
    }
  }

  @Test func `input on a descriptor rings its bell`() async throws {
    let pipe = Pipe()
    defer { pipe.close() }
    let bell = Bell()
    let registration = try Reactor.shared.register(pipe.reading, bell: bell)
    defer { Reactor.shared.deregister(registration) }
    pipe.send()
    await bell.wait()
  }

  @Test func `input that was there before the registration rings too`() async throws {
    let pipe = Pipe()
    defer { pipe.close() }
    pipe.send()
    let bell = Bell()
    let registration = try Reactor.shared.register(pipe.reading, bell: bell)
    defer { Reactor.shared.deregister(registration) }
    await bell.wait()
  }

  @Test func `the end of the other side rings`() async throws {
    let pipe = Pipe()
    let bell = Bell()
    let registration = try Reactor.shared.register(pipe.reading, bell: bell)
    _ = close(pipe.writing)
    await bell.wait()
    Reactor.shared.deregister(registration)
    _ = close(pipe.reading)
  }

  /// libpq closes its socket by itself when the server goes away; the system gives the number to the next who asks.
  @Test func `what is deregistered after its descriptor was closed does not silence the next owner of the number`()
    async throws
  {
    let old = Pipe()
    let new = Pipe()
    defer {
      old.close()
      new.close()
    }
    let first = try Reactor.shared.register(old.reading, bell: Bell())
    // Closes the descriptor and lets its number mean another one, with nobody in between.
    #expect(dup2(new.reading, old.reading) == old.reading)
    let bell = Bell()
    let second = try Reactor.shared.register(old.reading, bell: bell)
    Reactor.shared.deregister(first)
    new.send()
    await bell.wait()
    Reactor.shared.deregister(second)
  }

  @Test func `a deregistered descriptor is silent, and deregistering twice is harmless`() async throws {
    let pipe = Pipe()
    defer { pipe.close() }
    let bell = Bell()
    let registration = try Reactor.shared.register(pipe.reading, bell: bell)
    Reactor.shared.deregister(registration)
    Reactor.shared.deregister(registration)
    pipe.send()
    let end = ContinuousClock.now + .milliseconds(30)
    await bell.wait(until: end)
    #expect(ContinuousClock.now >= end)
  }

  @Test func `a descriptor that can not be watched is named`() throws {
    let error = #expect(throws: ReactorError.self) { try Reactor.shared.register(-1, bell: Bell()) }
    #expect(error?.descriptor == -1)
    #expect(error?.errno == EBADF)
    #expect(error?.description.contains("descriptor -1 can not be watched") == true)
  }

  @Test func `a cancelled alarm does not ring`() async {
    var bell = Bell()
    var deadline = ContinuousClock.now
    // On a machine that took its time between the two it has rung, and rightly: one is wanted that was taken back in
    // time.
    repeat {
      bell = Bell()
      deadline = .now + .milliseconds(10)
      Reactor.shared.cancel(Reactor.shared.ring(bell, at: deadline))
    } while .now >= deadline
    let end = ContinuousClock.now + .milliseconds(40)
    await bell.wait(until: end)
    #expect(ContinuousClock.now >= end)
  }

  @Test func `bytes bounced between many pairs are all noticed`() async throws {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 {
        group.addTask {
          let pipe = Pipe()
          defer { pipe.close() }
          _ = fcntl(pipe.reading, F_SETFL, O_NONBLOCK)
          let bell = Bell()
          let registration = try Reactor.shared.register(pipe.reading, bell: bell)
          defer { Reactor.shared.deregister(registration) }
          var seen = 0
          for _ in 0..<200 {
            pipe.send()
            var byte: UInt8 = 0
            while read(pipe.reading, &byte, 1) != 1 { await bell.wait() }
            seen += 1
          }
          return seen
        }
      }
      for try await seen in group { #expect(seen == 200) }
    }
  }
}
