/// One change, as a watch tells it.
public enum WatchEvent<Value: Decodable & Sendable>: Sendable {
  /// An object was made, or has come to match the query.
  case added(Observed<Value>)
  /// An object changed.
  case modified(Observed<Value>)
  /// An object is gone, or no longer matches; its last state.
  case deleted(Observed<Value>)
  /// Nothing happened up to this version.
  case bookmark(resourceVersion: String)
  /// The watch failed on the server's side and ends; code 410 wants a new list.
  case error(Status)
}

extension WatchEvent: Equatable where Value: Equatable {}

extension WatchEvent: Decodable {
  private enum CodingKeys: CodingKey { case type, object }

  private struct Bookmark: Decodable {
    struct Metadata: Decodable { var resourceVersion: String }
    var metadata: Metadata
  }

  /// Decodes one line of a watch.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let type = try container.decode(String.self, forKey: .type)
    func object() throws -> Observed<Value> { try container.decode(Observed<Value>.self, forKey: .object) }
    switch type {
    case "ADDED": self = .added(try object())
    case "MODIFIED": self = .modified(try object())
    case "DELETED": self = .deleted(try object())
    case "ERROR": self = .error(try container.decode(Status.self, forKey: .object))
    case "BOOKMARK":
      let bookmark = try container.decode(Bookmark.self, forKey: .object)
      self = .bookmark(resourceVersion: bookmark.metadata.resourceVersion)
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .type, in: container, debugDescription: "unknown type of event \(type)")
    }
  }
}
