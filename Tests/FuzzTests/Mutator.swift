import TestSupport

/// Damages texts as people, editors and attackers do: bytes, tokens, lines and whole blocks, from a seed.
struct Mutator {
  private var random: Dice
  private let corpus: [Corpus.Text]

  init(seed: UInt64, corpus: [Corpus.Text]) {
    random = Dice(seed: seed)
    self.corpus = corpus
  }

  /// A text of the corpus with one to five damages, mostly one or two: what has more is hardly ever read. Two of three
  /// texts are only given other values of the same form, so that they get past the parser and to what comes behind.
  mutating func next() -> Corpus.Text {
    let text = pick(corpus)
    var bytes = text.bytes
    let isGentle = number(0...2) > 0
    for _ in 0..<pick(isGentle ? [1, 1, 2] : [1, 1, 2, 2, 3, 5]) {
      if isGentle { changeValue(&bytes) } else { damage(&bytes) }
    }
    return Corpus.Text(bytes: bytes, isJSON: text.isJSON)
  }

  private mutating func changeValue(_ bytes: inout [UInt8]) {
    let range = valueRange(bytes)
    guard let first = bytes[range].first else { return }
    switch number(0...7) {
    case 0: bytes.replaceSubrange(range, with: pick(Self.form(first) == 1 ? Self.numbers : Self.values))
    case 1...3:
      for _ in 0..<16 {
        let other = pick(corpus).bytes
        let value = other[valueRange(other)]
        guard let start = value.first, Self.form(start) == Self.form(first) else { continue }
        bytes.replaceSubrange(range, with: value)
        break
      }
    default:
      let place = number(range.lowerBound...(range.upperBound - 1))
      let letters = [Array("abez".utf8), Array("0159".utf8), [bytes[place]]]
      bytes[place] = pick(letters[Self.form(bytes[place])])
    }
  }

  /// A token that is no key, if one is found soon.
  private mutating func valueRange(_ bytes: [UInt8]) -> Range<Int> {
    var range = tokenRange(bytes)
    for _ in 0..<16 {
      let next = bytes[range.upperBound...].first { $0 != UInt8(ascii: "\"") }
      if !range.isEmpty, next != UInt8(ascii: ":") { break }
      range = tokenRange(bytes)
    }
    return range
  }

