public import Model

/// What an offer says that another one does not: operators, chains, regions, zones and clusters added, removed and changed,
/// field by field, each with a sentence. Orders and spellings are no difference.
///
/// Whoever is told knows what is published, and what is within reach: of the rest it is not even told that it differs.
public struct OfferDifference: Sendable, Hashable {
  /// Something that differs.
  public struct Entry: Sendable, Hashable {
    /// Which part of the offer it belongs to.
    public var part: OfferPart
    /// Its name.
    public var name: String
    /// What became of it.
    public var change: PolicyDifference.Change
    /// The fields that differ; of something that was added or removed, all that it says.
    public var fields: [PolicyDifference.Field]
    /// What people read.
    public var sentence: LocalizedText
  }

  /// By part, then by name.
  public var entries: [Entry]

  /// What is different in `after`, for whoever has this reach.
  public init(from before: OfferState, to after: OfferState, reach: CapacityReach) {
    entries = OfferPart.allCases.flatMap { part in
      before.names(part).union(after.names(part)).sorted().compactMap { name in
        // What has changed hands is an affair of both.
        let owners = [before, after].compactMap { $0.owner(part, name) }
        let isInside = owners.allSatisfy(reach.includesInternals)
        return Self.entry(
          part, name, before.element(part, name, isInside: isInside), after.element(part, name, isInside: isInside))
      }
    }
  }

  private static func entry(
    _ part: OfferPart, _ name: String, _ before: PolicyElement?, _ after: PolicyElement?
  ) -> Entry? {
    guard let present = after ?? before else { return nil }
    let fields = present.facets.indices.compactMap { PolicyDifference.field(at: $0, before, after) }
    let change: PolicyDifference.Change = before == nil ? .added : after == nil ? .removed : .changed
    guard change != .changed || !fields.isEmpty else { return nil }
    let sentence = part.sentence(name, change)
    func told(_ start: String, _ what: [String], colon: String, between: String) -> String {
      start + (what.isEmpty ? "." : "\(colon)\(what.joined(separator: between)).")
    }
    return Entry(
      part: part, name: name, change: change, fields: fields,
      sentence: LocalizedText(
        fr: told(sentence.fr, fields.map(\.sentence.fr), colon: " : ", between: " ; "),
        en: told(sentence.english, fields.map(\.sentence.english), colon: ": ", between: "; ")))
  }
}
