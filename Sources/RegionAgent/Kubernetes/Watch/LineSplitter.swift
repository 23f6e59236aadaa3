/// Cuts a stream of bytes into lines, however it is cut into chunks.
struct LineSplitter: Sendable {
  /// A line that exceeds the bound.
  struct TooLong: Error, Hashable {
    var limit: Int
  }

  /// The longest line, in bytes.
  let limit: Int
  private var partial: [UInt8] = []

  init(limit: Int) { self.limit = limit }

  /// Adds a chunk; the lines it completes, without their ends. Empty lines are left out.
  mutating func split(_ chunk: some Collection<UInt8>) throws(TooLong) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = chunk[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      try extend(rest[..<end])
      if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
      if !partial.isEmpty { lines.append(partial) }
      partial = []
      rest = rest[rest.index(after: end)...]
    }
    try extend(rest)
    return lines
  }

  private mutating func extend(_ bytes: some Collection<UInt8>) throws(TooLong) {
    guard partial.count + bytes.count <= limit else { throw TooLong(limit: limit) }
    partial.append(contentsOf: bytes)
  }
}
