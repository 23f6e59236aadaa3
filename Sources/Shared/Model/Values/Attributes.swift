/// What is known of a project, a place or a chain. An attribute may have several values.
///
/// A key with no value says *there are none*; an absent key says *unknown*.
public struct Attributes: Sendable, Hashable {
  /// The values of each attribute.
  public var values: [String: [String]]

  /// Attributes with their values.
  public init(_ values: [String: [String]] = [:]) { self.values = values }

  /// The values of an attribute, or nil where it is unknown.
  public subscript(key: String) -> [String]? {
    get { values[key] }
    set { values[key] = newValue }
  }
}
