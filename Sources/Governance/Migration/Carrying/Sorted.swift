/// A set that is written in one order, so that the same state has the same bytes.
@propertyWrapper
public struct Sorted<Element: RawRepresentable & Hashable & Codable & Sendable>: Codable, Sendable, Hashable
where Element.RawValue == String {
  /// The set.
  public var wrappedValue: Set<Element>

  /// A set.
  public init(wrappedValue: Set<Element>) { self.wrappedValue = wrappedValue }

  /// Reads a list.
  public init(from decoder: any Decoder) throws { wrappedValue = Set(try [Element](from: decoder)) }

  /// Writes a list, by the raw values.
  public func encode(to encoder: any Encoder) throws {
    try wrappedValue.sorted { $0.rawValue < $1.rawValue }.encode(to: encoder)
  }
}
