public import Events
import Model
public import Policy

/// What the offer and the policy of one moment say that those of another do not, in one language.
public struct OfferDifferenceView: Codable, Sendable, Hashable {
  /// Something on offer that differs.
  public struct Entry: Codable, Sendable, Hashable {
    /// Which part of the offer it belongs to.
    public var part: OfferPart
    /// Its name.
    public var name: String
    /// What became of it.
    public var change: PolicyDifference.Change
    /// The fields that differ; of something that was added or removed, all that it says.
    public var fields: [DifferenceView.Field]
    /// What people read.
    public var sentence: String
  }

  /// The moment to compare with.
  public var from: Timestamp
  /// The moment that is compared.
  public var to: Timestamp
  /// Since when every change is known: of earlier moments only what was last changed before then is.
  public var wholeSince: Timestamp
  /// Whether what operators keep to themselves is told of all of them.
  public var withInternals: Bool
  /// By part, then by name.
  public var entries: [Entry]
  /// The policy: its versions in force, and what they say that is different. There are no entries where one of them is
  /// missing.
  public var policy: DifferenceView

  /// Whether nothing differs.
  public var isEmpty: Bool { entries.isEmpty && policy.entries.isEmpty && policy.from == policy.to }

  /// A difference, said in `language`.
  public init(
    _ difference: OfferDifference, policy: DifferenceView, from: Timestamp, to: Timestamp, wholeSince: Timestamp,
    withInternals: Bool, language: Language
  ) {
    (self.from, self.to, self.wholeSince, self.withInternals) = (from, to, wholeSince, withInternals)
    self.policy = policy
    entries = difference.entries.map { entry in
      Entry(
        part: entry.part, name: entry.name, change: entry.change,
        fields: entry.fields.map { DifferenceView.Field($0, language) }, sentence: language.text(of: entry.sentence))
    }
  }
}
