import Events
import Foundation
import Testing

/// Anchors of the audit trail are believed only as governance wrote them, on the day's own key.
struct AuditAnchorTests {
  private static let verifier = Result { try EventVerifier(JSONWebKeySet([Samples.signer.publicKey])) }

  private func read(
    _ event: CloudEvent, key: [UInt8]? = nil, headers: [CloudEvent.Header]? = nil
  ) throws -> AuditAnchor {
    try BusCodec.anchor(
      key: key ?? Topics.key(auditAnchorsOf: event.time, epoch: Samples.anchor.epoch),
      headers: headers ?? event.headers, data: event.data, verifier: try Self.verifier.get())
  }

  private func event(_ anchor: AuditAnchor = Samples.anchor) throws -> CloudEvent {
    try BusCodec.event(anchor: anchor, signer: Samples.signer, source: "/", id: "1", time: Samples.moment)
  }

  private func reason(_ body: () throws -> AuditAnchor) -> EventRejection.Reason? {
    (#expect(throws: EventRejection.self) { try body() })?.reason
  }

  @Test func `what was written is read`() throws {
    #expect(try read(try event()) == Samples.anchor)
  }

  @Test func `one without a signature, of another type or under another day's key is refused`() throws {
    let event = try event()
    let unsigned = event.headers.filter { $0.name != "ce_signature" }
    #expect(reason { try read(event, headers: unsigned) } == .unsigned)
    let otherType = event.headers.map { header in
      header.name == "ce_type" ? CloudEvent.Header("ce_type", Array(EventType.agent.utf8)) : header
    }
    #expect(reason { try read(event, headers: otherType) } == .malformed)
    let otherDay = Topics.key(auditAnchorsOf: Timestamp(microseconds: 0))
    #expect(reason { try read(event, key: otherDay) } == .mismatch)
  }

  @Test func `above the first epoch the key names it, and must be the anchor's`() throws {
    var later = Samples.anchor
    later.epoch = 3
    #expect(String(decoding: Topics.key(auditAnchorsOf: Samples.moment), as: UTF8.self).count == 16)
    let event = try event(later)
    #expect(event.subject.hasSuffix("/3") && event.subject.hasPrefix("audit/"))
    #expect(try read(event, key: Array(event.subject.utf8)) == later)
    let other = Topics.key(auditAnchorsOf: Samples.moment, epoch: 4)
    let headers = event.headers.map { header in
      header.name == "ce_subject" ? CloudEvent.Header("ce_subject", other) : header
    }
    #expect(reason { try read(event, key: other, headers: headers) } == .mismatch)
    // As versions before have written it.
    let day = Topics.key(auditAnchorsOf: Samples.moment)
    let earlier = event.headers.map { header in
      header.name == "ce_subject" ? CloudEvent.Header("ce_subject", day) : header
    }
    #expect(try read(event, key: day, headers: earlier) == later)
  }

  @Test(arguments: [
    AuditAnchor(epoch: 0, position: 1, link: String(repeating: "0f", count: 32), count: 1),
    AuditAnchor(epoch: 1, position: 0, link: String(repeating: "0f", count: 32), count: 1),
    AuditAnchor(epoch: 1, position: 1, link: "0f", count: 1),
    AuditAnchor(epoch: 1, position: 1, link: String(repeating: "0f", count: 32), count: 0),
  ])
  func `numbers that no chain has are refused, signed or not`(anchor: AuditAnchor) throws {
    let event = try event(anchor)
    #expect(reason { try read(event) } == .malformed)
  }
}
