/// Which objects of a kind a list or a watch is about.
public struct ListQuery: Sendable, Hashable {
  /// Only this namespace; nil for all.
  public var namespace: String?
  /// Only objects whose labels match, in Kubernetes' text form: `app=web,tier in (a,b)`.
  public var labelSelector: String?
  /// Only objects whose fields match: `metadata.name=x`.
  public var fieldSelector: String?

  /// A query; everything when nothing is given.
  public init(namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil) {
    self.namespace = namespace
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
  }

  var parameters: [(String, String)] {
    [("labelSelector", labelSelector), ("fieldSelector", fieldSelector)].compactMap { name, value in
      value.map { (name, $0) }
    }
  }
}

/// Objects of one kind at one moment.
public struct ObjectList<Value: Decodable & Sendable>: Sendable, Decodable {
  /// The objects.
  public var items: [Observed<Value>]
  /// The moment; a watch may go on from here.
  public var resourceVersion: String
  /// Where the next page begins; nil after the last.
  public var continueToken: String?
  /// How many objects later pages hold, where the server says so.
  public var remainingItemCount: Int?

  /// A list.
  public init(
    items: [Observed<Value>], resourceVersion: String, continueToken: String? = nil, remainingItemCount: Int? = nil
  ) {
    self.items = items
    self.resourceVersion = resourceVersion
    self.continueToken = continueToken
    self.remainingItemCount = remainingItemCount
  }

  private enum CodingKeys: CodingKey { case items, metadata }

  private struct Metadata: Decodable {
    var resourceVersion: String
    var `continue`: String?
    var remainingItemCount: Int?
  }

  /// Decodes a list; `items: null`, which Go writes for none, is none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let metadata = try container.decode(Metadata.self, forKey: .metadata)
    items = try container.decodeIfPresent([Observed<Value>].self, forKey: .items) ?? []
    resourceVersion = metadata.resourceVersion
    continueToken = metadata.continue.flatMap { $0.isEmpty ? nil : $0 }
    remainingItemCount = metadata.remainingItemCount
  }
}
