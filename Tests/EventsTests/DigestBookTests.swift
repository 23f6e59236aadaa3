import Events
import Foundation
import TestSupport
import Testing

/// Digests over the states of a zone: whatever order they came in, whatever was there before.
struct DigestBookTests {
  private struct State {
    var placement: UUID
    var version: StateVersion
    var content: ContentDigest
  }

  private static func state(_ dice: inout Dice) -> State {
    let bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &dice) }
    let uuid = UUID(
      uuid: (
        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9], bytes[10],
        bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
      ))
    return State(
      placement: uuid,
      version: StateVersion(
        epoch: .random(in: 1...3, using: &dice), revision: .random(in: 1...9, using: &dice)),
      content: ContentDigest(of: [UInt8.random(in: 0...255, using: &dice)]))
  }

  private static func book(_ states: [State]) -> DigestBook {
    var book = DigestBook()
    for state in states { book.set(state.placement, version: state.version, content: state.content) }
    return book
  }

  @Test func `the order in which states came, and what they were before, does not matter`() {
    var dice = Dice.fresh("digests without order")
    for _ in 0..<50 {
      let states = (0..<Int.random(in: 1...300, using: &dice)).map { _ in Self.state(&dice) }
      let expected = Self.book(states)
      var other = DigestBook()
      for state in states.shuffled(using: &dice) {
        var before = Self.state(&dice)
        before.placement = state.placement
        other.set(before.placement, version: before.version, content: before.content)
      }
      let passing = (0..<20).map { _ in Self.state(&dice) }
      for state in passing { other.set(state.placement, version: state.version, content: state.content) }
      for state in states.shuffled(using: &dice) {
        other.set(state.placement, version: state.version, content: state.content)
      }
      for state in passing { other.remove(state.placement) }
      #expect(other.buckets == expected.buckets && other.count == expected.count, "seed \(dice.seed)")
      #expect(expected.differing(from: other.buckets).isEmpty)
    }
  }

  enum Fault: CaseIterable { case missed, added, otherRevision, otherEpoch, otherContent, underAnotherName }

  @Test(arguments: Fault.allCases)
  func `a state that is missed, added or otherwise shows, in its bucket alone`(fault: Fault) throws {
    var dice = Dice.fresh("digests see \(fault)")
    for _ in 0..<100 {
      var states = (0..<Int.random(in: 1...300, using: &dice)).map { _ in Self.state(&dice) }
      let truth = Self.book(states)
      let index = Int.random(in: states.indices, using: &dice)
      var touched: Set = [DigestBook.bucket(of: states[index].placement)]
      switch fault {
      case .missed: states.remove(at: index)
      case .added:
        let more = Self.state(&dice)
        touched = [DigestBook.bucket(of: more.placement)]
        states.append(more)
      case .otherRevision: states[index].version.revision += .random(in: 1...1000, using: &dice)
      case .otherEpoch: states[index].version.epoch += 1
      case .otherContent: states[index].content = ContentDigest(of: Array("another".utf8))
      case .underAnotherName:
        states[index].placement = Self.state(&dice).placement
        touched.insert(DigestBook.bucket(of: states[index].placement))
      }
      #expect(Set(Self.book(states).differing(from: truth.buckets)) == touched, "seed \(dice.seed)")
    }
  }

  @Test func `taking a placement out that is not there changes nothing`() {
    var book = DigestBook()
    book.remove(UUID())
    #expect(book.count == 0 && book.buckets == DigestBook().buckets && book[UUID()] == nil)
  }

  /// Frozen: both ends of a zone may be of different versions of the program.
  @Test func `a digest is of these bytes, for good`() throws {
    let placement = try #require(UUID(uuidString: "0A000000-0000-4000-8000-00000000000A"))
    let content = ContentDigest(of: Array("{}".utf8))
    #expect(content.description == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    #expect(ContentDigest(bytes: content.bytes) == content && ContentDigest(bytes: [1]) == nil)
    #expect(DigestBook.bucket(of: placement) == 10)
    let digest = SetDigest(
      placement: placement, version: StateVersion(epoch: 2, revision: 7), content: content)
    #expect(digest.description == "c7533fddacb1e60d6e8ac48fca983bb3")
    #expect(SetDigest(digest.description) == digest)
    #expect(SetDigest().description == String(repeating: "0", count: 32))
  }

  @Test(arguments: [
    "", "0", String(repeating: "0", count: 33), String(repeating: "G", count: 32),
    "+" + String(repeating: "0", count: 31),
  ])
  func `a text that is no digest is refused`(text: String) {
    #expect(SetDigest(text) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([SetDigest].self, from: JSONEncoder().encode([text]))
    }
  }
}
