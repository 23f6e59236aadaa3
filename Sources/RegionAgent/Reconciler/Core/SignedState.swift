public import Events
public import Foundation
internal import Model

/// The words of a desired state with their signature, so that they may be believed once more after the bus has let go of
/// them.
public struct SignedState: Sendable, Hashable, CustomStringConvertible {
  /// The state's version.
  public let version: StateVersion
  /// `1.3 SIGNATURE`, a new line, the data: in one piece, since there is one for each placement.
  private let bytes: [UInt8]

  /// What a record of the zone's topic carried; nil where it bears no signature, or its data are no text.
  public init?(version: StateVersion, headers: [CloudEvent.Header], data: [UInt8]) {
    let name = "ce_\(BusCodec.signatureAttribute)"
    guard let signature = headers.first(where: { $0.name == name })?.value,
      String(validating: signature, as: UTF8.self) != nil, String(validating: data, as: UTF8.self) != nil
    else { return nil }
    self.version = version
    bytes = Array("\(version) ".utf8) + signature + [Self.newLine] + data
  }

  private static let newLine = UInt8(ascii: "\n")

  /// As it is kept.
  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// Reads what ``description`` wrote; nil for any other text.
  public init?(_ text: String) {
    let line = text.prefix { $0 != "\n" }.split(separator: " ", omittingEmptySubsequences: false)
    guard line.count == 2, line[0].utf8.count < 64, let version = StateVersion(memorised: String(line[0])),
      !line[1].isEmpty, text.contains("\n")
    else { return nil }
    self.version = version
    bytes = Array(text.utf8)
  }

  /// The state, where the signature is by one of the trusted keys and all else agrees as on the zone's topic.
  ///
  /// - Throws: ``EventRejection``, as for a record.
  public func state(
    of placement: UUID, zone: String, verifier: EventVerifier
  ) throws(EventRejection) -> DesiredState {
    let head = bytes.prefix { $0 != Self.newLine }
    let data = Array(bytes.dropFirst(head.count + 1))
    let signature = String(decoding: head.drop { $0 != UInt8(ascii: " ") }.dropFirst(), as: UTF8.self)
    let claimed: DesiredState
    do {
      claimed = try JSONDecoder().decode(DesiredState.self, from: Data(data))
    } catch {
      throw EventRejection(.malformed, "the data are not a desired state: \(error)")
    }
    // The headers of the record say nothing that the data do not.
    let event = CloudEvent(
      id: "", source: "", type: EventType.desired, time: claimed.decidedAt,
      subject: String(decoding: Topics.key(placement: placement), as: UTF8.self),
      extensions: [
        BusCodec.signatureAttribute: signature, "zone": claimed.zone, "cluster": claimed.cluster,
        "phase": claimed.phase.rawValue, "revision": String(claimed.revision), "epoch": String(claimed.epoch),
      ], data: data)
    return try BusCodec.desired(
      key: Topics.key(placement: placement), headers: event.headers, data: data, zone: zone, verifier: verifier
    ).state
  }
}
