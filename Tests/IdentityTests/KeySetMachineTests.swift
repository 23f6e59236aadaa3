import Testing

@testable import Identity

@Suite struct KeySetMachineTests {
  private let limits = KeySetMachine.Limits(
    refresh: .seconds(300), keep: .seconds(3600), pace: .seconds(10), slowest: .seconds(60))

  private func name(_ answer: KeySetMachine.Answer) -> String {
    switch answer {
    case .key: "key"
    case .wait: "wait"
    case .unknown: "unknown"
    case .unavailable: "unavailable"
    }
  }

  private func fetched(at now: Duration = .zero) throws -> KeySetMachine {
    var machine = KeySetMachine(limits: limits)
    let asks = machine.wanted("p", at: now).asks
    #expect(asks)
    machine.fetched(try TestIssuer().keySet(), at: now)
    return machine
  }

  @Test func `the first who wants a key has the issuer asked, and the others wait with it`() throws {
    var machine = KeySetMachine(limits: limits)
    let first = machine.wanted("p", at: .zero)
    #expect(name(first.answer) == "wait" && first.asks)
    let second = machine.wanted("p", at: .zero)
    #expect(name(second.answer) == "wait" && !second.asks)
    machine.fetched(try TestIssuer().keySet(), at: .seconds(1))
    let third = machine.wanted("p", at: .seconds(1))
    #expect(name(third.answer) == "key" && !third.asks)
    #expect(name(machine.settled("no", at: .seconds(1))) == "unknown")
  }

  @Test func `a storm of keys that there are not is one request for each pace`() throws {
    var machine = try fetched()
    var asked = 0
    for second in 1...1000 {
      for number in 0..<20 {
        let (answer, asks) = machine.wanted("no-\(number)", at: .seconds(second))
        #expect(["wait", "unknown"].contains(name(answer)))
        if asks { asked += 1 }
      }
      machine.fetched(try TestIssuer().keySet(), at: .seconds(second))
    }
    #expect(asked == 100)
  }

  @Test func `a new key is found at once, and an old one no longer believed`() throws {
    var machine = try fetched()
    let (answer, asks) = machine.wanted("new", at: .seconds(20))
    #expect(name(answer) == "wait" && asks)
    machine.fetched(KeySet(), at: .seconds(20))
    #expect(name(machine.settled("p", at: .seconds(20))) == "unknown" && !machine.believesKeys(at: .seconds(20)))
  }

  @Test func `while the issuer is being asked, nothing is said of a key that it may have by now`() throws {
    var machine = try fetched()
    let (answer, asks) = machine.wanted("new", at: .seconds(20))
    #expect(name(answer) == "wait" && asks)
    #expect(name(machine.settled("new", at: .seconds(20))) == "unavailable")
    #expect(name(machine.settled("p", at: .seconds(20))) == "key")
    machine.fetched(try TestIssuer().keySet(), at: .seconds(21))
    #expect(name(machine.settled("new", at: .seconds(21))) == "unknown")
  }

  @Test func `keys that have become old are asked for again while they are believed`() throws {
    var machine = try fetched()
    let early = (machine.wanted("p", at: .seconds(299)).asks, machine.passed(at: .seconds(299)))
    #expect(early == (false, false))
    let (answer, asks) = machine.wanted("p", at: .seconds(300))
    #expect(name(answer) == "key" && asks)
    let again = machine.passed(at: .seconds(301))
    #expect(!again, "it is being asked")
  }

  @Test func `while the issuer is away its keys are believed up to a limit, and then nothing is`() throws {
    var machine = try fetched()
    var asked = 0
    for second in 300..<3600 {
      let (answer, asks) = machine.wanted("p", at: .seconds(second))
      #expect(name(answer) == "key")
      if asks {
        asked += 1
        machine.failed()
      }
      // A key that is not known may be a new one: it can not be told.
      if second > 300 { #expect(name(machine.settled("no", at: .seconds(second))) == "unavailable") }
    }
    #expect((50...60).contains(asked), "once a minute, after a beginning that is faster: \(asked)")
    #expect(name(machine.settled("p", at: .seconds(3599))) == "key" && machine.believesKeys(at: .seconds(3599)))
    #expect(name(machine.settled("p", at: .seconds(3600))) == "unavailable")
    #expect(!machine.believesKeys(at: .seconds(3600)))
    let (answer, asks) = machine.wanted("p", at: .seconds(3700))
    #expect(name(answer) == "wait" && asks)
    machine.fetched(try TestIssuer().keySet(), at: .seconds(3701))
    #expect(name(machine.settled("p", at: .seconds(3701))) == "key")
  }

  @Test func `an issuer that was never there is asked at the pace, more and more slowly`() {
    var machine = KeySetMachine(limits: limits)
    var moments: [Int] = []
    for second in 0...400 {
      let (answer, asks) = machine.wanted("p", at: .seconds(second))
      #expect(name(answer) == (asks ? "wait" : "unavailable"))
      if asks {
        moments.append(second)
        machine.failed()
      }
    }
    #expect(Array(moments.prefix(6)) == [0, 10, 30, 70, 130, 190])
  }
}
