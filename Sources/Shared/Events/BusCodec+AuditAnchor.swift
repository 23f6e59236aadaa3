extension BusCodec {
  /// Signs an anchor and wraps it as an event.
  public static func event(
    anchor: AuditAnchor, signer: EventSigner, source: String, id: String, time: Timestamp
  ) throws -> CloudEvent {
    let data = try encode(anchor)
    return CloudEvent(
      id: id, source: source, type: EventType.auditAnchor, time: time,
      subject: String(decoding: Topics.key(auditAnchorsOf: time, epoch: anchor.epoch), as: UTF8.self),
      extensions: [signatureAttribute: try signer.sign(data)], data: data)
  }

  /// Reads an anchor of `regie.events`. Of several the one with the highest position counts, in whatever order they come.
  ///
  /// - Throws: ``EventRejection`` when the signature or the key do not agree with the data.
  public static func anchor(
    key: [UInt8], headers: [CloudEvent.Header], data: [UInt8], verifier: EventVerifier
  ) throws(EventRejection) -> AuditAnchor {
    let event = try CloudEvent(headers: headers, data: data)
    guard event.type == EventType.auditAnchor else {
      throw EventRejection(.malformed, "an event of type “\(event.type)” is not an anchor of the audit trail")
    }
    guard let signature = event.extensions[signatureAttribute] else {
      throw EventRejection(.unsigned, "the record carries no signature")
    }
    try verifier.verify(signature, over: data)
    let anchor = try decode(AuditAnchor.self, from: data)
    guard anchor.epoch >= 1, anchor.position >= 1, anchor.count >= 1, anchor.link.utf8.count == 64 else {
      throw EventRejection(.malformed, "epoch, position and count go from 1, a link has 64 digits: \(anchor)")
    }
    // Versions before put anchors of a later epoch under the day alone as well.
    let keys = [
      Topics.key(auditAnchorsOf: event.time, epoch: anchor.epoch), Topics.key(auditAnchorsOf: event.time),
    ]
    guard keys.contains(key), event.subject.utf8.elementsEqual(key) else {
      throw EventRejection(.mismatch, "the record's key or subject is not the day it was published, and its epoch")
    }
    return anchor
  }
}
