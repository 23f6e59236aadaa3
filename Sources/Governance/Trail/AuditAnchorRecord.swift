public import Events
import Foundation

/// An anchor as it lies on the bus, as `kcat -J` writes records: names and values of headers in turn, and the exact data
/// as text. Exports carry it, and what was read from the bus is compared with an export.
public struct AuditAnchorRecord: Codable, Sendable, Hashable {
  /// The record's key, `audit/<day>`, or `audit/<day>/<epoch>` above the first.
  public var key: String
  /// Names and values, one after the other.
  public var headers: [String]
  /// The data, byte for byte.
  public var payload: String

  /// A record.
  public init(key: String, headers: [String], payload: String) {
    self.key = key
    self.headers = headers
    self.payload = payload
  }

  /// The record that an event becomes.
  public init(_ event: CloudEvent) {
    self.init(
      key: event.subject,
      headers: event.headers.flatMap { [$0.name, String(decoding: $0.value ?? [], as: UTF8.self)] },
      payload: String(decoding: event.data, as: UTF8.self))
  }

  /// Whether it says of itself that it is an anchor: other records of the topic are none of ours.
  public var isAnchor: Bool { pairs.contains { $0.name == "ce_type" && $0.value == Array(EventType.auditAnchor.utf8) } }

  /// What it says, if it is governance's.
  ///
  /// - Parameter verifier: Knows governance's keys; without one the signature is not looked at, and nothing tells who has
  ///   written it.
  /// - Throws: ``EventRejection`` that says what is wrong with it.
  public func anchor(verifier: EventVerifier?) throws(EventRejection) -> AuditAnchor {
    if let verifier {
      return try BusCodec.anchor(
        key: Array(key.utf8), headers: pairs, data: Array(payload.utf8), verifier: verifier)
    }
    do {
      return try JSONDecoder().decode(AuditAnchor.self, from: Data(payload.utf8))
    } catch {
      throw EventRejection(.malformed, "the data are not an anchor: \(error)")
    }
  }

  /// The headers of the record.
  public var pairs: [CloudEvent.Header] {
    stride(from: 0, to: headers.count - headers.count % 2, by: 2).map {
      CloudEvent.Header(headers[$0], Array(headers[$0 + 1].utf8))
    }
  }
}
