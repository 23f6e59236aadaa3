/// A set of site numbers as bits, 64 to a word. Sets that are combined are of one engine, and so of one size.
struct SiteSet: Sendable, Hashable {
  private(set) var words: [UInt64]

  /// The empty set, with room for `capacity` sites.
  init(of capacity: Int) {
    words = Array(repeating: 0, count: (capacity + 63) / 64)
  }

  /// The set of `sites`, with room for `capacity` ones.
  init(_ sites: some Sequence<Int>, of capacity: Int) {
    self.init(of: capacity)
    for site in sites { insert(site) }
  }

  /// All sites below `capacity`.
  static func all(_ capacity: Int) -> SiteSet { SiteSet(0..<capacity, of: capacity) }

  var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  func contains(_ site: Int) -> Bool { words[site >> 6] & (1 << UInt64(site & 63)) != 0 }
  mutating func insert(_ site: Int) { words[site >> 6] |= 1 << UInt64(site & 63) }
  mutating func remove(_ site: Int) { words[site >> 6] &= ~(1 << UInt64(site & 63)) }

  mutating func formUnion(_ other: SiteSet) { combine(other) { $0 |= $1 } }
  /// Adds the sites of a set whose words begin at a place of many.
  mutating func formUnion(_ many: [UInt64], from first: Int) {
    for index in words.indices { words[index] |= many[first + index] }
  }

  mutating func formIntersection(_ other: SiteSet) { combine(other) { $0 &= $1 } }
  mutating func subtract(_ other: SiteSet) { combine(other) { $0 &= ~$1 } }

  func union(_ other: SiteSet) -> SiteSet { with { $0.formUnion(other) } }
  func intersection(_ other: SiteSet) -> SiteSet { with { $0.formIntersection(other) } }
  func subtracting(_ other: SiteSet) -> SiteSet { with { $0.subtract(other) } }

  /// The least site; nil of the empty set.
  var first: Int? {
    words.firstIndex { $0 != 0 }.map { $0 << 6 | words[$0].trailingZeroBitCount }
  }

  /// The first site that both have.
  func firstCommon(_ other: SiteSet) -> Int? {
    let index = words.indices.first { words[$0] & other.words[$0] != 0 }
    return index.map { $0 << 6 | (words[$0] & other.words[$0]).trailingZeroBitCount }
  }

  /// Visits the sites, ascending.
  @inline(__always)
  func forEach(_ body: (Int) -> Void) {
    for index in words.indices {
      var word = words[index]
      while word != 0 {
        body(index << 6 | word.trailingZeroBitCount)
        word &= word - 1
      }
    }
  }

  /// Visits the sites that another set has, too, ascending.
  @inline(__always)
  func forEachCommon(_ other: SiteSet, _ body: (Int) -> Void) {
    for index in words.indices {
      var word = words[index] & other.words[index]
      while word != 0 {
        body(index << 6 | word.trailingZeroBitCount)
        word &= word - 1
      }
    }
  }

  /// Whether something holds of a site; those after it are not looked at.
  func contains(where holds: (Int) -> Bool) -> Bool {
    for index in words.indices {
      var word = words[index]
      while word != 0 {
        if holds(index << 6 | word.trailingZeroBitCount) { return true }
        word &= word - 1
      }
    }
    return false
  }

  /// The sites, ascending.
  var sites: [Int] {
    let count = count
    return Array(unsafeUninitializedCapacity: count) { sites, filled in
      // Exactly as many as there are bits are written, each once.
      forEach {
        sites.initializeElement(at: filled, to: $0)
        filled += 1
      }
    }
  }

  private func with(_ change: (inout SiteSet) -> Void) -> SiteSet {
    var copy = self
    change(&copy)
    return copy
  }

  /// The buffers spare the checks of bounds and uniqueness for every word: this is the innermost loop of the engine.
  @inline(__always)
  private mutating func combine(_ other: SiteSet, _ operation: (inout UInt64, UInt64) -> Void) {
    words.withUnsafeMutableBufferPointer { mine in
      other.words.withUnsafeBufferPointer { others in
        for index in 0..<min(mine.count, others.count) { operation(&mine[index], others[index]) }
      }
    }
  }
}
