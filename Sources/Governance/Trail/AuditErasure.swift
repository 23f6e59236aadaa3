public import Events
import Foundation

/// What the trail says of names that were erased by the rule: the detail of an entry of its own, so that the chain vouches
/// for the erasure as for everything else that is done.
public struct AuditErasure: Codable, Sendable, Hashable {
  /// The action of such an entry.
  public static let action = "names-erased"
  /// What kind of thing it is about.
  public static let kind = "AuditTrail"
  /// Which one.
  public static let name = "names"
  /// Who erases: the rule; nobody asks for it.
  public static let principal = "governance:clock"
  /// The fewest days that the rule may keep names: disputes about a decision come within a year.
  public static let shortestDays = 365
  /// The most days.
  public static let longestDays = 36_500

  /// An entry whose name was sealed in clear, and of which something else had to go.
  public struct Rewritten: Codable, Sendable, Hashable {
    /// Its place in the chain.
    public var position: Int64
    /// ``AuditErasure/remains(of:)``, hexadecimal: what is left of it can not be changed any more.
    public var remains: String

    /// A rewritten entry.
    public init(position: Int64, remains: String) {
      self.position = position
      self.remains = remains
    }
  }

  /// The first position that was looked at.
  public var from: Int64
  /// The last one.
  public var to: Int64
  /// Only names in entries before this moment were erased.
  public var before: Timestamp
  /// How many days the rule keeps a name.
  public var days: Int
  /// How many names went.
  public var names: Int
  /// Entries from before there were pseudonyms, in the chain's order.
  public var rewritten: [Rewritten]

  /// An erasure.
  public init(from: Int64, to: Int64, before: Timestamp, days: Int, names: Int, rewritten: [Rewritten]) {
    self.from = from
    self.to = to
    self.before = before
    self.days = days
    self.names = names
    self.rewritten = rewritten
  }

  /// What an entry says of an erasure; nil where it tells of something else, or not as such entries do.
  public init?(_ entry: AuditEntry) {
    guard entry.action == Self.action, entry.kind == Self.kind,
      let told = try? JSONDecoder().decode(Told.self, from: Data(entry.body)), told.detail.from <= told.detail.to
    else { return nil }
    self = told.detail
  }

  private struct Told: Decodable {
    var detail: AuditErasure
  }

  /// What is left of an entry of which a person's name was sealed in clear. Its digest and link stay: they are the chain's.
  ///
  /// - Returns: nil where it holds no such name.
  public static func rewritten(_ entry: AuditEntry) -> AuditEntry? {
    guard entry.person == nil, !AuditPerson.isPseudonym(entry.principal), AuditPerson.isPerson(entry.principal) else {
      return nil
    }
    var rest = entry
    rest.principal = AuditPerson.erased
    rest.body = body(without: entry.principal, entry)
    return rest
  }

  private static func body(without name: String, _ entry: AuditEntry) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Of an operator representatives were named too, and in other words than the principal is.
    guard entry.kind != "Operator", let written = try? encoder.encode(name) else { return Array("{}".utf8) }
    // With its quotation marks: a longer name that begins alike is somebody else's.
    let text = String(decoding: entry.body, as: UTF8.self)
    return Array(text.replacing(String(decoding: written, as: UTF8.self), with: "\"\(AuditPerson.erased)\"").utf8)
  }

  /// SHA-256 over what an entry still says once a name that was sealed in clear is gone from it; its link and place are the
  /// chain's.
  public static func remains(of entry: AuditEntry) -> [UInt8] {
    var hash = Hashing("regie.audit.remains.v1")
    for number in [entry.id, entry.at.microseconds] { hash.add(number) }
    for text in [entry.principal, entry.action, entry.kind, entry.name] { hash.add(text: text) }
    hash.add(bytes: entry.digest)
    hash.add(bytes: Hashing.sha256(entry.body))
    return hash.finished()
  }
}
