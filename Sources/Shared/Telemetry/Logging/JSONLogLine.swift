import Logging

/// One log event, and how it reads as a line of JSON.
struct JSONLogLine {
  var time: WallTime
  var level: Logger.Level
  var label: String
  var message: String
  var source: String
  var error: String?
  var metadata: Logger.Metadata

  /// Keys that the line itself owns; metadata of the same name is written as `metadata.<name>`, so that no
  /// caller can forge the level or the time of a line.
  static let ownKeys: Set<String> = ["timestamp", "level", "logger", "message", "source", "error"]

  /// The object and a final newline; keys in a fixed order, metadata sorted.
  func render() -> [UInt8] {
    var json = JSONWriter(reserving: 192 + message.utf8.count + 32 * metadata.count)
    json.beginObject()
    json.member("timestamp", time.rfc3339)
    json.member("level", level.rawValue)
    json.member("logger", label)
    json.member("message", message)
    json.member("source", source)
    if let error { json.member("error", error) }
    for (key, value) in flattened() {
      json.key(key)
      Self.write(value, to: &json)
    }
    json.endObject()
    return json.bytes + [UInt8(ascii: "\n")]
  }

  /// `["a": ["b": "c"]]` becomes `a.b`; a key that two ways of nesting both produce is kept once, the last in order.
  private func flattened() -> [(key: String, value: Logger.MetadataValue)] {
    var flat: Logger.Metadata = [:]
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      Self.flatten(key: Self.ownKeys.contains(key) ? "metadata.\(key)" : key, value, into: &flat)
    }
    return flat.sorted { $0.key < $1.key }
  }

  private static func flatten(key: String, _ value: Logger.MetadataValue, into flat: inout Logger.Metadata) {
    guard case .dictionary(let inner) = value else {
      flat[key] = value
      return
    }
    for (innerKey, innerValue) in inner.sorted(by: { $0.key < $1.key }) {
      flatten(key: "\(key).\(innerKey)", innerValue, into: &flat)
    }
  }

  private static func write(_ value: Logger.MetadataValue, to json: inout JSONWriter) {
    switch value {
    case .string(let text): json.string(text)
    case .stringConvertible(let convertible): write(convertible, to: &json)
    case .array(let values):
      json.beginArray()
      for value in values { write(value, to: &json) }
      json.endArray()
    case .dictionary(let members):
      json.beginObject()
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        json.key(key)
        write(member, to: &json)
      }
      json.endObject()
    }
  }

  /// Numbers and booleans stay what they are, so that they can be compared and summed where logs are searched.
  private static func write(_ value: any CustomStringConvertible, to json: inout JSONWriter) {
    switch value {
    case let flag as Bool: json.literal(flag ? "true" : "false")
    case let number as any BinaryInteger: json.literal(String(describing: number))
    case let number as Double where number.isFinite: json.literal(number.description)
    default: json.string(value.description)
    }
  }
}
