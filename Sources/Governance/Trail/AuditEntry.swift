public import Events
import Foundation

/// One entry of the audit trail.
public struct AuditEntry: Sendable, Hashable {
  /// Grows with the order of writing; gaps are transactions that were given up.
  public var id: Int64
  /// When, by the database's clock.
  public var at: Timestamp
  /// Who, as it is sealed: for a person a pseudonym (see ``AuditPerson``), unless the entry is older than those.
  public var principal: String
  /// What was done (`created`, `changed`, `deleted`, `decided`, `removed`, …).
  public var action: String
  /// To what kind of thing.
  public var kind: String
  /// To which one.
  public var name: String
  /// The whole entry as it was digested, JSON.
  public var body: [UInt8]
  /// SHA-256 of `body`.
  public var digest: [UInt8]
  /// Who the pseudonym stands for; nil where the principal is no person, or was erased.
  public var person: AuditPerson?
  /// When the person's name was erased by the rule.
  public var erasedAt: Timestamp?
  /// Its place in the chain; nil until it is sealed.
  public var seal: AuditSeal?

  /// An entry.
  public init(
    id: Int64, at: Timestamp, principal: String, action: String, kind: String, name: String, body: [UInt8],
    digest: [UInt8], person: AuditPerson? = nil, erasedAt: Timestamp? = nil, seal: AuditSeal? = nil
  ) {
    self.id = id
    self.at = at
    self.principal = principal
    self.action = action
    self.kind = kind
    self.name = name
    self.body = body
    self.digest = digest
    self.person = person
    self.erasedAt = erasedAt
    self.seal = seal
  }

  /// Who did it, as far as it can be said: the name, or once that is erased the pseudonym.
  public var who: String { person?.name ?? principal }

  /// The digest in hexadecimal digits.
  public var digestText: String { HexText.encode(digest) }

  /// What the body says of who asked, besides the principal, and why; nil where it is not as entries are written.
  public var origin: Origin? { try? JSONDecoder().decode(Origin.self, from: Data(body)) }

  /// What an entry's body says of who asked, besides the principal, and why.
  public struct Origin: Sendable, Hashable, Decodable {
    /// What the principal was to Régie as it asked; absent from entries that were written before this was kept.
    public var roles: [String]?
    /// Why, in the words of whoever asked; absent where nothing was said, or the act's own detail says it.
    public var reason: String?
    /// The trace that the request belonged to, as W3C `traceparent`.
    public var traceparent: String?
  }
}
