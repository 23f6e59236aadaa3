import Kafka
import Testing

@testable import Agent

/// History that was read before it went is no loss; history that was not is.
struct ReadPositionsTests {
  private func marks(_ low: Int64, _ high: Int64) -> KafkaWatermarks { KafkaWatermarks(low: low, high: high) }

  @Test func `a topic that is whole is no loss`() {
    var positions = ReadPositions()
    #expect(positions.resume(at: [0: marks(0, 0), 1: marks(0, 9)]) == nil)
  }

  @Test func `a topic that holds nothing at all may have been lost`() {
    var positions = ReadPositions()
    #expect(positions.resume(at: [0: marks(0, 0), 1: marks(0, 0)]) == "the topic is empty")
  }

  @Test func `a first reading that does not begin at 0 is one, and names the partition`() {
    var positions = ReadPositions()
    #expect(positions.resume(at: [0: marks(0, 9), 3: marks(4, 9)])?.contains("partition 3") == true)
  }

  @Test func `what went after it was read is none`() {
    var positions = ReadPositions()
    positions.note(.endOfPartition(partition: 0, offset: 7))
    #expect(positions.resume(at: [0: marks(7, 12)]) == nil)
    #expect(positions.resume(at: [0: marks(8, 12)])?.contains("begins at offset 8") == true)
  }

  @Test func `records count as ends do`() {
    var positions = ReadPositions()
    positions.note(
      .record(
        KafkaRecord(
          topic: "t", partition: 0, offset: 6, key: nil, value: nil)))
    #expect(positions.resume(at: [0: marks(7, 12)]) == nil)
  }

  @Test func `a topic that was made anew is one, and told once`() {
    var positions = ReadPositions()
    positions.note(.endOfPartition(partition: 0, offset: 7))
    #expect(positions.resume(at: [0: marks(0, 3)])?.contains("made anew") == true)
    #expect(positions.resume(at: [0: marks(0, 3)]) == nil)
  }

  @Test func `what the bus dropped under the reader counts as never read`() {
    var positions = ReadPositions()
    positions.note(.endOfPartition(partition: 0, offset: 7))
    positions.note(.offsetOutOfRange(partition: 0, offset: 7))
    #expect(positions.resume(at: [0: marks(5, 12)]) != nil)
  }

  @Test func `a partition that stands still although there is more of it is found at the second look`() {
    var positions = ReadPositions()
    for partition in Int32(0)...1 { positions.note(.endOfPartition(partition: partition, offset: 7)) }
    let atTheEnd = (0..<2).map { _ in positions.findStandstill(at: [0: marks(0, 7), 1: marks(0, 7)]) }
    #expect(atTheEnd == [nil, nil], "all was read")
    let first = positions.findStandstill(at: [0: marks(0, 8), 1: marks(0, 9)])
    #expect(first == nil, "it may be under way")
    positions.note(.endOfPartition(partition: 0, offset: 8))
    let second = positions.findStandstill(at: [0: marks(0, 10), 1: marks(0, 9)])
    #expect(second == 1)
    positions.note(.endOfPartition(partition: 1, offset: 9))
    let third = positions.findStandstill(at: [0: marks(0, 12), 1: marks(0, 9)])
    #expect(third == 0, "the other is behind by now")
    positions.note(.endOfPartition(partition: 0, offset: 11))
    let slow = positions.findStandstill(at: [0: marks(0, 20), 1: marks(0, 9)])
    #expect(slow == nil, "who is slow does not stand still")
  }

  @Test func `a partition of which nothing was ever read stands still as well`() {
    var positions = ReadPositions()
    let looks = (0..<2).map { _ in positions.findStandstill(at: [0: marks(0, 0), 2: marks(0, 4)]) }
    #expect(looks == [nil, 2])
  }
}
