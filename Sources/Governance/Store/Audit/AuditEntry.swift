public import Events

/// One entry of the audit trail.
public struct AuditEntry: Sendable, Hashable {
  /// Grows with the order of writing; gaps are transactions that were given up.
  public let id: Int64
  /// When, by the database's clock.
  public let at: Timestamp
  /// Who.
  public let principal: String
  /// What was done (`created`, `changed`, `deleted`, `decided`, `removed`, …).
  public let action: String
  /// To what kind of thing.
  public let kind: String
  /// To which one.
  public let name: String
  /// The whole entry as it was digested, JSON.
  public let body: [UInt8]
  /// SHA-256 of `body`.
  public let digest: [UInt8]
  /// Its place in the chain; nil until it is sealed.
  public let position: Int64?
}
