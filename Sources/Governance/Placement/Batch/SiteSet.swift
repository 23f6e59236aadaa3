/// A set of site numbers.
struct SiteSet: Sendable, Hashable {
  private var words: [UInt64]

  init(_ sites: some Sequence<Int>, of count: Int) {
    words = Array(repeating: 0, count: (count + 63) / 64)
    for site in sites { words[site / 64] |= 1 << UInt64(site % 64) }
  }

  func isSubset(of other: Self) -> Bool { zip(words, other.words).allSatisfy { $0 & ~$1 == 0 } }

  mutating func formUnion(_ other: Self) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// In ascending order.
  var sites: [Int] {
    words.indices.flatMap { index in
      (0..<64).filter { words[index] >> UInt64($0) & 1 == 1 }.map { index * 64 + $0 }
    }
  }
}
