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
  /// The body is bound through its digest.
  public static func link(after previous: [UInt8], position: Int64, entry: AuditEntry) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: Array(tag.utf8))
    hash.update(data: previous)
    for number in [position, entry.id, entry.at.microseconds] { hash.update(data: bigEndian(number)) }
    for text in [entry.principal, entry.action, entry.kind, entry.name] {
      let bytes = Array(text.utf8)
      hash.update(data: bigEndian(UInt32(truncatingIfNeeded: bytes.count)))
      hash.update(data: bytes)
    }
    hash.update(data: entry.digest)
    return Array(hash.finalize())
  }

  /// The places of `entries`, in their order, after `head`.
  static func seals(of entries: [AuditEntry], after head: AuditHead) -> [(
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

  private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
