/// Sets of sites side by side, read the other way round: for a site the sets that it is in. 64 sites are turned at once,
/// in six steps that swap ever smaller squares.
struct BitMatrix {
  private let rows: [SiteSet]
  private let groups: Int
  private var turned: [UInt64]

  init(_ rows: [SiteSet]) {
    self.rows = rows
    groups = (rows.count + 63) / 64
    turned = Array(repeating: 0, count: groups * 64)
  }

  /// Turns the sites of one word of the sets.
  mutating func load(_ word: Int) {
    for index in turned.indices { turned[index] = index < rows.count ? rows[index].words[word] : 0 }
    turned.withUnsafeMutableBufferPointer { words in
      for group in 0..<groups { Self.transpose(&words, from: group * 64) }
    }
  }

  /// Visits the rows that hold a site of the word, ascending.
  @inline(__always)
  func forEachRow(of bit: Int, _ body: (Int) -> Void) {
    for group in 0..<groups {
      var word = turned[group << 6 | bit]
      while word != 0 {
        body(group << 6 | word.trailingZeroBitCount)
        word &= word - 1
      }
    }
  }

  private static func transpose(_ words: inout UnsafeMutableBufferPointer<UInt64>, from first: Int) {
    var (width, mask): (Int, UInt64) = (32, 0x0000_0000_FFFF_FFFF)
    while width != 0 {
      var row = 0
      while row < 64 {
        let swapped = ((words[first + row] >> UInt64(width)) ^ words[first + row + width]) & mask
        words[first + row] ^= swapped << UInt64(width)
        words[first + row + width] ^= swapped
        row = (row + width + 1) & ~width
      }
      width >>= 1
      mask ^= mask << UInt64(width)
    }
  }
}
