public import Model

/// What the operator of the clusters allows, whatever governance decides and signs: a file of the operator's own, which the
/// agent obeys and tells in its heartbeats. What is not said is not restricted.
public struct GuardPolicy: Codable, Sendable, Hashable {
  /// Sensitivities that may be placed here.
  public var sensitivities: [Sensitivity]?
  /// Organisations whose projects may be placed here.
  public var organisations: [String]?
  /// Patterns, of which a namespace's name must match one; `*` stands for any characters.
  public var namespaces: [String]?
  /// What one placement may use at the most. A resource with a ceiling must be limited.
  public var quota: ResourceList?
  /// Whether namespaces may be removed; they may where nothing is said.
  public var removals: Bool?

  /// A guard.
  public init(
    sensitivities: [Sensitivity]? = nil, organisations: [String]? = nil, namespaces: [String]? = nil,
    quota: ResourceList? = nil, removals: Bool? = nil
  ) {
    self.sensitivities = sensitivities
    self.organisations = organisations
    self.namespaces = namespaces
    self.quota = quota
    self.removals = removals
  }

  /// Reads a guard in YAML or JSON, strictly: a misspelt field would restrict nothing.
  ///
  /// - Throws: every problem found, with the field at fault and what is accepted.
  public static func read(_ text: String) throws(DocumentErrors) -> GuardPolicy {
    let document = try DocumentText(text)
    let found = try document.decode(GuardPolicy.self)
    let problems = [("organisations", found.organisations ?? []), ("namespaces", found.namespaces ?? [])]
      .flatMap { name, texts in
        texts.indices.filter { texts[$0].isEmpty }.map { index in
          FieldProblem(
            path: "\(name)[\(index)]", message: "an empty text matches nothing",
            messageFR: "un texte vide ne désigne rien", value: "", accepted: "a name")
        }
      }
    guard problems.isEmpty else { throw DocumentErrors(document.located(problems)) }
    return found
  }
}
