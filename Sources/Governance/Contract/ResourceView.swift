public import Model

/// A resource on offer as whoever asks is told it.
public struct ResourceView: Codable, Sendable, Hashable {
  /// The resource, without what is withheld.
  public var resource: AnyResource
  /// The paths of what is withheld, whether something stands there or not; empty where the resource is whole.
  public var withheld: [String]

  /// A resource.
  public init(_ resource: AnyResource, withheld: [String] = []) {
    self.resource = resource
    self.withheld = withheld
  }

  private struct Status: Codable {
    var withheld: [String]?
  }

  private enum Field: String, CodingKey {
    case status
  }

  /// Reads a resource, and what its status says to be withheld of it.
  public init(from decoder: any Decoder) throws {
    resource = try AnyResource(from: decoder)
    let container = try decoder.container(keyedBy: Field.self)
    withheld = try container.decodeIfPresent(Status.self, forKey: .status)?.withheld ?? []
  }

  /// Writes the resource; where something of it is withheld, with a status that says so.
  public func encode(to encoder: any Encoder) throws {
    try resource.encode(to: encoder)
    guard !withheld.isEmpty else { return }
    var container = encoder.container(keyedBy: Field.self)
    try container.encode(Status(withheld: withheld), forKey: .status)
  }
}

/// Part of the list of a kind.
public struct ResourceListView: Codable, Sendable {
  /// The resources, by name.
  public var items: [ResourceView]
  /// The cursor of the next part; absent at the end.
  public var next: String?
  /// How many of the kind are in no part of the list, because whoever asks is told nothing of them; absent where all are.
  public var withheld: Int?

  /// Part of a list.
  public init(items: [ResourceView], next: String?, withheld: Int) {
    self.items = items
    self.next = next
    self.withheld = withheld > 0 ? withheld : nil
  }
}
