import Contract

/// What came of looking at an exported trail.
struct AuditFileVerification: Codable, Sendable, Hashable {
  /// Something that is not as it was exported.
  struct Finding: Codable, Sendable, Hashable {
    /// Of the chain: `gap`, `order`, `body`, `entry`, `linkage`, `person`, `erasure` or `head`. Of anchors: `anchor`.
    /// Of the file: `line` for one that can not be read, `cut` where the end is missing, `end` where it says something
    /// else than what is there, `damage` where bytes have changed.
    var kind: String
    /// Where in the chain.
    var position: Int64
    /// The entry's id, where there is one.
    var entry: Int64?
    /// The line of the file, where it is about one.
    var line: Int?
    /// What is wrong, for people.
    var message: String
  }

  /// Anchors that were compared.
  struct Anchors: Codable, Sendable, Hashable {
    /// How many agree.
    var agreeing: Int
    /// The last position that one of them vouches for.
    var position: Int64
    /// Whether their signatures were checked.
    var verified: Bool
    /// How many are from before the export begins: there is nothing to compare them with.
    var outside: Int
    /// How many were signed with a key that is not given: they say nothing for or against.
    var unknownKey: Int
    /// How many entries come after the last position: nothing but the file vouches for them.
    var beyond: Int64
    /// Those from elsewhere that say nothing of this trail, as a recovery has ended their life of the database.
    var lost: [Lost] = []
  }

  /// Anchors of a life of the database that was lost.
  struct Lost: Codable, Sendable, Hashable {
    /// Where in the chain the recovery is told of.
    var position: Int64
    /// Up to where the anchors of that life had to agree, and did.
    var kept: Int64
    /// How many come after that, and do not.
    var anchors: Int
  }

  /// Whether nothing is wrong.
  var sound: Bool
  /// How many entries there are.
  var entries: Int
  /// The first position.
  var from: Int64
  /// The last position.
  var position: Int64
  /// The link of the last entry, hexadecimal.
  var link: String
  /// What vouches for it besides itself.
  var anchors: Anchors
  /// Where names were erased by the rule.
  var erased: [AuditVerificationView.Erased]
  /// What is wrong, in the chain's order: the first is the first that is wrong.
  var findings: [Finding]
  /// How many more findings there are.
  var findingsOmitted: Int
}
