public import Foundation

/// Names and keys on the bus (protocol rule 6).
public enum Topics {
  /// Partitions of a zone's topics, for life.
  public static let partitions: Int32 = 4
  /// Public facts, for readers of any sensitivity: identifiers and digests only.
  public static let events = "regie.events"

  /// The desired states of a zone, compacted.
  public static func desired(zone: String) -> String { "regie.\(zone).desired" }
  /// The zone (its slug) whose desired states a topic of this name holds; nil for any other topic.
  public static func zone(ofDesired topic: String) -> String? {
    let (prefix, suffix) = ("regie.", ".desired")
    guard topic.hasPrefix(prefix), topic.hasSuffix(suffix), topic.count > prefix.count + suffix.count else {
      return nil
    }
    return String(topic.dropFirst(prefix.count).dropLast(suffix.count))
  }
  /// The observations of a zone, compacted.
  public static func observed(zone: String) -> String { "regie.\(zone).observed" }
  /// The key of a placement's records.
  public static func key(placement: UUID) -> [UInt8] { Array(placement.uuidString.lowercased().utf8) }
  /// The key of a zone's record.
  public static func key(zone: String) -> [UInt8] { Array("zone/\(zone)".utf8) }
  /// The key of an agent's heartbeat.
  public static func key(agentOf zone: String) -> [UInt8] { Array("agent/\(zone)".utf8) }
  /// The key of the audit trail's anchors of one day and epoch: compaction keeps the last of each, and none lies over what
  /// a life that is lost has anchored. The first epoch has the day alone.
  public static func key(auditAnchorsOf day: Timestamp, epoch: Int64 = 1) -> [UInt8] {
    Array("audit/\(day.description.prefix(10))\(epoch == 1 ? "" : "/\(epoch)")".utf8)
  }

  /// What a record is about, read from its key.
  public enum Subject: Sendable, Hashable {
    case placement(UUID)
    case zone(String)
    case cluster(String)
    case agent(String)
  }

  /// Reads a key; nil for one that no version of the protocol writes.
  public static func subject(ofKey key: [UInt8]) -> Subject? {
    guard let text = String(validating: key, as: UTF8.self), !ControlCharacters.stand(in: key) else { return nil }
    if let slash = text.firstIndex(of: "/") {
      let name = String(text[text.index(after: slash)...])
      switch text[..<slash] {
      case "zone": return .zone(name)
      case "cluster": return .cluster(name)
      case "agent": return .agent(name)
      default: return nil
      }
    }
    guard text == text.lowercased(), let placement = UUID(uuidString: text) else { return nil }
    return .placement(placement)
  }
}
