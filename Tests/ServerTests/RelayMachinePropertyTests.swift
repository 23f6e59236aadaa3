import Events
import Foundation
import TestSupport
import Testing

@testable import Server
@testable import Store

/// The machine against a database and a bus in memory where anything may fail, in any order.
struct RelayMachinePropertyTests {
  @Test func `whatever fails, no two revisions are in flight, none goes back, and the latest arrives`() {
    for _ in 0..<300 {
      let seed = UInt64.random(in: .min ... .max)
      var world = World(seed: seed)
      world.run(steps: 120)
      #expect(world.faults == [], "seed \(seed)")
      world.settle()
      #expect(world.faults == [], "seed \(seed)")
      #expect(world.unpublished.isEmpty, "seed \(seed): every row that was not acknowledged is tried again")
      #expect(world.latestOnBus == world.revisions, "seed \(seed)")
    }
  }

  @Test func `a zone that takes nothing, for ever, keeps nothing of another zone waiting`() {
    for _ in 0..<200 {
      let seed = UInt64.random(in: .min ... .max)
      var world = World(seed: seed)
      world.refusing = "z0"
      world.run(steps: 120)
      world.settle(withholding: "z0")
      #expect(world.faults == [], "seed \(seed)")
      #expect(world.waitingZones.isSubset(of: ["z0"]), "seed \(seed)")
      world.refusing = nil
      world.settle()
      #expect(world.faults == [], "seed \(seed)")
      #expect(world.unpublished.isEmpty, "seed \(seed): the zone is tried again by itself")
      #expect(world.latestOnBus == world.revisions, "seed \(seed)")
    }
  }

  @Test func `after it was deposed a machine never acts again`() {
    for _ in 0..<200 {
      let seed = UInt64.random(in: .min ... .max)
      var world = World(seed: seed)
      world.run(steps: Int(seed % 60))
      world.depose()
      world.run(steps: 40)
      #expect(world.faults == [], "seed \(seed)")
      #expect(world.purges == 1, "seed \(seed)")
    }
  }
}

/// What surrounds one machine.
private struct World {
  private var dice: Dice
  private var machine = RelayMachine()
  /// What the machine asked for and has no answer to.
  private var pending: [RelayMachine.Action] = []
  private var isDeposed = false
  private(set) var purges = 0
  /// What must never be.
  private(set) var faults: [String] = []

  /// The latest committed revision by placement.
  private(set) var revisions: [UUID: Int64] = [:]
  /// Placements of the rows that are not marked, by id.
  private(set) var unpublished: [Int64: UUID] = [:]
  private var nextRow: Int64 = 1
  private var bus: [(placement: UUID, revision: Int64)] = []
  /// Two zones of two placements each.
  private let zones: [UUID: String] = [UUID(): "z0", UUID(): "z0", UUID(): "z1", UUID(): "z1"]
  /// The zone whose states the bus refuses.
  var refusing: String?
  /// The zones whose pause the machine asked for and that is not over.
  private var pausing: Set<String> = []

  init(seed: UInt64) {
    dice = Dice(seed: seed)
    feed(.elected(term: 1, mayBeInFlight: Bool.random(using: &dice), fences: Bool.random(using: &dice)))
  }

  var latestOnBus: [UUID: Int64] {
    bus.reduce(into: [:]) { $0[$1.placement] = $1.revision }
  }

  /// The zones of rows that are not marked.
  var waitingZones: Set<String> { Set(unpublished.values.compactMap { zones[$0] }) }

  mutating func run(steps: Int) {
    for _ in 0..<steps {
      switch Int.random(in: 0..<10, using: &dice) {
      case 0, 1, 2: commit()
      case 3: feed(stray())
      case 4: endPause(mayFail: true)
      default: answer(mayFail: true)
      }
    }
  }

  /// Nothing fails any more, but for what is refused; the pause of the zone `withholding` does not end.
  mutating func settle(withholding kept: String? = nil) {
    feed(.bell)
    for _ in 0..<200 where !pending.isEmpty || pausing.contains(where: { $0 != kept }) {
      endPause(mayFail: false, withholding: kept)
      answer(mayFail: false)
    }
    if !machine.isIdle { faults.append("it does not come to rest") }
    if machine.hasTroubledZones != !pausing.isEmpty { faults.append("a zone is in trouble, and nothing ends that") }
  }

