import Model
import Placement
import TestSupport
import Testing

@testable import Store

struct LedgerCheckpointTests {
  @Test func `a ledger is what its checkpoint and its difference say, whatever the amounts`() throws {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    for _ in 0..<50 {
      var ledger: [String: Ledger.Entry] = [:]
      for number in 0..<Int.random(in: 1...40, using: &dice) { ledger["c-\(number)"] = Self.entry(&dice) }
      let checkpoint = LedgerCheckpoint(ledger)
      #expect(try LedgerCheckpoint(bytes: checkpoint.bytes) == checkpoint, "seed \(seed)")
      var later = ledger
      for cluster in ledger.keys where Int.random(in: 0..<3, using: &dice) == 0 { later[cluster] = Self.entry(&dice) }
      let changes = try #require(checkpoint.changes(in: later))
      let delta = checkpoint.delta(changes)
      #expect(try checkpoint.ledger(delta).clusters == later, "seed \(seed)")
    }
  }

  @Test func `what decisions take one after the other is told as the ledger is by then`() throws {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    var ledger = Dictionary(uniqueKeysWithValues: (0..<200).map { ("c-\($0)", Ledger.Entry()) })
    var trail = StoredContents().trail(of: ledger)
    for step in 1...300 {
      var taken: [String: Ledger.Entry] = [:]
      for _ in 0..<Int.random(in: 0...3, using: &dice) {
        taken["c-\(Int.random(in: 0..<200, using: &dice))"] = Ledger.Entry(
          committed: Self.entry(&dice).committed, version: Int64(step))
      }
      trail.take(taken)
      ledger.merge(taken) { $1 }
      let place = trail.place
      let checkpoint = try #require(trail.checkpoints.first { $0.digest == place.checkpoint })
      #expect(try checkpoint.ledger(place.delta).clusters == ledger, "seed \(seed), step \(step)")
      #expect(try #require(checkpoint.changes(in: ledger)).count <= StoredContents.mostChanges)
    }
    #expect(trail.checkpoints.count > 2)
    // A cluster that is not among those of the ledger changes nothing of what is told.
    let before = trail.place.delta
    trail.take(["elsewhere": Ledger.Entry(committed: ResourceAmounts(cpu: 1), version: 1)])
    #expect(trail.place.delta == before)
  }

  @Test func `a difference costs what differs, not how many clusters there are`() throws {
    var ledger = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("cluster-\($0)", Ledger.Entry()) })
    let checkpoint = LedgerCheckpoint(ledger)
    ledger["cluster-7"] = Ledger.Entry(
      committed: ResourceAmounts(cpu: 4000, memory: 8 << 30, gpu: 0, storage: 0, pods: 20), version: 3)
    #expect(checkpoint.delta(try #require(checkpoint.changes(in: ledger))).count < 20)
  }

  @Test func `another set of clusters is no difference`() {
    let checkpoint = LedgerCheckpoint(["a": Ledger.Entry()])
    #expect(checkpoint.changes(in: ["a": Ledger.Entry(), "b": Ledger.Entry()]) == nil)
    #expect(checkpoint.changes(in: ["b": Ledger.Entry()]) == nil)
  }

  @Test func `bytes that are cut off are refused`() throws {
    let checkpoint = LedgerCheckpoint(["a": Ledger.Entry(committed: ResourceAmounts(), version: 300)])
    for length in 0..<checkpoint.bytes.count {
      #expect(throws: (any Error).self) { try LedgerCheckpoint(bytes: Array(checkpoint.bytes.prefix(length))) }
    }
  }

  @Test func `a difference that leads beyond all clusters is refused, however far`() throws {
    let checkpoint = LedgerCheckpoint(["a": Ledger.Entry(), "b": Ledger.Entry()])
    let first = checkpoint.delta([LedgerCheckpoint.Change(number: 1, entry: Ledger.Entry(version: 1))])
    for step in [1, UInt64(Int.max), .max] {
      var writer = CompactWriter()
      writer.write(step)
      let delta = first + writer.bytes
      #expect(throws: CompactReader.Malformed.self) { try checkpoint.ledger(delta) }
    }
  }

  private static func entry(_ dice: inout Dice) -> Ledger.Entry {
    func amount() -> Int64 {
      switch Int.random(in: 0..<4, using: &dice) {
      case 0: 0
      case 1: Int64.random(in: 0...1000, using: &dice)
      case 2: Int64.random(in: 0...(.max), using: &dice)
      default: .max
      }
    }
    return Ledger.Entry(
      committed: ResourceAmounts(cpu: amount(), memory: amount(), gpu: amount(), storage: amount(), pods: amount()),
      version: amount())
  }
}
