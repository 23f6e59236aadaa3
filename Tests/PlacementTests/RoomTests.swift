import Model
import Testing

@testable import Placement

@Suite struct RoomTests {
  /// Rooms in which every resource is as random as it gets, those that are all but whole thousandths included.
  private static func random(_ dice: inout SeededGenerator) -> (room: Room, growth: ResourceAmounts) {
    var (limit, committed, growth) = (ResourceAmounts(), ResourceAmounts(), ResourceAmounts())
    for resource in CountedResource.allCases {
      limit[resource] = amount(&dice)
      switch Int.random(in: 0..<4, using: &dice) {
      case 0:
        // What is left is a number of thousandths, or next to it.
        let thousandths = Int64.random(in: 0...1000, using: &dice)
        let left =
          Int64((Int128(limit[resource]) * Int128(thousandths)) / 1000) + Int64.random(in: -1...1, using: &dice)
        committed[resource] = limit[resource].subtractingReportingOverflow(left).partialValue
      case 1: committed[resource] = amount(&dice)
      case 2: (committed[resource], growth[resource]) = (amount(&dice), amount(&dice))
      default: growth[resource] = limit[resource] / 3
      }
    }
    return (Room(limit: limit, committed: committed), growth)
  }

  private static func amount(_ dice: inout SeededGenerator) -> Int64 {
    let amount = Int64.random(in: .min ... .max, using: &dice)
    return Bool.random(using: &dice) ? amount : abs(amount >> Int64.random(in: 1...62, using: &dice))
  }

  @Test("what is estimated of what is left is what it comes to exactly")
  func estimates() {
    let seed = UInt64.random(in: .min ... .max)
    var dice = SeededGenerator(seed)
    for _ in 0..<20_000 {
      let (room, growth) = Self.random(&dice)
      #expect(room.balance(after: growth) == room.exactBalance(after: growth), "seed \(seed): \(room), \(growth)")
    }
  }

  @Test("without a division, small amounts fit where they do, and leave what they leave")
  func shares() {
    let seed = UInt64.random(in: .min ... .max)
    var dice = SeededGenerator(seed)
    var (fitting, other) = (0, 0)
    for _ in 0..<40_000 {
      var (room, growth) = Self.random(&dice)
      for resource in CountedResource.allCases {
        // Mostly within what is small, and with room left; some resources are not offered.
        room.limit[resource] = Int64.random(in: 0...9, using: &dice) == 0 ? 0 : abs(room.limit[resource] >> 14)
        room.committed[resource] = abs(room.committed[resource] >> 14) % max(1, room.limit[resource] + 1)
        let left = room.limit[resource] - room.committed[resource]
        growth[resource] = Bool.random(using: &dice) ? left : Int64.random(in: 0...max(1, left / 2), using: &dice)
        if Int.random(in: 0..<30, using: &dice) == 0 { growth[resource] += 1 }
      }
      guard room.limit.areSmall, room.committed.areSmall, growth.areSmall else { continue }
      let wanted = room.holds(growth) ? room.exactBalance(after: growth) : nil
      if wanted == nil { other += 1 } else { fitting += 1 }
      let balance = room.balance(after: growth, by: LimitShares(room.limit))
      #expect(balance == wanted, "seed \(seed): \(room), \(growth)")
    }
    #expect(fitting > 1000 && other > 1000, "seed \(seed)")
  }

  @Test("a thousandth is left or it is not, however large the numbers", arguments: [1000, 1 << 40, 1 << 51, 1 << 53])
  func thousandths(_ limit: Int64) {
    for thousandths in stride(from: Int64(0), through: 1000, by: 1) {
      let least = Int64((Int128(limit) * Int128(thousandths) + 999) / 1000)
      for (left, wanted) in [(least, thousandths), (least - 1, max(0, thousandths - 1))] {
        let room = Room(limit: ResourceAmounts(cpu: limit), committed: ResourceAmounts(cpu: limit - left))
        #expect(room.balance(after: ResourceAmounts()) == wanted)
        guard room.limit.areSmall, room.committed.areSmall else { continue }
        #expect(room.balance(after: ResourceAmounts(), by: LimitShares(room.limit)) == wanted)
      }
    }
  }

  @Test func `what is left is what long arithmetic says`() {
    let seed = UInt64.random(in: .min ... .max)
    var dice = SeededGenerator(seed)
    for _ in 0..<20_000 {
      let (room, growth) = Self.random(&dice)
      let shares = CountedResource.allCases.filter { room.limit[$0] > 0 }.map { resource -> Int128 in
        let limit = Int128(room.limit[resource])
        let left = limit - Int128(room.committed[resource]) - Int128(growth[resource])
        return max(0, min(1000, left * 1000 / limit))
      }
      #expect(room.balance(after: growth) == Int64(shares.min() ?? 0), "seed \(seed): \(room), \(growth)")
    }
  }

  @Test func `nothing is lost where what is left is more than a number holds`() {
    let (nothing, all) = (ResourceAmounts(), Int64.max)
    let (large, half): (Int64, Int64) = (1 << 53, 1 << 52)
    let cases: [(limit: Int64, committed: Int64, growth: Int64, left: Int64)] = [
      (all, -1, 0, 1000), (all, -1, all, 0), (all, .min, 0, 1000), (all, .min, all, 1000), (all, all, all, 0),
      (1, all, all, 0), (all, 0, all / 2, 500), (large, 0, half, 500), (large, large, 0, 0),
    ]
    for (limit, committed, growth, left) in cases {
      for resource in CountedResource.allCases {
        var (room, wanted) = (Room(limit: nothing, committed: nothing), nothing)
        room.limit[resource] = limit
        room.committed[resource] = committed
        wanted[resource] = growth
        #expect(room.balance(after: wanted) == left, "\(resource): \(limit), \(committed), \(growth)")
      }
    }
  }

  @Test(arguments: CountedResource.allCases)
  func `amounts are small only where each of them is`(_ resource: CountedResource) {
    let most: Int64 = 1 << 50
    let cases: [(amount: Int64, isSmall: Bool)] = [(-1, false), (0, true), (most - 1, true), (most, false)]
    for (amount, isSmall) in cases {
      var amounts = ResourceAmounts(cpu: 1, memory: 1, gpu: 1, storage: 1, pods: 1)
      amounts[resource] = amount
      #expect(amounts.areSmall == isSmall, "\(amount)")
    }
  }
}
