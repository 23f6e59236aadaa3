/// Languages that sentences are made in.
public enum Language: String, Sendable, CaseIterable {
  case fr
  case en

  /// The language that an `Accept-Language` header wants most; French where it wants none of ours.
  ///
  /// Ranges that are not well formed are passed over, as is proper for a wish. Between equal qualities the one named
  /// first holds.
  public init(acceptLanguage header: String?) {
    let wishes = (header ?? "").split(separator: ",").compactMap { LanguageWish($0) }
    var best: (language: Language, quality: Double, position: Int)?
    for language in Self.allCases {
      guard let (quality, position) = LanguageWish.strength(of: language, among: wishes), quality > 0 else { continue }
      if let held = best, (held.quality, -held.position) >= (quality, -position) { continue }
      best = (language, quality, position)
    }
    self = best?.language ?? .fr
  }
}

/// One element of an `Accept-Language` header.
struct LanguageWish {
  private let primary: String
  private let quality: Double

  /// Nil where `text` is not a language range with, at most, a quality from 0 to 1.
  init?(_ text: Substring) {
    let pieces = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
    let tag = pieces[0].split(separator: "-", omittingEmptySubsequences: false).first ?? ""
    guard !tag.isEmpty else { return nil }
    var quality = 1.0
    for piece in pieces.dropFirst() {
      guard piece.lowercased().hasPrefix("q="), let value = Double(piece.dropFirst(2)), (0...1).contains(value) else {
        return nil
      }
      quality = value
    }
    self.primary = tag.lowercased()
    self.quality = quality
  }

  /// How much `language` is wanted, and the position of that wish: as it is named, else as `*`.
  static func strength(of language: Language, among wishes: [LanguageWish]) -> (quality: Double, position: Int)? {
    let positions = { (primary: String) in wishes.indices.filter { wishes[$0].primary == primary } }
    let named = positions(language.rawValue)
    let best = (named.isEmpty ? positions("*") : named).max { (wishes[$0].quality, -$0) < (wishes[$1].quality, -$1) }
    return best.map { (wishes[$0].quality, $0) }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }
}
