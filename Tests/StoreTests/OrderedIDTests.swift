import Events
import Foundation
import Model
import TestSupport
import Testing

@testable import Store

struct OrderedIDTests {
  @Test func `identifiers come in the order of time, whatever chance adds`() throws {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    func chance() -> UUID {
      var bytes = UUID().uuid
      withUnsafeMutableBytes(of: &bytes) { $0.storeBytes(of: dice.next(), as: UInt64.self) }
      return UUID(uuid: bytes)
    }
    for _ in 0..<500 {
      let start = Int64.random(in: 1_700_000_000_000_000...4_000_000_000_000_000, using: &dice)
      let (first, second) = (Timestamp(microseconds: start), Timestamp(microseconds: start + 1000))
      let ids = (UUID.ordered(at: first, chance()), UUID.ordered(at: second, chance()))
      #expect(ids.0.uuidString < ids.1.uuidString, "seed \(seed)")
      #expect(Array(ids.0.uuidString)[14] == "7" && "89AB".contains(Array(ids.0.uuidString)[19]))
      let chances = (chance(), chance())
      let placements = (
        UUID.orderedInBucket(at: first, chances.0), UUID.orderedInBucket(at: second, chances.1)
      )
      #expect(DigestBook.bucket(of: placements.0) == DigestBook.bucket(of: chances.0), "seed \(seed)")
      #expect(Array(placements.0.uuidString)[14] == "8" && "89AB".contains(Array(placements.0.uuidString)[19]))
      // Within a bucket by 256 ms.
      let later = UUID.orderedInBucket(at: Timestamp(microseconds: start + 256_000), chances.0)
      #expect(placements.0.uuidString < later.uuidString, "seed \(seed)")
    }
    let moment = Timestamp(microseconds: 1_645_557_742_000_500)
    let example = UUID.ordered(
      at: moment, UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 7, 0x39, 0x8F)))
    #expect(
      example.uuidString == "017F22E2-79B0-7800-98C4-DC0C0C07398F", "the example of RFC 9562, and half a millisecond")
  }
}
