import Crypto
import Events
import Foundation
import Testing

/// A zone's record is believed only as governance wrote it, for that zone, under its own key.
struct ZoneRecordTests {
  private static let verifier = Result { try EventVerifier(JSONWebKeySet([Samples.signer.publicKey])) }

  private func read(
    _ event: CloudEvent, key: [UInt8] = Topics.key(zone: "z1"), headers: [CloudEvent.Header]? = nil, zone: String = "z1"
  ) throws -> ZoneRecord {
    try BusCodec.zoneRecord(
      key: key, headers: headers ?? event.headers, data: event.data, zone: zone, verifier: try Self.verifier.get())
  }

  private func event(
    _ record: ZoneRecord = Samples.zoneRecord, signer: EventSigner = Samples.signer
  ) throws -> CloudEvent {
    try BusCodec.event(zone: record, signer: signer, source: "/", id: "1", time: Samples.moment)
  }

  private func reason(_ body: () throws -> ZoneRecord) -> EventRejection.Reason? {
    (#expect(throws: EventRejection.self) { try body() })?.reason
  }

  @Test func `what was written is read`() throws {
    #expect(try read(try event()) == Samples.zoneRecord)
  }

  @Test func `one that is forged, tampered with, of another zone, type or key is refused`() throws {
    let event = try event()
    #expect(reason { try read(event, headers: event.headers.filter { $0.name != "ce_signature" }) } == .unsigned)
    let stranger = EventSigner(Curve25519.Signing.PrivateKey())
    #expect(reason { try read(try self.event(signer: stranger)) } == .unknownKey)
    var tampered = event
    tampered.data += [0x20]
    #expect(reason { try read(tampered) } == .badSignature)
    #expect(reason { try read(event, zone: "z2") } == .wrongZone)
    #expect(reason { try read(event, key: Topics.key(zone: "z2")) } == .mismatch)
    var elsewhere = event
    elsewhere.subject = "zone/z2"
    #expect(reason { try read(elsewhere) } == .mismatch)
    var other = event
    other.type = EventType.desired
    #expect(reason { try read(other) } == .malformed)
  }

  @Test(
    arguments: [
      { (record: inout ZoneRecord) in record.epoch = 0 }, { record in record.sequence = 0 },
      { record in record.count = -1 }, { record in record.offsets = [-1] },
      { record in record.buckets.removeLast() }, { record in record.buckets.append(SetDigest()) },
    ] as [@Sendable (inout ZoneRecord) -> Void])
  func `numbers that no zone has are refused, signed or not`(edit: @Sendable (inout ZoneRecord) -> Void) throws {
    var record = Samples.zoneRecord
    edit(&record)
    let event = try event(record)
    #expect(reason { try read(event) } == .malformed)
  }

  @Test func `of several the highest epoch counts, then the highest sequence`() {
    var later = Samples.zoneRecord
    later.sequence += 1
    #expect(later.isNewer(than: Samples.zoneRecord) && !Samples.zoneRecord.isNewer(than: later))
    #expect(!later.isNewer(than: later))
    var next = Samples.zoneRecord
    (next.epoch, next.sequence) = (next.epoch + 1, 1)
    #expect(next.isNewer(than: later))
  }
}
