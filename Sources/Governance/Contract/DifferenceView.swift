import Model
public import Policy

/// What one policy says that another does not, in one language.
public struct DifferenceView: Codable, Sendable, Hashable {
  /// Something that one field says, before and after.
  public struct Field: Codable, Sendable, Hashable {
    /// The field.
    public var field: String
    /// What it said.
    public var before: String
    /// What it says.
    public var after: String

    init(_ field: PolicyDifference.Field, _ language: Language) {
      self.field = field.field
      (before, after) = (language.text(of: field.before), language.text(of: field.after))
    }
  }

  /// One element of the policy that differs.
  public struct Entry: Codable, Sendable, Hashable {
    /// Which part of the policy it belongs to.
    public var part: PolicyPart
    /// Its name in that part; absent for parts that stand once.
    public var name: String?
    /// What became of it.
    public var change: PolicyDifference.Change
    /// The fields that differ; of something that was added or removed, all that it says.
    public var fields: [Field]
    /// What people read.
    public var sentence: String
  }

  /// The version that it is compared with; absent for one that is not stored.
  public var from: Int64?
  /// The version that is compared; likewise.
  public var to: Int64?
  /// By part, then by name; empty where both say the same.
  public var entries: [Entry]

  /// No difference that is told, between the versions in force at two moments.
  public static func untold(from: Int64?, to: Int64?) -> Self { Self(from: from, to: to, entries: []) }

  private init(from: Int64?, to: Int64?, entries: [Entry]) { (self.from, self.to, self.entries) = (from, to, entries) }

  /// A difference, said in `language`.
  public init(_ difference: PolicyDifference, from: Int64? = nil, to: Int64? = nil, language: Language) {
    (self.from, self.to) = (from, to)
    entries = difference.entries.map { entry in
      Entry(
        part: entry.part, name: entry.name, change: entry.change,
        fields: entry.fields.map { Field($0, language) }, sentence: language.text(of: entry.sentence))
    }
  }
}

extension Language {
  /// The text in this language; French where there is no English.
  func text(of text: LocalizedText) -> String { self == .en ? text.en ?? text.fr : text.fr }
}
