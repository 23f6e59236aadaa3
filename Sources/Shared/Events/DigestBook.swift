public import Foundation

/// The states of a zone, the latest of each placement, with digests over them in 256 buckets (protocol rules 10 and 15).
///
/// A placement belongs to the bucket that the first byte of its identifier names. Whatever changes costs the same, however
/// many placements there are.
public struct DigestBook: Sendable {
  /// Buckets of a zone, for life.
  public static let bucketCount = 256

  /// What the book holds of a placement.
  public struct Entry: Sendable, Hashable {
    /// The version.
    public var version: StateVersion
    /// The digest of the bytes as carried.
    public var content: ContentDigest
  }

  private var entries: [UUID: Entry] = [:]
  /// One digest per bucket.
  public private(set) var buckets = [SetDigest](repeating: SetDigest(), count: Self.bucketCount)

  /// An empty book.
  public init() {}

  /// How many placements there are.
  public var count: Int { entries.count }

  /// The bucket of a placement.
  public static func bucket(of placement: UUID) -> Int { Int(placement.uuid.0) }

  /// What is held of a placement.
  public subscript(placement: UUID) -> Entry? { entries[placement] }

  /// The placements that are held in these buckets, in no order.
  public func placements(in buckets: [Int]) -> [UUID] {
    let wanted = Set(buckets)
    return entries.keys.filter { wanted.contains(Self.bucket(of: $0)) }
  }

  /// Puts a state in the place of whatever was held of its placement.
  public mutating func set(_ placement: UUID, version: StateVersion, content: ContentDigest) {
    remove(placement)
    entries[placement] = Entry(version: version, content: content)
    buckets[Self.bucket(of: placement)] += SetDigest(placement: placement, version: version, content: content)
  }

  /// Takes a placement out.
  public mutating func remove(_ placement: UUID) {
    guard let entry = entries.removeValue(forKey: placement) else { return }
    buckets[Self.bucket(of: placement)] -= SetDigest(
      placement: placement, version: entry.version, content: entry.content)
  }

  /// The buckets in which the set is another one than digests made elsewhere say, in their order.
  public func differing(from others: [SetDigest]) -> [Int] {
    zip(buckets, others).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
  }
}
