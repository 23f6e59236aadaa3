import Events
import Foundation
import Testing

@testable import Trail

/// Names go, the chain stays, and nothing goes unseen.
struct ErasureTests {
  /// By persons under pseudonyms, by the service, and by persons in clear, in turn; all by the same one.
  private static func trail(_ count: Int = 9) -> Chain {
    var chain = Chain(0)
    for number in 0..<count {
      var entry = Chain.entry(Int64(number) + 1)
      switch number % 3 {
      case 0:
        entry.person = AuditPerson(name: "oidc:ada", salt: [UInt8](repeating: UInt8(number), count: 16))
        entry.principal = entry.person?.pseudonym ?? ""
      case 1: entry.principal = "governance:clock"
      default: entry.principal = "oidc:ada"
      }
      entry.body = Array(#"{"detail":{"vote":{"principal":"oidc:ada"}},"principal":"\#(entry.principal)"}"#.utf8)
      if number % 3 != 2 { entry.body = Array(#"{"principal":"\#(entry.principal)"}"#.utf8) }
      entry.digest = Hashing.sha256(entry.body)
      chain.append(entry)
    }
    chain.head = chain.headAt(count)
    return chain
  }

  /// Does to positions what the rule does, and tells of it.
  private static func erase(_ chain: inout Chain, _ positions: ClosedRange<Int>, telling: Bool = true) throws {
    var erasure = AuditErasure(
      from: Int64(positions.lowerBound), to: Int64(positions.upperBound),
      before: Timestamp(microseconds: chain.entries[positions.upperBound - 1].at.microseconds + 1), days: 2192,
      names: 0,
      rewritten: [])
    for position in positions {
      var entry = chain.entries[position - 1]
      if entry.person != nil {
        entry.person = nil
        erasure.names += 1
      } else if let rest = AuditErasure.rewritten(entry) {
        entry = rest
        erasure.names += 1
        erasure.rewritten.append(
          .init(position: Int64(position), remains: HexText.encode(AuditErasure.remains(of: rest))))
      }
      chain.entries[position - 1] = entry
    }
    guard telling else { return }
    struct Body: Encodable {
      var detail: AuditErasure
    }
    var told = Chain.entry(1000 + Int64(chain.entries.count))
    (told.principal, told.action, told.kind) = ("governance:clock", AuditErasure.action, AuditErasure.kind)
    told.body = try BusCodec.encode(Body(detail: erasure))
    told.digest = Hashing.sha256(told.body)
    chain.append(told)
    chain.head = chain.headAt(chain.entries.count)
  }

  @Test func `what the rule has erased is sound, told, and names nobody`() throws {
    var chain = Self.trail()
    try Self.erase(&chain, 1...4)
    try Self.erase(&chain, 5...6)
    let verifier = chain.verified()
    #expect(verifier.findings == [])
    #expect(verifier.erased.map(\.from) == [1] && verifier.erased.map(\.to) == [6])
    #expect(verifier.erased.map(\.names) == [4])
    for entry in chain.entries.prefix(6) {
      #expect(!"\(entry)".contains("ada") && !String(decoding: entry.body, as: UTF8.self).contains("ada"))
    }
    #expect(chain.entries[8].who == "oidc:ada", "what is not due stays")
  }

  @Test func `nobody can try names against a pseudonym whose chance is gone, or see that two are one person's`() {
    let entries = Self.trail().entries.filter { $0.person != nil }
    #expect(Set(entries.map(\.principal)).count == entries.count)
    let one = AuditPerson(name: "oidc:ada", salt: [1])
    #expect(one.pseudonym != AuditPerson(name: "oidc:ada", salt: [2]).pseudonym)
    #expect(one.pseudonym.hasPrefix("person:") && one.pseudonym.utf8.count == 7 + 64)
  }

  /// `kind@position` of the first finding.
  private func first(_ chain: Chain) -> String? {
    chain.verified().findings.first.map { "\($0.kind.rawValue)@\($0.position)" }
  }

  @Test func `a name that goes without the trail telling of it is found`() throws {
    var silent = Self.trail()
    try Self.erase(&silent, 1...4, telling: false)
    #expect(first(silent) == "person@1")
    var beyond = Self.trail()
    try Self.erase(&beyond, 1...4)
    beyond.entries[6].person = nil
    #expect(first(beyond) == "person@7")
    var rewritten = Self.trail()
    try Self.erase(&rewritten, 1...4)
    rewritten.entries[5] = try #require(AuditErasure.rewritten(rewritten.entries[5]))
    #expect(rewritten.findings().contains("entry@6"))
  }

  @Test func `a name that was replaced is found`() {
    var chain = Self.trail()
    chain.entries[3].person?.name = "oidc:eve"
    #expect(first(chain) == "person@4")
  }

  @Test(arguments: [3])
  func `what is left of a rewritten entry can not be changed`(position: Int) throws {
    let edits: [(inout AuditEntry) -> Void] = [
      { $0.id += 1 }, { $0.at = Timestamp(microseconds: 5) }, { $0.action = "x" }, { $0.kind = "x" }, { $0.name = "x" },
      { $0.body = [] }, { $0.digest[0] ^= 1 },
    ]
    for (number, edit) in edits.enumerated() {
      var chain = Self.trail()
      try Self.erase(&chain, 1...4)
      edit(&chain.entries[position - 1])
      #expect(first(chain) == "entry@\(position)", "edit \(number)")
    }
  }

  @Test func `an erasure that is told of before it could be, or of younger entries, vouches for nothing`() throws {
    var early = Self.trail()
    try Self.erase(&early, 1...4)
    let told = try #require(AuditErasure(early.entries[9]))
    struct Body: Encodable {
      var detail: AuditErasure
    }
    let edits: [(inout AuditErasure) -> Void] = [
      { $0.to = 100 }, { $0.before = Timestamp(microseconds: 0) }, { $0.from = 2 },
    ]
    for edit in edits {
      var (chain, erasure) = (early, told)
      edit(&erasure)
      chain.entries[9].body = try BusCodec.encode(Body(detail: erasure))
      chain.entries[9].digest = Hashing.sha256(chain.entries[9].body)
      chain.remake(from: 9) { _ in }
      chain.head = chain.headAt(10)
      #expect(!chain.verified().findings.isEmpty, "\(erasure)")
    }
  }
}
