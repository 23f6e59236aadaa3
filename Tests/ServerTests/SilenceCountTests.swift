import Testing

@testable import Server

/// What counts as an agent's silence.
struct SilenceCountTests {
  private static let start = ContinuousClock.now

  /// What is told, look by look: each at so many seconds, with whether everything was read; nil is a heartbeat.
  private static func told(_ looks: [(at: Int, isListening: Bool)?]) -> [Int64] {
    var count = SilenceCount(SilenceCount.Pace(interval: .seconds(5), portion: .seconds(15)))
    return looks.compactMap { look in
      guard let look else { return count.handle(.heard)?.components.seconds }
      return count.handle(.looked(isListening: look.isListening, at: start + .seconds(look.at)))?.components.seconds
    }
  }

  @Test func `silence that was listened to is told by portions`() {
    #expect(Self.told([(0, true), (5, true), (10, true), (15, true), (20, true), (25, true), (30, true)]) == [15, 15])
    #expect(Self.told([(0, true), (14, true), (28, true)]) == [28])
  }

  @Test func `a heartbeat ends it, and the time before its first look does not count`() {
    #expect(Self.told([(0, true), (5, true), (10, true), nil, (15, true), (20, true), (25, true)]) == [])
    #expect(Self.told([(0, true), nil, (15, true), (20, true), (25, true), (30, true)]) == [15])
  }

  @Test func `an outage does not count, nor does the time up to the look after it`() {
    #expect(Self.told([(0, true), (5, true), (10, false), (15, true), (20, true)]) == [])
    #expect(Self.told([(0, true), (5, true), (10, false), (15, true), (20, true), (25, true)]) == [15])
    #expect(Self.told([(0, false), (5, false), (10, false), (15, false), (20, false)]) == [])
  }

  @Test func `a process that stood still was not listening`() {
    #expect(Self.told([(0, true), (5, true), (600, true), (605, true)]) == [])
    #expect(Self.told([(0, true), (15, true)]) == [15])
    #expect(Self.told([(0, true), (16, true)]) == [])
  }

  @Test func `an earlier life that is heard is news once, until it has been quiet for a while`() {
    var read = ReadSoFar()
    func seconds(_ count: Int) -> ContinuousClock.Instant { Self.start + .seconds(count) }
    let news = [(0, false), (5, true), (15, true), (70, false), (74, true), (134, true)].map { at, isEarlierHeard in
      read.noteHeartbeats(1, isEarlierHeard: isEarlierHeard, at: seconds(at))
    }
    #expect(news == [false, true, false, false, false, true])
    #expect(read.heartbeats == 6)
    #expect(read.hearsEarlierLife(at: seconds(193)) && !read.hearsEarlierLife(at: seconds(194)))
    #expect(!ReadSoFar().hearsEarlierLife(at: seconds(0)))
  }

  @Test func `everything was read where each partition was, and of none nothing`() {
    var read = ReadSoFar()
    #expect(!read.hasReached([:]) && !read.hasReached([0: 0]))
    read.note(partition: 0, next: 3)
    #expect(read.hasReached([0: 3]) && !read.hasReached([0: 4]) && !read.hasReached([0: 3, 1: 0]))
    read.note(partition: 1, next: 0)
    #expect(read.hasReached([0: 3, 1: 0]))
  }
}
