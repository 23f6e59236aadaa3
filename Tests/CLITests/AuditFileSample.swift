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

  /// The anchor of an entry, as it lies on the bus.
  func anchor(_ entry: AuditEntry, by signer: EventSigner? = nil) throws -> AuditAnchorRecord {
    guard let seal = entry.seal else { throw CancellationError() }
    let anchor = AuditAnchor(epoch: 1, position: seal.position, link: seal.linkText, count: seal.position)
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
