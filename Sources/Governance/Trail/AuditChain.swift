import Crypto
import Events

/// How sealed entries hang together. Pure: the sealer makes links with it, the verifier makes them again.
///
/// `docs/concepts/audit.md` says the same in words and in SQL, for those who would rather not trust this program.
public enum AuditChain {
  /// What the first entry is linked to: 32 zeros.
  public static let origin = [UInt8](repeating: 0, count: SHA256.byteCount)

  /// Says what is hashed, so that no link can be taken for a hash of something else.
  private static let tag = "regie.audit.link.v1"

  /// SHA-256 over the tag, the link before, and the entry: numbers as 8 bytes, the most significant first, the moment in
  /// microseconds since 1970; texts as UTF-8 after their length in 4 bytes, so that no two entries give the same bytes.
  /// The body is bound through its digest, and a person's name through the pseudonym that stands for it.
  public static func link(after previous: [UInt8], position: Int64, entry: AuditEntry) -> [UInt8] {
    var hash = Hashing(tag)
    hash.add(bytes: previous)
    for number in [position, entry.id, entry.at.microseconds] { hash.add(number) }
    for text in [entry.principal, entry.action, entry.kind, entry.name] { hash.add(text: text) }
    hash.add(bytes: entry.digest)
    return hash.finished()
  }

  /// The places of `entries`, in their order, after `head`.
  public static func seals(of entries: [AuditEntry], after head: AuditHead) -> [(
    id: Int64, previous: [UInt8], head: AuditHead
  )] {
    var last = head
    return entries.map { entry in
      let previous = last.link
      let position = last.position + 1
      last = AuditHead(position: position, link: link(after: previous, position: position, entry: entry))
      return (entry.id, previous, last)
    }
  }
}
