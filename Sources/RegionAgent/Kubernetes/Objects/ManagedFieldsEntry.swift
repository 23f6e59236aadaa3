/// The fields that one manager wrote.
public struct ManagedFieldsEntry: Sendable, Hashable, Codable {
  /// The field manager.
  public var manager: String
  /// `Apply` or `Update`.
  public var operation: String
  /// The version in which the fields are named.
  public var apiVersion: String?
  /// When it last wrote, RFC 3339.
  public var time: String?
  /// The subresource it wrote through, as `status`.
  public var subresource: String?
  /// The fields, as nested `f:NAME` members.
  public var fieldsV1: JSONValue?

  /// An entry.
  public init(
    manager: String, operation: String, apiVersion: String? = nil, time: String? = nil, subresource: String? = nil,
    fieldsV1: JSONValue? = nil
  ) {
    self.manager = manager
    self.operation = operation
    self.apiVersion = apiVersion
    self.time = time
    self.subresource = subresource
    self.fieldsV1 = fieldsV1
  }

  /// Whether the manager owns the field at `path`, or something below it.
  public func owns(_ path: [String]) -> Bool {
    var node = fieldsV1
    for name in path { node = node?["f:\(name)"] }
    return node != nil
  }
}