  /// Letters, digits and the rest are kept apart.
  private static func form(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): 0
    case UInt8(ascii: "0")...UInt8(ascii: "9"): 1
    default: 2
    }
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    switch number(0...11) {
    case 0: bytes[index(bytes)] = UInt8(number(0...255))
    case 1: bytes[index(bytes)] ^= 1 << UInt8(number(0...7))
    case 2: bytes.removeSubrange(range(bytes, 1...12))
    case 3: bytes.removeSubrange(index(bytes)...)
    case 4: bytes.insert(contentsOf: pick(Self.snippets), at: index(bytes))
    case 5: replaceToken(&bytes, by: pick(Self.values))
    case 6: replaceToken(&bytes, by: token(of: pick(corpus).bytes))
    case 7: moveLines(&bytes)
    case 8: indentLine(&bytes)
    case 9: nest(&bytes)
    case 10: splice(&bytes)
    default: bytes.insert(contentsOf: bytes[range(bytes, 1...60)], at: index(bytes))
    }
  }

  /// A word, number or quoted text gives way to another one.
  private mutating func replaceToken(_ bytes: inout [UInt8], by value: [UInt8]) {
    bytes.replaceSubrange(tokenRange(bytes), with: value)
  }

  /// A text with each of its numbers, one at a time, at each of the ends of what a number may be.
  static func extremes(of text: Corpus.Text) -> [Corpus.Text] {
    var (texts, start): ([Corpus.Text], Int) = ([], 0)
    while start < text.bytes.count {
      let end = text.bytes[start...].firstIndex(where: ends) ?? text.bytes.count
      if end > start, form(text.bytes[start]) == 1 {
        texts += numbers.map { number in
          var bytes = text.bytes
          bytes.replaceSubrange(start..<end, with: number)
          return Corpus.Text(bytes: bytes, isJSON: text.isJSON)
        }
      }
      start = end + 1
    }
    return texts
  }

  private static func ends(_ byte: UInt8) -> Bool { " \n\t,:{}[]\"'".utf8.contains(byte) }

  private mutating func token(of bytes: [UInt8]) -> [UInt8] { Array(bytes[tokenRange(bytes)]) }

  private mutating func tokenRange(_ bytes: [UInt8]) -> Range<Int> {
    guard !bytes.isEmpty else { return 0..<0 }
    let start = index(bytes)
    let first = bytes[..<start].lastIndex(where: Self.ends).map { $0 + 1 } ?? 0
    return first..<(bytes[start...].firstIndex(where: Self.ends) ?? bytes.count)
  }

  /// Lines are repeated, which makes duplicate keys, or change their place, which makes other structures.
  private mutating func moveLines(_ bytes: inout [UInt8]) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    let start = number(0...(lines.count - 1))
    let block = lines[start..<min(lines.count, start + number(1...6))]
    if number(0...1) == 0 { lines.removeSubrange(block.indices) }
    lines.insert(contentsOf: block, at: number(0...lines.count))
    bytes = Array(lines.joined(separator: [0x0A]))
  }

  private mutating func indentLine(_ bytes: inout [UInt8]) {
    let start = bytes[..<index(bytes)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    if number(0...1) == 0 {
      bytes.insert(contentsOf: Array(repeating: 0x20, count: number(1...4)), at: start)
    } else {
      let spaces = bytes[start...].prefix { $0 == 0x20 }.count
      bytes.removeSubrange(start..<(start + min(spaces, number(1...4))))
    }
  }

  /// A token goes deep, wide, or refers to itself.
  private mutating func nest(_ bytes: inout [UInt8]) {
    let range = tokenRange(bytes)
    let token = Array(bytes[range])
    let depth = pick([2, 40, 63, 64, 65, 200, 3_000])
    let nested: [UInt8] =
      switch number(0...3) {
      case 0: Self.times(depth, "[") + token + Self.times(depth, "]")
      case 1: Self.times(depth, "{\"a\":") + token + Self.times(depth, "}")
      case 2: Array("&x [*x, ".utf8) + token + Array("]".utf8)
      default:
        Array("[".utf8) + Array(repeating: token, count: min(depth, 400)).joined(separator: [0x2C]) + Array("]".utf8)
      }
    bytes.replaceSubrange(range, with: nested)
  }

  /// Part of another text.
  private mutating func splice(_ bytes: inout [UInt8]) {
    let other = pick(corpus).bytes
    bytes.insert(contentsOf: other[range(other, 1...400)], at: index(bytes))
  }

  private static func times(_ count: Int, _ text: String) -> [UInt8] {
    Array(String(repeating: text, count: count).utf8)
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func index(_ bytes: [UInt8]) -> Int { number(0...max(0, bytes.count - 1)) }
  private mutating func range(_ bytes: [UInt8], _ length: ClosedRange<Int>) -> Range<Int> {
    let start = index(bytes)
    return start..<min(bytes.count, start + number(length))
  }
  private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...(values.count - 1))] }

  private static let snippets: [[UInt8]] =
    [
      "[", "]", "{", "}", ": ", "- ", "\"", "'", "\n", "\n---\n", "&a ", "*a", "!!str ", "!x ", "<<: *titre\n", "|\n",
      ">-\n", "#", "\\u0000", "\\ud800", "\\x41", "\t", "\u{0}", "\u{85}", "\u{2028}", "\u{FEFF}", "é", "e\u{301}", "🏛️",
      "? ", "%YAML 1.2\n", "...\n", "@", ",", "\r", "\r\n", "\u{1F}", "}}", "]]", ": : ", "- - - ", "*titre", "&titre ",
    ].map { Array($0.utf8) } + [[0xC3], [0xFF, 0xFE], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

  /// What a number may be, and what no sum of it may be.
  private static let numbers: [[UInt8]] = [
    "0", "-1", "1", "8", "9", "10", "-10", "-11", "128", "129", "2147483648", "4294967296", "9223372036854775806",
    "9223372036854775807", "9223372036854775808", "-9223372036854775807", "-9223372036854775808", "8Ei", "7Ei", "1e18",
    "9e18", "1n", "0.0001m",
  ].map { Array($0.utf8) }

  private static let values: [[UInt8]] = [
    "1e999999999", "-1e999999999", "1e-999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "0x7fffffffffffffff", "0o777", ".nan", "-.inf", "1_000", "0.1n", "999999999999999999999999999999E", "1Ei", "-0",
    "null", "~", "true", "no", "", "\"\"", "''", "[]", "{}", "[null]", "2026-02-29", "0000-00-00", "9999-12-31", "*",
    "prefer", "require", "forbid", "avoid", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "DR", "usuel", "prod",
    "places", "chains", "subject", "matchLabels", "matchExpressions", "values", "region.name", "region.label/x",
    "project.dataClass", "chain.name", "region.dataCenters", "parent", "notWaivable", "weight", "Policy", "Project",
    "é", "\"\\u00e9\"", "\"\\ud83d\\ude00\"", "'it''s'", "! a", "-11", "10", "0", "-10",
  ].map { Array($0.utf8) }
}
