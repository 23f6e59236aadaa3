/// What came of looking at the whole audit trail.
public struct AuditVerification: Sendable, Hashable {
  /// How many entries are in the chain.
  public let entries: Int
  /// The chain's end, as its own row says.
  public let head: AuditHead
  /// The last position that was anchored on the bus.
  public let anchoredPosition: Int64
  /// What is wrong.
  public let findings: [AuditFinding]
  /// How many more findings there are.
  public let findingsOmitted: Int
  /// Where names were erased by the rule.
  public let erased: [AuditErasure]
  /// Entries that wait for the sealer: nothing vouches for them yet.
  public let unsealed: Int64
  /// How long the oldest of them waits.
  public let oldestUnsealedAge: Duration?

  /// What a verifier has found that was told where the chain ends.
  public init(
    _ verifier: AuditVerifier, head: AuditHead, anchoredPosition: Int64, unsealed: Int64, oldestUnsealedAge: Duration?
  ) {
    entries = verifier.entries
    self.head = head
    self.anchoredPosition = anchoredPosition
    findings = verifier.findings
    findingsOmitted = verifier.findingsOmitted
    erased = verifier.erased
    self.unsealed = unsealed
    self.oldestUnsealedAge = oldestUnsealedAge
  }

  /// Whether nothing is wrong. Entries that wait to be sealed are not wrong.
  public var isSound: Bool { findings.isEmpty }
}
