import Events
import Foundation
import Testing

@testable import Trail

/// Names go, the chain stays, and nothing goes unseen.
struct ErasureTests {
  /// By persons in clear and by the service in turn, and from position 4 on under pseudonyms; all by the same person.
  ///
  /// - Parameter clear: how many of the first entries are from before there were pseudonyms.
  static func trail(_ count: Int = 9, clear: Int = 3) -> Chain {
    var chain = Chain(0)
    for number in 0..<count {
      var entry = Chain.entry(Int64(number) + 1)
      if number % 3 == 1 {
        entry.principal = "governance:clock"
      } else if number < clear {
        entry.principal = "oidc:ada"
      } else {
        entry.person = AuditPerson(name: "oidc:ada", salt: [UInt8](repeating: UInt8(number), count: 16))
        entry.principal = entry.person?.pseudonym ?? ""
      }
      entry.body = Array(#"{"principal":"\#(entry.principal)"}"#.utf8)
      if entry.principal == "oidc:ada" {
        entry.body = Array(#"{"detail":{"vote":{"principal":"oidc:ada"}},"principal":"\#(entry.principal)"}"#.utf8)
      }
      entry.digest = Hashing.sha256(entry.body)
      chain.append(entry)
    }
    chain.head = chain.headAt(count)
    return chain
  }

  /// What the rule writes down of an erasure, and may be told otherwise.
  struct Telling {
    var entry: AuditEntry
    var erasure: AuditErasure
  }

  /// Does to positions what the rule does, and tells of it.
  ///
  /// - Parameters:
  ///   - forging: positions that are rewritten whatever they were.
  ///   - edit: changes what is told.
  static func erase(
    _ chain: inout Chain, _ positions: ClosedRange<Int>, telling: Bool = true, forging: Set<Int> = [],
    _ edit: (inout Telling) -> Void = { _ in }
  ) throws {
    let before = chain.entries[positions.upperBound - 1].at.microseconds + 1
    var erasure = AuditErasure(
      from: Int64(positions.lowerBound), to: Int64(positions.upperBound), before: Timestamp(microseconds: before),
      days: 2192, names: 0, rewritten: [])
    for position in positions {
      var entry = chain.entries[position - 1]
      if forging.contains(position) {
        (entry.principal, entry.person, entry.body) = (AuditPerson.erased, nil, Array(#"{"choice":"for"}"#.utf8))
      } else if entry.person != nil {
        entry.person = nil
      } else if let rest = AuditErasure.rewritten(entry) {
        entry = rest
      } else {
        continue
      }
      erasure.names += 1
      if entry.principal == AuditPerson.erased {
        erasure.rewritten.append(
          .init(position: Int64(position), remains: HexText.encode(AuditErasure.remains(of: entry))))
      }
      chain.entries[position - 1] = entry
    }
    guard telling else { return }
    var told = Telling(entry: Chain.entry(1000 + Int64(chain.entries.count)), erasure: erasure)
    (told.entry.principal, told.entry.action, told.entry.kind, told.entry.name) = (
      "governance:clock", AuditErasure.action, AuditErasure.kind, "names"
    )
    told.entry.at = Timestamp(microseconds: before + 2192 * 86_400_000_000)
    edit(&told)
    struct Body: Encodable {
      var detail: AuditErasure
    }
    told.entry.body = try BusCodec.encode(Body(detail: told.erasure))
    told.entry.digest = Hashing.sha256(told.entry.body)
    chain.append(told.entry)
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
    #expect(first(silent) == "entry@1" && silent.findings().contains("person@1"))
    var beyond = Self.trail()
    try Self.erase(&beyond, 1...4)
    beyond.entries[6].person = nil
    #expect(first(beyond) == "person@7")
    var rewritten = Self.trail()
    try Self.erase(&rewritten, 1...4)
    rewritten.entries[5].person = nil
    rewritten.entries[5].principal = AuditPerson.erased
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
    for edit: (inout Telling) -> Void in [
      { $0.erasure.to = 100 }, { $0.erasure.before = Timestamp(microseconds: 0) }, { $0.erasure.from = 2 },
    ] {
      var chain = Self.trail()
      try Self.erase(&chain, 1...4, edit)
      #expect(!chain.verified().findings.isEmpty)
    }
  }
}
