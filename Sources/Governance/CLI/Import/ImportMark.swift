import Foundation
import Model

/// What a project's document was before the import asked for anything of it. It stands in an annotation of the document
/// while that bears the import's wishes: so nothing is lost where a run breaks off, however it does, and the next one
/// puts it back.
struct ImportMark: Codable, Sendable, Hashable {
  /// Where it stands.
  static let annotation = "regie.cloud-pi-native.fr/import-before"

  /// How a project's environments are kept apart, and together.
  struct Groups: Codable, Sendable, Hashable {
    var spread: [ProjectSpec.Spread]
    var colocation: [ProjectSpec.Colocation]

    init(of spec: ProjectSpec) { (spread, colocation) = (spec.spread, spec.colocation) }

    /// What of them is of some environments: no document may name others. A group of which none is left goes, for one that
    /// names none means all.
    func among(_ environments: [ProjectSpec.Environment]) -> Groups {
      let names = Set(environments.map(\.name))
      var groups = self
      groups.spread = Self.reduced(spread, \.environments, to: names)
      groups.colocation = Self.reduced(colocation, \.environments, to: names)
      return groups
    }

    private static func reduced<Group>(
      _ groups: [Group], _ members: WritableKeyPath<Group, [String]>, to names: Set<String>
    ) -> [Group] {
      groups.compactMap { group -> Group? in
        let kept = group[keyPath: members].filter { names.contains($0) }
        guard !kept.isEmpty || group[keyPath: members].isEmpty else { return nil }
        var reduced = group
        reduced[keyPath: members] = kept
        return reduced
      }
    }
  }

  /// What was declared; nil where the service did not have the project.
  var environments: [ProjectSpec.Environment]?
  /// The project's own wishes.
  var preferences: ProjectSpec.Preferences
  /// The environment that is asked for.
  var asked: String
  /// The import's wishes, as they stand in the document.
  var wished: ProjectSpec.Preferences
  /// The project's own groups; nil in a mark that was made before they were kept.
  var groups: Groups?
  /// What of them stands in the document.
  var grouped: Groups?

  /// The mark of a document; nil where it bears none.
  ///
  /// - Throws: `ClientError.foreignMark` where somebody has written something else there.
  init?(of document: Resource<ProjectSpec>) throws {
    guard let text = document.metadata.annotations[Self.annotation] else { return nil }
    do {
      self = try ModelJSON.decoder.decode(ImportMark.self, from: Data(text.utf8))
    } catch {
      throw ClientError.foreignMark(document.name)
    }
  }

  /// What is to be put back of a document, to which an environment is asked for with wishes of the import's own.
  ///
  /// - Parameters:
  ///   - document: as the service has it; nil where it has none.
  ///   - project: as the import has it.
  init(
    before document: Resource<ProjectSpec>?, of project: Resource<ProjectSpec>, asking environment: String,
    wishing wishes: ProjectSpec.Preferences
  ) throws {
    (asked, wished) = (environment, wishes)
    let said = Groups(of: project.spec)
    guard let document else {
      (environments, preferences, groups) = (nil, ProjectSpec.Preferences(), said)
      return
    }
    let earlier = try ImportMark(of: document)
    environments = earlier.map { $0.environments } ?? document.spec.environments
    preferences = earlier?.own(in: document) ?? document.spec.preferences
    var present = Groups(of: document.spec)
    // An earlier import could store no more of what the facts say than is of the environments that it had reserved.
    if said.among(document.spec.environments).spread == present.spread { present.spread = said.spread }
    groups = earlier?.ownGroups(in: document) ?? present
  }

  /// Leaves in a document what of the project's own groups is of the environments that it names.
  mutating func group(_ document: inout Resource<ProjectSpec>) {
    let kept = (groups ?? Groups(of: document.spec)).among(document.spec.environments)
    (document.spec.spread, document.spec.colocation) = (kept.spread, kept.colocation)
    grouped = kept
  }

  /// The project's own wishes: those that somebody has written into the document since, or else those from before.
  private func own(in document: Resource<ProjectSpec>) -> ProjectSpec.Preferences {
    document.spec.preferences == wished ? preferences : document.spec.preferences
  }

  /// The project's own groups, in the same way.
  private func ownGroups(in document: Resource<ProjectSpec>) -> Groups {
    let present = Groups(of: document.spec)
    return present == grouped ? groups ?? present : present
  }

  /// A document without the import's wishes: with all that was declared before, and what is in the ledger since. What
  /// somebody else has written into it meanwhile stays.
  ///
  /// - Parameters:
  ///   - placed: the environments that are in the ledger.
  ///   - new: what is declared of a project that the service did not have, besides what is in the ledger.
  func undone(
    in document: Resource<ProjectSpec>, placed: Set<String>, declaring new: [ProjectSpec.Environment] = []
  ) -> Resource<ProjectSpec> {
    let (wishes, groups) = (own(in: document), ownGroups(in: document))
    var document = document
    document.metadata.annotations[Self.annotation] = nil
    document.spec.preferences = wishes
    let present = document.spec.environments.filter { $0.name != asked || placed.contains(asked) }
    let before = environments ?? new
    document.spec.environments =
      before.map { old in present.first { $0.name == old.name } ?? old }
      + present.filter { one in !before.contains { $0.name == one.name } }
    let kept = groups.among(document.spec.environments)
    (document.spec.spread, document.spec.colocation) = (kept.spread, kept.colocation)
    return document
  }

  /// As an annotation's text.
  func text() throws -> String { String(decoding: try ModelJSON.encoder.encode(self), as: UTF8.self) }
}
