/// A set of site numbers, written as ranges: `0-57,60`.
public struct SiteRanges: Codable, Sendable, Hashable, CustomStringConvertible {
  /// The ranges, ascending and apart from each other.
  public private(set) var ranges: [ClosedRange<Int>]

  /// The set of `sites`, which ascend.
  public init(_ sites: some Sequence<Int>) {
    ranges = []
    for site in sites {
      if let last = ranges.last, last.upperBound + 1 == site {
        ranges[ranges.count - 1] = last.lowerBound...site
      } else {
        ranges.append(site...site)
      }
    }
  }

  /// How many sites there are.
  public var count: Int { ranges.reduce(0) { $0 + $1.count } }
  /// The sites, ascending.
  public var sites: [Int] { ranges.flatMap(Array.init) }
  /// Whether a site is among them.
  public func contains(_ site: Int) -> Bool { ranges.contains { $0.contains(site) } }

  /// `0-57,60`.
  public var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }

  /// Reads the text form.
  ///
  /// - Throws: `DecodingError` that shows the text and the form wanted.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    var ranges: [ClosedRange<Int>] = []
    for part in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0).map(Int.init) }
      guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
        first > ranges.last?.upperBound ?? -1
      else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "“\(text)” is no ascending list of ranges like 0-57,60")
      }
      ranges.append(first...last)
    }
    self.ranges = ranges
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
