import TestSupport
import Testing

@testable import Store

struct BatchMachineTests {
  private static func submitted(_ ticket: UInt64, _ exclusive: String...) -> BatchMachine.Event {
    .submitted(ticket, exclusive: exclusive)
  }

  @Test func `a decision that comes alone leads at once`() {
    var machine = BatchMachine()
    #expect(machine.handle(Self.submitted(1, "a")) == [.lead([1])])
    #expect(machine.handle(.ended([1])) == [])
  }

  @Test func `what comes while batches are under way shares the next one`() {
    var machine = BatchMachine(.init(batch: 3, batches: 1, waiting: 10))
    #expect(machine.handle(Self.submitted(1, "a")) == [.lead([1])])
    for ticket in UInt64(2)...5 { #expect(machine.handle(Self.submitted(ticket, "p\(ticket)")) == []) }
    #expect(machine.handle(.ended([1])) == [.lead([2, 3, 4])])
    #expect(machine.handle(.ended([2, 3, 4])) == [.lead([5])])
  }

  @Test func `many are shared out evenly, and beside a large batch no small one begins`() {
    var machine = BatchMachine(.init(batch: 64, batches: 2, waiting: 100))
    #expect(machine.handle(Self.submitted(1, "a")) == [.lead([1])])
    #expect(machine.handle(Self.submitted(2, "b")) == [.lead([2])])
    for ticket in UInt64(3)...34 { #expect(machine.handle(Self.submitted(ticket, "p\(ticket)")) == []) }
    #expect(machine.handle(.ended([1])) == [.lead(Array(3...34))])
    #expect(machine.handle(Self.submitted(35, "c")) == [])
    #expect(machine.handle(.ended([2])) == [])
    for ticket in UInt64(36)...49 { #expect(machine.handle(Self.submitted(ticket, "p\(ticket)")) == []) }
    #expect(machine.handle(Self.submitted(50, "d")) == [.lead(Array(35...50))])
    for ticket in UInt64(51)...60 { #expect(machine.handle(Self.submitted(ticket, "p\(ticket)")) == []) }
    // Half of what the other one has are enough.
    #expect(machine.handle(.ended(Array(3...34))) == [.lead(Array(51...60))])
    #expect(machine.handle(.ended(Array(35...50))) == [])
    #expect(machine.handle(.ended(Array(51...60))) == [])
  }

  @Test func `those who have gathered beside a large batch begin two of the same size`() {
    var machine = BatchMachine(.init(batch: 64, batches: 2, waiting: 100))
    #expect(machine.handle(Self.submitted(1, "a")) == [.lead([1])])
    #expect(machine.handle(Self.submitted(2, "b")) == [.lead([2])])
    for ticket in UInt64(3)...66 { #expect(machine.handle(Self.submitted(ticket, "p\(ticket)")) == []) }
    #expect(machine.handle(.ended([1])) == [.lead(Array(3...66))])
    #expect(machine.handle(.ended([2])) == [])
    for ticket in UInt64(67)...86 { #expect(machine.handle(Self.submitted(ticket, "p\(ticket)")) == []) }
    #expect(machine.handle(.ended(Array(3...66))) == [.lead(Array(67...76)), .lead(Array(77...86))])
  }

  @Test func `decisions of one project, or with one key, wait for each other and let the others pass`() {
    var machine = BatchMachine(.init(batch: 8, batches: 2, waiting: 10))
    #expect(machine.handle(Self.submitted(1, "a", "key 1")) == [.lead([1])])
    #expect(machine.handle(Self.submitted(2, "a")) == [])
    #expect(machine.handle(Self.submitted(3, "b", "key 1")) == [])
    #expect(machine.handle(Self.submitted(4, "c")) == [.lead([4])])
    #expect(machine.handle(.ended([4])) == [])
    #expect(machine.handle(.ended([1])) == [.lead([2, 3])])
  }

  @Test func `those of a line begin in its order, never in two batches at a time, and let the others pass`() {
    var machine = BatchMachine(.init(batch: 2, batches: 2, waiting: 10))
    #expect(machine.handle(.submitted(1, exclusive: ["a"], line: 1)) == [.lead([1])])
    for ticket in UInt64(2)...4 {
      #expect(machine.handle(.submitted(ticket, exclusive: ["p\(ticket)"], line: 1)) == [])
    }
    #expect(machine.handle(Self.submitted(5, "e")) == [.lead([5])])
    #expect(machine.handle(.ended([1])) == [.lead([2, 3])])
    #expect(machine.handle(.ended([5])) == [])
    #expect(machine.handle(.ended([2, 3])) == [.lead([4])])
  }

  @Test func `one of a line that has to wait is overtaken by none of it`() {
    var machine = BatchMachine(.init(batch: 8, batches: 2, waiting: 10))
    #expect(machine.handle(Self.submitted(1, "a")) == [.lead([1])])
    #expect(machine.handle(.submitted(2, exclusive: ["a"], line: 2)) == [])
    #expect(machine.handle(.submitted(3, exclusive: ["b"], line: 2)) == [])
    #expect(machine.handle(Self.submitted(4, "c")) == [.lead([4])])
    #expect(machine.handle(.ended([4])) == [])
    #expect(machine.handle(.ended([1])) == [.lead([2, 3])])
  }

  @Test func `who gives up is in no batch, and who is one too many is told`() {
    var machine = BatchMachine(.init(batch: 8, batches: 1, waiting: 2))
    _ = machine.handle(Self.submitted(1, "a"))
    _ = machine.handle(Self.submitted(2, "b"))
    _ = machine.handle(Self.submitted(3, "c"))
    #expect(machine.handle(Self.submitted(4, "d")) == [.refuse(4)])
    #expect(machine.handle(.abandoned(2)) == [])
    #expect(!machine.isWaiting(2) && machine.isWaiting(3))
    #expect(machine.handle(.ended([1])) == [.lead([3])])
  }

  @Test func `whatever happens, everybody leads or is led exactly once, and no two of one project at a time`() {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    var machine = BatchMachine(.init(batch: 4, batches: 2, waiting: 1000))
    var projects: [UInt64: String] = [:]
    var (served, left): (Set<UInt64>, Set<UInt64>) = ([], [])
    var running: [[UInt64]] = []
    func perform(_ actions: [BatchMachine.Action]) {
      for case .lead(let batch) in actions {
        #expect(!batch.isEmpty && batch.count <= 4, "seed \(seed)")
        for ticket in batch { #expect(served.insert(ticket).inserted && !left.contains(ticket), "seed \(seed)") }
        running.append(batch)
        let busy = running.joined().compactMap { projects[$0] }
        #expect(Set(busy).count == busy.count && running.count <= 2, "seed \(seed)")
      }
    }
    for ticket in UInt64(1)...400 {
      projects[ticket] = "p\(Int.random(in: 0..<6, using: &dice))"
      perform(machine.handle(.submitted(ticket, exclusive: [projects[ticket] ?? ""])))
      if Int.random(in: 0..<8, using: &dice) == 0, machine.isWaiting(ticket) {
        left.insert(ticket)
        perform(machine.handle(.abandoned(ticket)))
      }
      if Bool.random(using: &dice), !running.isEmpty {
        perform(machine.handle(.ended(running.remove(at: Int.random(in: 0..<running.count, using: &dice)))))
      }
    }
    while !running.isEmpty { perform(machine.handle(.ended(running.removeFirst()))) }
    #expect(served.count + left.count == 400, "seed \(seed)")
  }
}
