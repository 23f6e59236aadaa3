import Events
import Foundation
import Model

/// Identifiers in the order of time: rows that are written together lie together in an index, and the log needs not say
/// pages whole that hold one new entry each. What namespaces are named after is no such identifier.
extension UUID {
  /// RFC 9562, version 4: chance. Foundation opens a file for each of its own, which every decision would wait for.
  static func random() -> UUID {
    var system = SystemRandomNumberGenerator()
    let (first, second): (UInt64, UInt64) = (system.next(), system.next())
    var bytes = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).uuid
    withUnsafeMutableBytes(of: &bytes) { bytes in
      bytes.storeBytes(of: first, as: UInt64.self)
      bytes.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
    }
    bytes.6 = 0x40 | bytes.6 & 0x0F
    bytes.8 = 0x80 | bytes.8 & 0x3F
    return UUID(uuid: bytes)
  }

  /// RFC 9562, version 7: milliseconds, then their 4096ths, then chance.
  ///
  /// - Parameter chance: a random identifier.
  static func ordered(at moment: Timestamp, _ chance: UUID) -> UUID {
    let (milliseconds, rest) = split(moment)
    var bytes = chance.uuid
    (bytes.0, bytes.1, bytes.2) = (byte(milliseconds, 5), byte(milliseconds, 4), byte(milliseconds, 3))
    (bytes.3, bytes.4, bytes.5) = (byte(milliseconds, 2), byte(milliseconds, 1), byte(milliseconds, 0))
    (bytes.6, bytes.7) = (0x70 | byte(rest, 1), byte(rest, 0))
    bytes.8 = 0x80 | bytes.8 & 0x3F
    return UUID(uuid: bytes)
  }

  /// For placements: their first byte is the bucket of a digest (``Events/DigestBook``), and so left to chance. RFC 9562,
  /// version 8: after it the milliseconds, but for their last byte, which stands behind the version.
  static func orderedInBucket(at moment: Timestamp, _ chance: UUID) -> UUID {
    let (milliseconds, _) = split(moment)
    var bytes = chance.uuid
    (bytes.1, bytes.2, bytes.3) = (byte(milliseconds, 5), byte(milliseconds, 4), byte(milliseconds, 3))
    (bytes.4, bytes.5) = (byte(milliseconds, 2), byte(milliseconds, 1))
    (bytes.6, bytes.7) = (0x80 | bytes.6 & 0x0F, byte(milliseconds, 0))
    bytes.8 = 0x80 | bytes.8 & 0x3F
    return UUID(uuid: bytes)
  }

  private static func split(_ moment: Timestamp) -> (milliseconds: Int64, rest: Int64) {
    let (milliseconds, rest) = max(0, moment.microseconds).quotientAndRemainder(dividingBy: 1000)
    return (milliseconds, rest * 4096 / 1000)
  }

  private static func byte(_ number: Int64, _ place: Int64) -> UInt8 {
    UInt8(truncatingIfNeeded: number >> (8 * place))
  }
}
