/// A CloudEvents 1.0 event in the Kafka binary binding: attributes are `ce_…` headers, `data` is the record's value
/// exactly as carried.
public struct CloudEvent: Sendable, Hashable {
  /// A record's header, in the order of the record.
  public struct Header: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The bytes; a header may have none.
    public var value: [UInt8]?

    /// A header.
    public init(_ name: String, _ value: [UInt8]?) {
      self.name = name
      self.value = value
    }
  }

  /// Unique per `source`.
  public var id: String
  /// Who says it: a URI reference.
  public var source: String
  /// What it says; see ``EventType``.
  public var type: String
  /// When it was published.
  public var time: Timestamp
  /// What it is about: a record's key.
  public var subject: String
  /// Other attributes, by name without `ce_`: lower-case letters and digits.
  public var extensions: [String: String]
  /// The data, byte for byte.
  public var data: [UInt8]

  /// An event.
  public init(
    id: String, source: String, type: String, time: Timestamp, subject: String, extensions: [String: String] = [:],
    data: [UInt8]
  ) {
    self.id = id
    self.source = source
    self.type = type
    self.time = time
    self.subject = subject
    self.extensions = extensions
    self.data = data
  }

  /// The record's headers, core attributes first, then extensions by name.
  public var headers: [Header] {
    let core = [
      ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", source), ("ce_type", type),
      ("ce_time", time.description), ("ce_subject", subject), ("ce_dataschema", EventType.schema(of: type)),
      ("ce_partitionkey", subject),
    ]
    let extra = extensions.sorted { $0.key < $1.key }.map { ("ce_\($0.key)", $0.value) }
    return (core + extra + [("content-type", "application/json")]).map { Header($0.0, Array($0.1.utf8)) }
  }

  /// Reads an event from a record.
  ///
  /// - Throws: ``EventRejection`` that names the missing or malformed attribute.
  public init(headers: [Header], data: [UInt8]) throws(EventRejection) {
    var attributes: [String: String] = [:]
    for header in headers where header.name.hasPrefix("ce_") {
      let name = String(header.name.dropFirst(3))
      guard let value = header.value, let text = String(validating: value, as: UTF8.self) else {
        throw EventRejection(.malformed, "the header \(header.name) is not UTF-8 text")
      }
      // CloudEvents 1.0, type system: none in a String, nor anything but letters and digits in a name.
      guard !ControlCharacters.stand(in: value), !ControlCharacters.stand(in: Array(name.utf8)) else {
        throw EventRejection(.malformed, "the header \(header.name) holds control characters; CloudEvents allows none")
      }
      guard attributes.updateValue(text, forKey: name) == nil else {
        throw EventRejection(.malformed, "the header \(header.name) stands twice")
      }
    }
    func take(_ name: String) throws(EventRejection) -> String {
      guard let value = attributes.removeValue(forKey: name) else {
        throw EventRejection(.malformed, "the header ce_\(name) is missing")
      }
      return value
    }
    let version = try take("specversion")
    guard version == "1.0" else {
      throw EventRejection(.malformed, "CloudEvents \(version) is not known; 1.0 would be")
    }
    let time = try take("time")
    guard let moment = Timestamp(time) else {
      throw EventRejection(.malformed, "ce_time “\(time)” is not an RFC 3339 moment in UTC")
    }
    self.init(
      id: try take("id"), source: try take("source"), type: try take("type"), time: moment,
      subject: try take("subject"), data: data)
    attributes["dataschema"] = nil
    attributes["partitionkey"] = nil
    self.extensions = attributes
  }
}
