/// Who says something of a qualification.
public struct QualificationActor: Sendable, Hashable {
  /// The operator that is spoken for; nil where none is named.
  public var `operator`: String?
  /// The operators that the caller is with in any way, `*` for all.
  public var affiliations: Set<String>
  /// Whether it administers: then it speaks for no operator.
  public var isAdmin: Bool

  /// An actor.
  public init(operator: String?, affiliations: Set<String>, isAdmin: Bool) {
    self.operator = `operator`
    self.affiliations = affiliations
    self.isAdmin = isAdmin
  }

  /// For whom it speaks on a region of `owner`; nil for who administers.
  func speaker(on owner: String) throws(RequestRefusal) -> String? {
    if isAdmin, !affiliations.contains(owner) { return nil }
    guard let speaker = self.operator else {
      throw RequestRefusal(
        .notOperator, path: "operator", "a member of the board speaks for an operator",
        fr: "un membre du comité parle pour un opérateur", accepted: affiliations.sorted().joined(separator: ", "))
    }
    guard speaker != owner, !affiliations.contains(owner), !affiliations.contains("*") else {
      throw RequestRefusal(
        .ownRequest, path: "operator", "“\(owner)” declares it: nobody who is with it judges that",
        fr: "« \(owner) » la déclare : nul qui en relève n’en juge", accepted: "a board member of another operator")
    }
    return speaker
  }
}
