/// What `If-Match` or `If-None-Match` names: RFC 9110, 8.8.3 and 13.1.
enum EntityTags: Hashable {
  /// One tag: what stands between the quotes, and whether it is weak.
  struct Tag: Hashable {
    let opaque: String
    let isWeak: Bool
  }

  /// `*`: whatever is there.
  case any
  /// A list, which may not be empty.
  case listed([Tag])

  /// Nil where `header` is neither `*` nor a list of tags.
  init?(_ header: String) {
    guard header != "*" else {
      self = .any
      return
    }
    var rest = Substring(header).utf8
    var tags: [Tag] = []
    while true {
      rest = rest.drop { Self.separators.contains($0) }
      guard !rest.isEmpty else { break }
      guard let tag = Self.take(from: &rest) else { return nil }
      tags.append(tag)
    }
    guard !tags.isEmpty else { return nil }
    self = .listed(tags)
  }

  /// The tags that compare as equal only when every byte is: weak ones never do.
  var strong: Set<String> {
    guard case .listed(let tags) = self else { return [] }
    return Set(tags.filter { !$0.isWeak }.map(\.opaque))
  }

  private static let separators: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t")]
  private static let quote = UInt8(ascii: "\"")

  private static func take(from rest: inout Substring.UTF8View) -> Tag? {
    let isWeak = rest.starts(with: "W/".utf8)
    if isWeak { rest = rest.dropFirst(2) }
    guard rest.popFirst() == quote else { return nil }
    let opaque = rest.prefix { $0 == 0x21 || (0x23...0x7E).contains($0) || $0 >= 0x80 }
    rest = rest.dropFirst(opaque.count)
    guard rest.popFirst() == quote, rest.first.map({ separators.contains($0) }) ?? true else { return nil }
    return Tag(opaque: String(Substring(opaque)), isWeak: isWeak)
  }
}
