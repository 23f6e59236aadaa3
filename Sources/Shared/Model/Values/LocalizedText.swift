/// A text for people, in French and in English. French comes first and is never empty.
public struct LocalizedText: Codable, Sendable, Hashable {
  /// The French text.
  public var fr: String
  /// The English text; the French one serves where it is missing.
  public var en: String?

  /// A text in both languages, or in French alone.
  public init(fr: String, en: String? = nil) {
    self.fr = fr
    self.en = en
  }
}