  private mutating func endPause(mayFail: Bool, withholding kept: String? = nil) {
    guard let zone = pausing.filter({ $0 != kept }).sorted().randomElement(using: &dice) else { return }
    pausing.remove(zone)
    feed(mayFail && Bool.random(using: &dice) ? .undue(zone: zone) : .due(zone: zone))
  }

  mutating func depose() {
    isDeposed = true
    pending = []
    for action in machine.handle(.deposed) {
      if case .purge = action { purges += 1 } else { faults.append("deposed, it asks for \(action)") }
    }
  }

  private mutating func commit() {
    guard let placement = zones.keys.sorted(by: { $0.uuidString < $1.uuidString }).randomElement(using: &dice) else {
      return
    }
    revisions[placement, default: 0] += 1
    unpublished[nextRow] = placement
    nextRow += 1
    feed(.bell)
  }

  /// What nobody asked for: a bell at any time, and answers when none is due.
  private mutating func stray() -> RelayMachine.Event {
    guard pending.isEmpty || isDeposed else { return .bell }
    let events: [RelayMachine.Event] = [
      .bell, .fenced, .waitedOut, .republished, .marked, .failed, .resumed, .claimed([]), .published([]),
      .due(zone: "z9"), .undue(zone: "z9"),
      .elected(term: 9, mayBeInFlight: false, fences: false),
    ]
    return events.randomElement(using: &dice) ?? .bell
  }

  private mutating func feed(_ event: RelayMachine.Event) {
    let actions = machine.handle(event)
    if isDeposed, !actions.isEmpty { faults.append("deposed, it asks for \(actions)") }
    for action in actions {
      guard case .setAside(let zone, let failures) = action else {
        pending.append(action)
        continue
      }
      if !pausing.insert(zone).inserted { faults.append("two pauses of \(zone)") }
      if failures < 1 { faults.append("a pause after \(failures) failures") }
    }
    if pending.count > 1 { faults.append("two things at once: \(pending)") }
  }

  private mutating func answer(mayFail: Bool) {
    guard !pending.isEmpty else { return }
    let action = pending.removeFirst()
    let fails = mayFail && Int.random(in: 0..<4, using: &dice) == 0
    switch action {
    case .fence: feed(fails ? .failed : .fenced)
    case .waitOut: feed(.waitedOut)
    case .republishRecent: feed(fails ? .failed : .republished)
    case .pause: feed(.resumed)
    case .claim(let term, let limit, let excluded):
      if term != 1 { faults.append("a claim under term \(term)") }
      if !excluded.isSuperset(of: pausing) { faults.append("a claim for one of \(pausing), which pause") }
      feed(fails ? .failed : .claimed(claim(limit, excluded)))
    case .publish(let placements): feed(.published(publish(placements, mayFail: mayFail)))
    case .mark:
      guard !fails else { return feed(.failed) }
      for id in machine.acks.flatMap(\.ids) { unpublished[id] = nil }
      feed(.marked)
    case .purge: purges += 1
    case .setAside: faults.append("a pause is nothing to wait for")
    }
  }

  private func claim(_ limit: Int, _ excluded: Set<String>) -> [OutboxClaim] {
    let waiting = Dictionary(grouping: unpublished, by: \.value).filter { !excluded.contains(zones[$0.key] ?? "") }
    return waiting.prefix(limit).map { placement, rows in
      RelayMachineTests.claim(
        placement, zone: zones[placement] ?? "", revision: revisions[placement] ?? 0, ids: rows.map(\.key).sorted())
    }
  }

  private mutating func publish(_ placements: [UUID], mayFail: Bool) -> [RelayMachine.Publication] {
    if Set(placements).count != placements.count { faults.append("two revisions of one placement in a batch") }
    if placements != machine.batch.map(\.state.placement) { faults.append("the batch is another one") }
    return machine.batch.map { claim in
      let (placement, revision) = (claim.state.placement, claim.state.revision)
      if let last = latestOnBus[placement], last > revision { faults.append("\(placement) goes back to \(revision)") }
      if claim.state.zone == refusing { return RelayMachineTests.publication(claim, acknowledged: false) }
      // 0: lost; 1: written, and the answer lost; else written and acknowledged.
      let outcome = mayFail ? Int.random(in: 0..<4, using: &dice) : 3
      if outcome != 0 { bus.append((placement, revision)) }
      return RelayMachineTests.publication(claim, acknowledged: outcome >= 2)
    }
  }
}
