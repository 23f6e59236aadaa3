import Contract
import Crypto
import Events
import Foundation
import NIOConcurrencyHelpers
import Trail

@testable import CLI

/// An exported trail to tamper with, and whoever signs its anchors.
struct AuditFileSample {
  static let signer = EventSigner(Curve25519.Signing.PrivateKey())
  /// Somebody who may write everything, and has no key of governance's.
  static let forger = EventSigner(Curve25519.Signing.PrivateKey())

  /// Sealed, in the chain's order.
  var entries: [AuditEntry] = []
  /// Positions with an anchor.
  var anchored: Set<Int64> = []
  var signer = Self.signer
  /// What its anchors say of the database's epoch.
  var epoch: Int64 = 1
  /// What its anchors say of since when names are pseudonyms.
  var pseudonymsFrom: Int64?

  /// A trail of so many entries, by persons and by the service in turn, with anchors at these positions.
  init(_ count: Int, anchored: Set<Int64>) {
    self.anchored = anchored
    entries = (0..<count).map { Self.entry(Int64($0) * 2 + 1) }
    seal()
  }

  static func entry(_ id: Int64) -> AuditEntry {
    let at = Timestamp(microseconds: 1_790_000_000_000_000 + id)
    let person =
      id % 4 == 1 ? AuditPerson(name: "oidc:u-\(id)", salt: [UInt8](repeating: UInt8(id % 200), count: 16)) : nil
    let principal = person?.pseudonym ?? "governance:clock"
    let body = Array(
      """
      {"action":"decided","principal":"\(principal)","reason":"Motif \(id)","roles":["auditor"],"traceparent":"00-\(id)-é"}
      """.utf8)
    return AuditEntry(
      id: id, at: at, principal: principal, action: "decided", kind: "Project", name: "p\(id)", body: body,
      digest: Array(SHA256.hash(data: body)), person: person)
  }

  /// Links all entries from one on anew, as who may write everything would.
  mutating func seal(from first: Int = 0) {
    var head = AuditHead.origin
    if first > 0, let seal = entries[first - 1].seal { head = AuditHead(position: seal.position, link: seal.link) }
    for index in first..<entries.count {
      entries[index].digest = Array(SHA256.hash(data: entries[index].body))
      let seal = AuditChain.seals(of: [entries[index]], after: head)[0]
      entries[index].seal = AuditSeal(
        position: seal.head.position, previous: seal.previous, link: seal.head.link, sealedAt: entries[index].at)
      head = seal.head
    }
  }

  /// Does to these positions what the rule does to names in clear, and tells of it in the last entry, as who may write
  /// everything would: the entries up to `last` are made old enough, and all is sealed before.
  mutating func rewrite(_ positions: [Int], fallenDueAfter last: Int) throws {
    for index in 0..<last {
      entries[index].at = Timestamp(microseconds: entries[index].at.microseconds - 400 * 86_400_000_000)
    }
    var rests = positions.map { entries[$0 - 1] }
    for index in rests.indices {
      (rests[index].principal, rests[index].person, rests[index].body) = (AuditPerson.erased, nil, Array("{}".utf8))
      rests[index].digest = Array(SHA256.hash(data: entries[positions[index] - 1].body))
    }
    struct Body: Encodable { var detail: AuditErasure }
    let at = entries[entries.count - 1].at
    let erasure = AuditErasure(
      from: Int64(positions[0]), to: Int64(positions[positions.count - 1]),
      before: Timestamp(microseconds: at.microseconds - 365 * 86_400_000_000), days: 365, names: positions.count,
      rewritten: zip(positions, rests).map {
        .init(position: Int64($0), remains: HexText.encode(AuditErasure.remains(of: $1)))
      })
    entries[entries.count - 1] = AuditEntry(
      id: 99, at: at, principal: AuditErasure.principal, action: AuditErasure.action, kind: AuditErasure.kind,
      name: AuditErasure.name, body: try BusCodec.encode(Body(detail: erasure)), digest: [])
    seal()
    for (position, var rest) in zip(positions, rests) {
      rest.seal = entries[position - 1].seal
      entries[position - 1] = rest
    }
  }

  /// The anchor of an entry, as it lies on the bus.
  func anchor(_ entry: AuditEntry, by signer: EventSigner? = nil) throws -> AuditAnchorRecord {
    guard let seal = entry.seal else { throw CancellationError() }
    let anchor = AuditAnchor(
      epoch: epoch, position: seal.position, link: seal.linkText, count: seal.position,
      pseudonymsFrom: pseudonymsFrom)
    return AuditAnchorRecord(
      try BusCodec.event(
        anchor: anchor, signer: signer ?? self.signer, source: "/regie/governance", id: "a-\(seal.position)",
        time: entry.at))
  }

  /// The lines but the last.
  func lines() throws -> [AuditFileLine] {
    try entries.flatMap { entry -> [AuditFileLine] in
      let line = AuditFileLine.entry(AuditEntryView(entry))
      guard let seal = entry.seal, anchored.contains(seal.position) else { return [line] }
      return [line, .anchor(try anchor(entry))]
    }
  }

  /// The file as `regie audit export` writes it.
  func file() throws -> [UInt8] { try Self.file(try lines()) }

  static func file(_ lines: [AuditFileLine], from first: Int64 = 1) throws -> [UInt8] {
    let collected = NIOLockedValueBox<[UInt8]>([])
    var writer = AuditFileWriter(after: AuditHead(position: first - 1, link: AuditChain.origin)) { data in
      collected.withLockedValue { $0 += [UInt8](data) }
    }
    for line in lines { try writer.append(line) }
    _ = try writer.finish()
    return collected.withLockedValue { $0 }
  }

  static func verify(
    _ file: [UInt8], keys: [EventSigner]? = [signer], anchors: [AuditAnchor] = []
  ) throws -> AuditFileVerification {
    var judge = AuditFileVerifier(
      language: .en, keys: try keys.map { try EventVerifier(JSONWebKeySet($0.map(\.publicKey))) }, anchors: anchors)
    var rest = file[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      judge.take(LineReader.Line(bytes: Array(rest[..<end]), isWhole: true))
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty { judge.take(LineReader.Line(bytes: Array(rest), isWhole: false)) }
    return judge.finish()
  }
}
