extension BusCodec {
  /// Signs what was written down of a public fact and wraps it as an event.
  ///
  /// - Parameters:
  ///   - data: a ``PublicFact`` as ``encode(_:)`` has written it.
  ///   - id: the same however often it is published.
  ///   - time: when it became so; likewise.
  public static func event(
    fact data: [UInt8], type: String, key: String, signer: EventSigner, source: String, id: String, time: Timestamp,
    traceparent: String? = nil
  ) throws -> CloudEvent {
    var extensions = [signatureAttribute: try signer.sign(data)]
    extensions["traceparent"] = traceparent
    return CloudEvent(
      id: id, source: source, type: type, time: time, subject: key, extensions: extensions, data: data)
  }

  /// Reads a public fact of `regie.events`.
  ///
  /// - Throws: ``EventRejection`` when the type, the signature or the key do not agree with the data.
  public static func fact<Fact: PublicFact>(
    _ fact: Fact.Type, key: [UInt8], headers: [CloudEvent.Header], data: [UInt8], verifier: EventVerifier
  ) throws(EventRejection) -> (fact: Fact, event: CloudEvent) {
    let event = try CloudEvent(headers: headers, data: data)
    guard event.type == Fact.type else {
      throw EventRejection(.malformed, "an event of type “\(event.type)” is not a “\(Fact.type)”")
    }
    guard let signature = event.extensions[signatureAttribute] else {
      throw EventRejection(.unsigned, "the record carries no signature")
    }
    try verifier.verify(signature, over: data)
    let fact = try decode(Fact.self, from: data)
    guard fact.epoch >= 1, fact.revision >= 1 else {
      throw EventRejection(
        .malformed, "epoch and revision go from 1; here they are \(fact.epoch) and \(fact.revision)")
    }
    guard key.elementsEqual(fact.key.utf8), event.subject == fact.key else {
      throw EventRejection(.mismatch, "the record's key or subject is not \(fact.key)")
    }
    return (fact, event)
  }
}
