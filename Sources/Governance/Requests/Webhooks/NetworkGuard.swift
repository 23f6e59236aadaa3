import Foundation

/// Which addresses deliveries may go to: whoever names a destination must not reach through Régie what he can not reach
/// himself.
public struct NetworkGuard: Sendable, Hashable {
  /// A block of addresses.
  public struct Block: Sendable, Hashable {
    let bytes: [UInt8]
    let length: Int

    /// Reads `10.0.0.0/8` or `fd00::/8`; nil where it is neither.
    public init?(_ text: String) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, let bytes = NetworkGuard.bytes(String(parts[0])), let length = Int(parts[1]),
        (0...bytes.count * 8).contains(length)
      else { return nil }
      (self.bytes, self.length) = (bytes, length)
    }

    func contains(_ address: [UInt8]) -> Bool {
      guard address.count == bytes.count else { return false }
      return (0..<length).allSatisfy { bit in
        let mask = UInt8(0x80) >> UInt8(bit % 8)
        return address[bit / 8] & mask == bytes[bit / 8] & mask
      }
    }
  }

  /// Whether `http` is allowed beside `https`.
  public var allowsPlain: Bool
  /// Blocks that are allowed although they are not public.
  public var allowed: [Block]

  /// A guard; by itself `https` only, to public addresses only.
  public init(allowsPlain: Bool = false, allowed: [Block] = []) {
    self.allowsPlain = allowsPlain
    self.allowed = allowed
  }

  /// Whether deliveries may go to an address, in digits; what is not understood may not.
  public func permits(_ text: String) -> Bool {
    guard var address = Self.bytes(text) else { return false }
    // IPv4 inside IPv6 is the IPv4 address, whatever way it is written.
    if address.count == 16, let inner = Self.embedded(address) { address = inner }
    if allowed.contains(where: { $0.contains(address) }) { return true }
    return !Self.notPublic.contains { $0.contains(address) }
  }

  /// What is not of the public Internet: private, shared, loopback, link-local (which metadata services of clouds are at),
  /// documentation, multicast and reserved addresses. Of IPv6 only `2000::/3` is given out at all.
  private static let notPublic = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3", "::/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "4000::/2", "8000::/1",
  ].compactMap(Block.init)

  private static func embedded(_ address: [UInt8]) -> [UInt8]? {
    let isMapped = address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xFF && address[11] == 0xFF
    return isMapped ? Array(address[12...]) : nil
  }

  /// Whether a host is an address in digits.
  public static func isAddress(_ host: String) -> Bool { bytes(host) != nil }

  /// The bytes of an address in digits.
  static func bytes(_ text: String) -> [UInt8]? {
    text.contains(":") ? sixteen(text) : four(text)
  }

  private static func four(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    let bytes = parts.compactMap { part -> UInt8? in
      guard part == "0" || part.first != "0", part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      return UInt8(part)
    }
    return bytes.count == 4 ? bytes : nil
  }

  private static func sixteen(_ text: String) -> [UInt8]? {
    // A scope names an interface of this machine.
    guard !text.contains("%") else { return nil }
    let halves = text.components(separatedBy: "::")
    guard halves.count <= 2, let head = groups(halves[0]), let tail = halves.count == 2 ? groups(halves[1]) : []
    else { return nil }
    let missing = 16 - head.count - tail.count
    guard halves.count == 2 ? missing >= 2 : missing == 0 else { return nil }
    return head + [UInt8](repeating: 0, count: missing) + tail
  }

  private static func groups(_ text: String) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    for (place, part) in parts.enumerated() {
      if place == parts.count - 1, part.contains(".") {
        guard let last = four(String(part)) else { return nil }
        bytes += last
      } else {
        guard (1...4).contains(part.count), let group = UInt16(part, radix: 16) else { return nil }
        bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
      }
    }
    return bytes
  }
}
