internal import Foundation

extension BusCodec {
  /// What was written down of a public fact, whatever its type, as of another epoch of the database.
  ///
  /// - Parameter data: a ``PublicFact`` as ``encode(_:)`` has written it.
  /// - Throws: where `data` is no JSON object.
  public static func restate(fact data: [UInt8], epoch: Int64) throws -> [UInt8] {
    var tree = try JSONDecoder().decode([String: FactValue].self, from: Data(data))
    tree["epoch"] = .number(epoch)
    return try encode(tree)
  }
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
  /// Its type is not under the signature, and what is written down of a vote has all that a comment has. So data that
  /// another type has more members of are that type's. A member that none of them has is one of a later version, and is
  /// passed over.
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
    // What is written again in the same bytes has no member left over, as it is of all that this version writes.
    if (try? encode(fact)) != data, let other = owner(of: data, beside: Fact.self) {
      throw EventRejection(.mismatch, "the data are of a “\(other)”, the event is of the type “\(Fact.type)”")
    }
    guard fact.epoch >= 1, fact.revision >= 1 else {
      throw EventRejection(
        .malformed, "epoch and revision go from 1; here they are \(fact.epoch) and \(fact.revision)")
    }
    guard key.elementsEqual(fact.key.utf8), event.subject == fact.key else {
      throw EventRejection(.mismatch, "the record's key or subject is not \(fact.key)")
    }
    return (fact, event)
  }

  /// All types of facts; anchors of the audit trail have no revision, and pass for none of them.
  private static var facts: [any PublicFact.Type] {
    [
      ProposalFact.self, VoteFact.self, CommentFact.self, PolicyVersionFact.self, FindingFact.self, OfferFact.self,
      EpochFact.self, FlowFact.self, MigrationFact.self, MoveFact.self,
    ]
  }

  /// The type that has more members of the data than `Fact`; nil where none has.
  private static func owner<Fact: PublicFact>(of data: [UInt8], beside _: Fact.Type) -> String? {
    let own = members(of: data, as: Fact.self)
    for other in facts where members(of: data, as: other) > own { return other.type }
    return nil
  }

  /// How many members of the data a type has; 0 where it can not be read as one.
  private static func members<Fact: PublicFact>(of data: [UInt8], as _: Fact.Type) -> Int {
    guard let fact = try? decode(Fact.self, from: data), let written = try? encode(fact),
      let tree = try? JSONDecoder().decode([String: FactValue].self, from: Data(written))
    else { return 0 }
    return tree.count
  }
}

/// What stands in a public fact. All numbers are whole.
private enum FactValue: Codable {
  case text(String)
  case number(Int64)
  case truth(Bool)
  case list([FactValue])
  case object([String: FactValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let truth = try? container.decode(Bool.self) {
      self = .truth(truth)
    } else if let number = try? container.decode(Int64.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([FactValue].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: FactValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .truth(let truth): try container.encode(truth)
    case .list(let list): try container.encode(list)
    case .object(let object): try container.encode(object)
    }
  }
}
