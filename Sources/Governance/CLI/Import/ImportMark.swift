import Foundation
import Model

/// What a project's document was before the import asked for anything of it. It stands in an annotation of the document
/// while that bears the import's wishes: so nothing is lost where a run breaks off, however it does, and the next one
/// puts it back.
struct ImportMark: Codable, Sendable, Hashable {
  /// Where it stands.
  static let annotation = "regie.cloud-pi-native.fr/import-before"

  /// What was declared; nil where the service did not have the project.
  var environments: [ProjectSpec.Environment]?
  /// The project's own wishes.
  var preferences: ProjectSpec.Preferences
  /// The environment that is asked for.
  var asked: String
  /// The import's wishes, as they stand in the document.
  var wished: ProjectSpec.Preferences

  /// The mark of a document; nil where it bears none.
  ///
  /// - Throws: `ClientError` where somebody has written something else there.
  init?(of document: Resource<ProjectSpec>) throws {
    guard let text = document.metadata.annotations[Self.annotation] else { return nil }
    do {
      self = try ModelJSON.decoder.decode(ImportMark.self, from: Data(text.utf8))
    } catch {
      throw ClientError.unreadable("\(document.name): \(Self.annotation)")
    }
  }

  /// What is to be put back of a document, to which an environment is asked for with wishes of the import's own.
  ///
  /// - Parameter document: as the service has it; nil where it has none.
  init(
    before document: Resource<ProjectSpec>?, asking environment: String, wishing wishes: ProjectSpec.Preferences
  ) throws {
    (asked, wished) = (environment, wishes)
    guard let document else {
      (environments, preferences) = (nil, ProjectSpec.Preferences())
      return
    }
    let earlier = try ImportMark(of: document)
    environments = earlier.map { $0.environments } ?? document.spec.environments
    preferences = earlier?.own(in: document) ?? document.spec.preferences
  }

  /// The project's own wishes: those that somebody has written into the document since, or else those from before.
  private func own(in document: Resource<ProjectSpec>) -> ProjectSpec.Preferences {
    document.spec.preferences == wished ? preferences : document.spec.preferences
  }

  /// A document without the import's wishes: with all that was declared before, and what is in the ledger since. What
  /// somebody else has written into it meanwhile stays.
  ///
  /// - Parameter placed: the environments that are in the ledger.
  func undone(in document: Resource<ProjectSpec>, placed: Set<String>) -> Resource<ProjectSpec> {
    var document = document
    document.metadata.annotations[Self.annotation] = nil
    document.spec.preferences = own(in: document)
    let present = document.spec.environments.filter { $0.name != asked || placed.contains(asked) }
    let before = environments ?? []
    document.spec.environments =
      before.map { old in present.first { $0.name == old.name } ?? old }
      + present.filter { one in !before.contains { $0.name == one.name } }
    return document
  }

  /// As an annotation's text.
  func text() throws -> String { String(decoding: try ModelJSON.encoder.encode(self), as: UTF8.self) }
}
