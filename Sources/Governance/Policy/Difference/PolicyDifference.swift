public import Model

/// What one policy says that another one does not: classes, rules and limits added, removed and changed, each with a
/// sentence that is made of what they say.
///
/// It is no comparison of texts. A rule is told by its id, a class by its name, a limit by the projects that it is about;
/// in which order they stand, or how their selectors are written, is no difference unless it makes one.
public struct PolicyDifference: Codable, Sendable, Hashable {
  /// What became of something.
  public enum Change: String, Codable, Sendable, CaseIterable {
    /// It is there now.
    case added
    /// It is there no more.
    case removed
    /// It says something else.
    case changed
  }

  /// Something that one field says, before and after.
  public struct Field: Codable, Sendable, Hashable {
    /// The field: `places`.
    public var field: String
    /// What it said; what holds without it, where it was not given.
    public var before: LocalizedText
    /// What it says.
    public var after: LocalizedText
    /// The same as people read it.
    public var sentence: LocalizedText
  }

  /// One element of the policy that differs.
  public struct Entry: Codable, Sendable, Hashable {
    /// Which part of the policy it belongs to.
    public var part: PolicyPart
    /// Its name in that part; nil for parts that stand once.
    public var name: String?
    /// What became of it.
    public var change: Change
    /// The fields that differ, where it was there and is.
    public var fields: [Field]
    /// What people read.
    public var sentence: LocalizedText
  }

  /// By part, then by name.
  public var entries: [Entry]

  /// Whether both policies say the same.
  public var isEmpty: Bool { entries.isEmpty }

  /// What is different in `after`.
  public init(from before: PolicySpec, to after: PolicySpec) {
    let (old, new) = (PolicyElements(before, beside: after), PolicyElements(after, beside: before))
    entries = PolicyPart.allCases.flatMap { part in
      let (left, right) = (old[part], new[part])
      return Set(left.keys).union(right.keys).sorted().compactMap { Self.entry(part, left[$0], right[$0]) }
    }
  }

  private static func entry(_ part: PolicyPart, _ before: PolicyElement?, _ after: PolicyElement?) -> Entry? {
    guard let present = after ?? before else { return nil }
    let fields = present.facets.indices.compactMap { field(at: $0, before, after) }
    let change: Change = before == nil ? .added : after == nil ? .removed : .changed
    guard change != .changed || !fields.isEmpty else { return nil }
    let subject = part.subject(present.title)
    let what = (fr: fields.map(\.sentence.fr), en: fields.map { $0.sentence.en ?? $0.sentence.fr })
    func told(_ fr: String, _ en: String) -> LocalizedText {
      let tail = { (parts: [String], colon: String) in
        parts.isEmpty ? "." : "\(colon)\(parts.joined(separator: " ; "))."
      }
      return LocalizedText(
        fr: "\(subject.fr) \(fr)\(tail(what.fr, " : "))",
        en: "\(subject.en ?? subject.fr) \(en)\(tail(what.en, ": ").replacing(" ; ", with: "; "))")
    }
    let sentence =
      switch change {
      case .added: told("est ajoutée", "is added")
      case .removed: told("est retirée", "is removed")
      case .changed: told("change", "changes")
      }
    return Entry(part: part, name: present.name, change: change, fields: fields, sentence: sentence)
  }

  /// The difference in one field; of something that is only on one side, all that it says.
  static func field(at index: Int, _ before: PolicyElement?, _ after: PolicyElement?) -> Field? {
    guard let facet = (after ?? before)?.facets[index] else { return nil }
    let (old, new) = (before?.facets[index].value, after?.facets[index].value)
    guard old != new else { return nil }
    let (from, to) = (old ?? facet.absence, new ?? facet.absence)
    let isOneSided = before == nil || after == nil
    let (left, right) = (from.english, to.english)
    let sentence =
      isOneSided
      ? LocalizedText(
        fr: "\(facet.name.fr) : \((new ?? from).fr)", en: "\(facet.name.english): \((new ?? from).english)")
      : LocalizedText(fr: "\(facet.name.fr) : \(from.fr) → \(to.fr)", en: "\(facet.name.english): \(left) → \(right)")
    return Field(field: facet.field, before: from, after: to, sentence: sentence)
  }
}

extension LocalizedText {
  /// The English text; the French one where there is no other.
  var english: String { en ?? fr }
}
