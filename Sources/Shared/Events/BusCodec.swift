internal import Foundation
internal import Model

/// Turns states into events and back. Writing is deterministic; reading believes nothing that is not signed and
/// consistent (protocol rule 7).
public enum BusCodec {
  /// The signature's attribute.
  public static let signatureAttribute = "signature"

  /// The exact bytes of a value on the bus: JSON with sorted keys.
  public static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value))
  }

  /// Signs a desired state and wraps it as an event.
  public static func event(
    desired state: DesiredState, signer: EventSigner, source: String, id: String, time: Timestamp,
    traceparent: String? = nil
  ) throws -> CloudEvent {
    let data = try encode(state)
    var extensions = consistencyAttributes(of: state)
    extensions[signatureAttribute] = try signer.sign(data)
    extensions["traceparent"] = traceparent
    return CloudEvent(
      id: id, source: source, type: EventType.desired, time: time,
      subject: String(decoding: Topics.key(placement: state.placement), as: UTF8.self), extensions: extensions,
      data: data)
  }

  /// Reads a record of `regie.<zone>.desired`.
  ///
  /// - Throws: ``EventRejection`` when the signature, zone, key or headers do not agree with the data.
  public static func desired(
    key: [UInt8], headers: [CloudEvent.Header], data: [UInt8], zone: String, verifier: EventVerifier
  ) throws(EventRejection) -> (state: DesiredState, event: CloudEvent) {
    let event = try CloudEvent(headers: headers, data: data)
    guard event.type == EventType.desired else {
      throw EventRejection(.malformed, "an event of type “\(event.type)” does not belong on this topic")
    }
    guard let signature = event.extensions[signatureAttribute] else {
      throw EventRejection(.unsigned, "the record carries no signature")
    }
    try verifier.verify(signature, over: data)
    let state = try decode(DesiredState.self, from: data)
    guard state.epoch >= 1, state.revision >= 1 else {
      throw EventRejection(.malformed, "the version \(state.version) is not one: epoch and revision count from 1")
    }
    guard state.zone == zone else {
      throw EventRejection(.wrongZone, "the state is for zone “\(state.zone)”, the topic for “\(zone)”")
    }
    guard key == Topics.key(placement: state.placement), event.subject.utf8.elementsEqual(key) else {
      throw EventRejection(.mismatch, "the record's key or subject is not the placement \(state.placement)")
    }
    for (name, value) in consistencyAttributes(of: state) where event.extensions[name] != value {
      throw EventRejection(.mismatch, "the header ce_\(name) does not say “\(value)” as the signed data do")
    }
    return (state, event)
  }

  /// Wraps an observation as an event. Its texts quote clusters and records: control characters are written out.
  public static func event(
    observed state: ObservedState, source: String, id: String, time: Timestamp, traceparent: String? = nil
  ) throws -> CloudEvent {
    var extensions = ["zone": state.zone]
    extensions["traceparent"] = traceparent
    return CloudEvent(
      id: id, source: source, type: EventType.observed, time: time,
      subject: String(decoding: Topics.key(placement: state.placement), as: UTF8.self), extensions: extensions,
      data: ControlCharacters.shown(inJSON: try encode(state)))
  }

  /// Wraps a heartbeat as an event; control characters are written out, as in an observation.
  public static func event(agent status: AgentStatus, source: String, id: String, time: Timestamp) throws -> CloudEvent
  {
    CloudEvent(
      id: id, source: source, type: EventType.agent, time: time,
      subject: String(decoding: Topics.key(agentOf: status.zone), as: UTF8.self), extensions: ["zone": status.zone],
      data: ControlCharacters.shown(inJSON: try encode(status)))
  }

  /// What a record of `regie.<zone>.observed` says.
  public enum Observation: Sendable {
    case placement(ObservedState)
    case agent(AgentStatus)
  }

  /// Reads a record of `regie.<zone>.observed`; the zone and key inside must be the topic's and the record's. One with
  /// U+0000 anywhere is not believed: no database would take it.
  public static func observation(
    key: [UInt8], headers: [CloudEvent.Header], data: [UInt8], zone: String
  ) throws(EventRejection) -> Observation {
    let event = try CloudEvent(headers: headers, data: data)
    guard !ControlCharacters.nulStands(inJSON: data) else {
      throw EventRejection(.malformed, "the data hold U+0000; JSON in UTF-8 without it would be accepted")
    }
    switch event.type {
    case EventType.observed:
      let state = try decode(ObservedState.self, from: data)
      try check(zone: state.zone, isOf: zone)
      try checkNumbers(of: state)
      guard key == Topics.key(placement: state.placement) else {
        throw EventRejection(.mismatch, "the record's key is not the placement \(state.placement)")
      }
      return .placement(state)
    case EventType.agent:
      let status = try decode(AgentStatus.self, from: data)
      try check(zone: status.zone, isOf: zone)
      try checkNumbers(of: status)
      guard key == Topics.key(agentOf: zone) else {
        throw EventRejection(.mismatch, "the record's key is not agent/\(zone)")
      }
      return .agent(status)
    default:
      throw EventRejection(.malformed, "an event of type “\(event.type)” does not belong on this topic")
    }
  }

  private static func check(zone: String, isOf topic: String) throws(EventRejection) {
    guard zone == topic else {
      throw EventRejection(.wrongZone, "the observation is for zone “\(zone)”, the topic for “\(topic)”")
    }
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from data: [UInt8]) throws(EventRejection) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(data))
    } catch {
      throw EventRejection(.malformed, "the data are not a \(type): \(error)")
    }
  }

  /// What stands in headers as well as in the signed data, so that tools may route on it.
  private static func consistencyAttributes(of state: DesiredState) -> [String: String] {
    [
      "zone": state.zone, "cluster": state.cluster, "phase": state.phase.rawValue,
      "revision": String(state.revision), "epoch": String(state.epoch),
    ]
  }
}
