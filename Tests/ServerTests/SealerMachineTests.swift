import TestSupport
import Testing
import Trail

@testable import Server
@testable import Store

/// The sealer's decisions.
struct SealerMachineTests {
  static func progress(_ position: Int64, more: Bool = false) -> AuditProgress {
    AuditProgress(head: head(position), sealed: 1, mayHaveMore: more)
  }

  static func head(_ position: Int64) -> AuditHead {
    AuditHead(position: position, link: [UInt8](repeating: UInt8(truncatingIfNeeded: position), count: 32))
  }

  private let seal = SealerMachine.Action.seal(limit: SealerMachine.batchLimit)

  @Test func `it looks when it starts, rests, and looks again at each bell`() {
    var machine = SealerMachine()
    #expect(machine.handle(.bell) == [], "not without the lock")
    #expect(machine.handle(.started) == [seal])
    #expect(machine.handle(.sealed(Self.progress(3))) == [.announce(Self.head(3))])
    #expect(machine.handle(.bell) == [seal])
    #expect(machine.handle(.sealed(Self.progress(4))) == [.announce(Self.head(4))])
  }

  @Test func `a bell that rings while it seals is not lost`() {
    var machine = SealerMachine()
    _ = machine.handle(.started)
    #expect(machine.handle(.bell) == [])
    #expect(machine.handle(.sealed(Self.progress(3))) == [.announce(Self.head(3)), seal])
    #expect(machine.handle(.sealed(Self.progress(3))) == [.announce(Self.head(3))])
  }

  @Test func `a full batch is followed by the next`() {
    var machine = SealerMachine()
    _ = machine.handle(.started)
    #expect(machine.handle(.sealed(Self.progress(500, more: true))) == [.announce(Self.head(500)), seal])
  }

  @Test func `failures and a faster sealer make it pause, longer each time, until it comes through`() {
    var machine = SealerMachine()
    _ = machine.handle(.started)
    #expect(machine.handle(.failed) == [.pause(failures: 1)])
    #expect(machine.handle(.bell) == [])
    #expect(machine.handle(.resumed) == [seal])
    #expect(machine.handle(.overtaken) == [.pause(failures: 2)])
    #expect(machine.handle(.resumed) == [seal])
    _ = machine.handle(.sealed(Self.progress(1)))
    _ = machine.handle(.bell)
    #expect(machine.handle(.failed) == [.pause(failures: 1)])
  }

  @Test func `answers to nothing change nothing`() {
    var machine = SealerMachine()
    for event in [SealerMachine.Event.sealed(Self.progress(1)), .failed, .overtaken, .resumed] {
      #expect(machine.handle(event) == [])
    }
    _ = machine.handle(.started)
    _ = machine.handle(.sealed(Self.progress(1)))
    for event in [SealerMachine.Event.sealed(Self.progress(2)), .failed, .overtaken, .resumed, .started] {
      #expect(machine.handle(event) == [])
    }
  }
}

/// When anchors go out.
struct AnchorMachineTests {
  private func head(_ position: Int64) -> AuditHead { SealerMachineTests.head(position) }

  @Test func `an anchor goes out when the head moves, and the newest follows after a rest`() {
    var machine = AnchorMachine(anchored: 3)
    #expect(machine.handle(.head(head(3))) == [])
    #expect(machine.handle(.head(head(4))) == [.send(head(4))])
    #expect(machine.handle(.head(head(5))) == [])
    #expect(machine.handle(.sent(position: 4)) == [.rest])
    #expect(machine.handle(.head(head(9))) == [], "not before the rest is over")
    #expect(machine.handle(.resumed) == [.send(head(9))])
    #expect(machine.handle(.sent(position: 9)) == [.rest])
    #expect(machine.handle(.resumed) == [])
    #expect(machine.isIdle)
  }

  @Test func `what was not anchored before the start is anchored`() {
    var machine = AnchorMachine(anchored: 0)
    #expect(machine.handle(.head(.origin)) == [], "an empty chain has nothing to anchor")
    #expect(machine.handle(.head(head(7))) == [.send(head(7))])
  }

  @Test func `what could not be sent is sent again, or what is newer by then`() {
    var machine = AnchorMachine(anchored: 0)
    _ = machine.handle(.head(head(1)))
    #expect(machine.handle(.failed) == [.pause(failures: 1)])
    #expect(machine.handle(.resumed) == [.send(head(1))])
    #expect(machine.handle(.failed) == [.pause(failures: 2)])
    #expect(machine.handle(.head(head(6))) == [])
    #expect(machine.handle(.head(head(2))) == [], "heads never go back")
    #expect(machine.handle(.resumed) == [.send(head(6))])
    #expect(machine.handle(.sent(position: 6)) == [.rest])
    _ = machine.handle(.resumed)
    _ = machine.handle(.head(head(7)))
    #expect(machine.handle(.failed) == [.pause(failures: 1)])
  }

  @Test func `an anchor that came after a newer one is covered by the newest at once`() {
    var machine = AnchorMachine(anchored: 3)
    #expect(machine.handle(.overtaken(by: head(9))) == [], "nothing was sent")
    #expect(machine.handle(.head(head(4))) == [.send(head(4))])
    #expect(machine.handle(.overtaken(by: head(9))) == [.send(head(9))])
    #expect(machine.handle(.head(head(11))) == [])
    #expect(machine.handle(.overtaken(by: head(10))) == [.send(head(11))], "heads never go back")
    #expect(machine.handle(.sent(position: 11)) == [.rest])
    #expect(machine.handle(.resumed) == [])
    #expect(machine.isIdle)
  }

  @Test func `whatever happens, the newest head gets there and no anchor follows another without a rest`() {
    let seed = UInt64.random(in: .min ... .max)
    var dice = Dice(seed: seed)
    for _ in 0..<300 {
      var machine = AnchorMachine(anchored: 0)
      var (newest, anchored) = (Int64(0), Int64(0))
      var pending: [AnchorMachine.Action] = []
      func step(mayFail: Bool) {
        guard !pending.isEmpty else { return }
        let fails = mayFail && Int.random(in: 0..<3, using: &dice) == 0
        switch pending.removeFirst() {
        case .send(let sent):
          if !fails { anchored = sent.position }
          let next = machine.handle(fails ? .failed : .sent(position: sent.position))
          #expect(next == [.rest] || fails, "seed \(seed)")
          pending += next
        case .rest, .pause: pending += machine.handle(.resumed)
        }
        #expect(pending.count <= 1, "seed \(seed)")
      }
      for _ in 0..<40 {
        if Bool.random(using: &dice) {
          newest += Int64.random(in: 1...5, using: &dice)
          pending += machine.handle(.head(head(newest)))
        } else {
          step(mayFail: true)
        }
      }
      for _ in 0..<10 { step(mayFail: false) }
      #expect(anchored == newest && machine.isIdle, "seed \(seed)")
    }
  }
}
