/// A person as the audit trail names one: what is sealed is a pseudonym, and the name stands beside it, so that it can be
/// erased without touching the chain.
///
/// The pseudonym is a digest of the name with chance of its own in each entry. While both are kept, anybody can make sure
/// that the name is the one that was sealed; once they are gone, nobody can try names, or tell which entries were by the
/// same person.
public struct AuditPerson: Sendable, Hashable {
  /// The principal as authenticated.
  public var name: String
  /// 16 bytes of chance.
  public var salt: [UInt8]

  /// How many bytes of chance there are.
  public static let saltLength = 16

  /// How pseudonyms begin; no authenticated principal does.
  public static let prefix = "person:"

  /// What stands for a name that was sealed in clear, before there were pseudonyms, and erased since.
  public static let erased = "person:erased"

  /// What the trail says of other persons than the one who acted.
  public static let unnamed = "person:unnamed"

  /// A person.
  public init(name: String, salt: [UInt8]) {
    self.name = name
    self.salt = salt
  }

  /// What is sealed instead of the name.
  public var pseudonym: String {
    var hash = Hashing("regie.audit.person.v1")
    hash.add(bytes: salt)
    hash.add(text: name)
    return Self.prefix + HexText.encode(hash.finished())
  }

  /// Whether a principal is a person, as against a key, the service itself, or whoever asks where nobody is known.
  public static func isPerson(_ principal: String) -> Bool {
    !principal.hasPrefix("key:") && !principal.hasPrefix("governance:") && principal != "local" && !principal.isEmpty
  }

  /// Whether what is sealed is a pseudonym.
  public static func isPseudonym(_ principal: String) -> Bool { principal.hasPrefix(prefix) }
}
