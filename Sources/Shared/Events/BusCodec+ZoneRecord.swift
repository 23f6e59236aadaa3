extension BusCodec {
  /// Signs a zone's record and wraps it as an event.
  public static func event(
    zone record: ZoneRecord, signer: EventSigner, source: String, id: String, time: Timestamp
  ) throws -> CloudEvent {
    let data = try encode(record)
    return CloudEvent(
      id: id, source: source, type: EventType.zone, time: time,
      subject: String(decoding: Topics.key(zone: record.zone), as: UTF8.self),
      extensions: [signatureAttribute: try signer.sign(data)], data: data)
  }

  /// Reads a zone's record of `regie.<zone>.desired`. Of several the one with the highest epoch and sequence counts.
  ///
  /// - Throws: ``EventRejection`` when the signature, zone or key do not agree with the data.
  public static func zoneRecord(
    key: [UInt8], headers: [CloudEvent.Header], data: [UInt8], zone: String, verifier: EventVerifier
  ) throws(EventRejection) -> ZoneRecord {
    let event = try CloudEvent(headers: headers, data: data)
    guard event.type == EventType.zone else {
      throw EventRejection(.malformed, "an event of type “\(event.type)” is not a zone's record")
    }
    guard let signature = event.extensions[signatureAttribute] else {
      throw EventRejection(.unsigned, "the record carries no signature")
    }
    try verifier.verify(signature, over: data)
    let record = try decode(ZoneRecord.self, from: data)
    guard record.zone == zone else {
      throw EventRejection(.wrongZone, "the record is of zone “\(record.zone)”, the topic is of “\(zone)”")
    }
    guard key == Topics.key(zone: zone), event.subject.utf8.elementsEqual(key) else {
      throw EventRejection(.mismatch, "the record's key or subject is not zone/\(zone)")
    }
    guard record.epoch >= 1, record.sequence >= 1, record.count >= 0, record.offsets.allSatisfy({ $0 >= 0 }),
      record.buckets.count == DigestBook.bucketCount
    else {
      throw EventRejection(
        .malformed, "epoch and sequence go from 1, count and offsets from 0, and there are 256 digests")
    }
    return record
  }
}
