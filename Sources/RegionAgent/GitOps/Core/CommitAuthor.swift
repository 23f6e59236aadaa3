/// Who commits.
public struct CommitAuthor: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The address.
  public let email: String

  /// An author.
  ///
  /// - Throws: ``GitOpsInputError`` when Git would not take the name or address.
  public init(name: String, email: String) throws(GitOpsInputError) {
    for (field, text) in [("author name", name), ("author address", email)] {
      let isTaken =
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !"<>".unicodeScalars.contains($0) }
      guard isTaken else {
        throw GitOpsInputError(field: field, found: text, accepted: "text of one line without < and >")
      }
    }
    self.name = name
    self.email = email
  }
}
