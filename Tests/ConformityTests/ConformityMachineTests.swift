import Events
import TestSupport
import Testing

@testable import Conformity

/// Rounds of probes as a value: no cluster, no clock.
struct ConformityMachineTests {
  typealias Result = ClusterConformity.Result

  private static let start = Timestamp(microseconds: 1_800_000_000_000_000)
  private static let rules = ConformityRule.allCases

  /// Runs one round to its end; `answers` are those of the rules, in their order, and `again` those to what is offered once
  /// more, as before where it does not say.
  private static func round(
    _ machine: inout ConformityMachine, before: ProbeAnswer = .accepted(isHarmless: true), _ answers: [ProbeAnswer],
    after: ProbeAnswer = .accepted(isHarmless: true), again: [ConformityRule: ProbeAnswer] = [:],
    at now: Timestamp = start
  ) throws -> (report: ClusterConformity, wait: Int64) {
    #expect(machine.handle(.woke, at: now) == [.prepare])
    var actions = machine.handle(.prepared, at: now)
    var rest = ([before] + answers + [after])[...]
    let first = Dictionary(uniqueKeysWithValues: zip(rules, answers))
    var offered: [Probe] = []
    while case .offer(let probe)? = actions.first {
      offered.append(probe)
      let repeated: ProbeAnswer? = if case .breaking(let rule) = probe { again[rule] ?? first[rule] } else { nil }
      guard let answer = rest.popFirst() ?? repeated else { throw UnexpectedActions(actions: actions) }
      actions = machine.handle(.answered(answer), at: now)
    }
    let refused = zip(rules, answers).compactMap { rule, answer -> Probe? in
      if case .refused = answer { .breaking(rule) } else { nil }
    }
    var wanted: [Probe] = [.control] + rules.map(Probe.breaking) + [.control]
    if case .accepted = after { wanted += refused }
    #expect(offered == wanted)
    return try end(actions)
  }

  private static func end(_ actions: [ConformityMachine.Action]) throws -> (report: ClusterConformity, wait: Int64) {
    guard actions.count == 2, case .report(let report) = actions[0], case .wait(let seconds) = actions[1] else {
      throw UnexpectedActions(actions: actions)
    }
    #expect(report.answers.map(\.rule) == rules.map(\.rawValue))
    return (report, seconds)
  }

  private struct UnexpectedActions: Error { var actions: [ConformityMachine.Action] }

  private static func all(_ answer: ProbeAnswer) -> [ProbeAnswer] { rules.map { _ in answer } }

  private static func later(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: start.microseconds + seconds * 1_000_000)
  }

  @Test(
    "each answer is read for what it is",
    arguments: [
      (ProbeAnswer.refused("policy says no"), Result.enforced, "policy says no"),
      (.accepted(isHarmless: true), .enforced, "changed at admission"),
      (.accepted(isHarmless: false), .notEnforced, ""),
      (.none("timeout"), .inconclusive, "timeout"),
    ])
  func reading(_ answer: ProbeAnswer, _ result: Result, _ message: String) throws {
    var machine = ConformityMachine()
    let (report, wait) = try Self.round(&machine, Self.all(answer))
    #expect(report.answers.allSatisfy { $0.result == result && $0.message == message && $0.at == Self.start })
    #expect(report.problem == nil)
    #expect(wait == (result == .inconclusive ? 5 : 86_400))
  }

  @Test(
    "what was refused once, and not again after the closing control, says nothing",
    arguments: [
      (ProbeAnswer.accepted(isHarmless: false), "refused, and let in when it was offered again: no"),
      (.accepted(isHarmless: true), "refused, and let in when it was offered again: no"),
      (.none("timeout"), "refused, and without an answer when it was offered again: timeout"),
    ])
  func again(_ answer: ProbeAnswer, _ message: String) throws {
    var machine = ConformityMachine()
    let (report, wait) = try Self.round(&machine, Self.all(.refused("no")), again: [.lowPort: answer])
    for found in report.answers {
      let isOdd = found.rule == ConformityRule.lowPort.rawValue
      #expect(found.result == (isOdd ? .inconclusive : .enforced) && found.message == (isOdd ? message : "no"))
    }
    #expect(report.problem == nil && wait == 5)
    let (next, later) = try Self.round(&machine, Self.all(.refused("no")))
    #expect(next.answers.allSatisfy { $0.result == .enforced } && later == 86_400)
  }

  @Test("one rule's answer is not another's", arguments: ConformityRule.allCases)
  func apart(_ odd: ConformityRule) throws {
    var machine = ConformityMachine()
    let answers = Self.rules.map { $0 == odd ? ProbeAnswer.accepted(isHarmless: false) : .refused("no") }
    let (report, _) = try Self.round(&machine, answers)
    for answer in report.answers {
      #expect(answer.result == (answer.rule == odd.rawValue ? .notEnforced : .enforced))
    }
  }

  @Test("a control pod that is refused, before or after, makes the whole round say nothing")
  func control() throws {
    let refusals = Self.all(.refused("exceeded quota"))
    var before = ConformityMachine()
    #expect(before.handle(.woke, at: Self.start) == [.prepare])
    #expect(before.handle(.prepared, at: Self.start) == [.offer(.control)])
    let first = try Self.end(before.handle(.answered(.refused("exceeded quota")), at: Self.start))
    #expect(first.report.problem == "a pod that keeps all the rules was refused: exceeded quota")
    #expect(first.report.answers.allSatisfy { $0.result == .inconclusive })

    var after = ConformityMachine()
    let second = try Self.round(&after, refusals, after: .refused("exceeded quota"))
    #expect(second.report.problem?.contains("exceeded quota") == true)
    #expect(second.report.answers.allSatisfy { $0.result == .inconclusive })

    var silent = ConformityMachine()
    let third = try Self.round(&silent, refusals, after: .none("timeout"))
    #expect(third.report.answers.allSatisfy { $0.result == .inconclusive })
  }

  @Test("rounds that say nothing come again ever later, up to an hour, and one that does makes it a day")
  func pace() throws {
    var machine = ConformityMachine()
    var waits: [Int64] = []
    for _ in 0..<20 {
      _ = machine.handle(.woke, at: Self.start)
      waits.append(try Self.end(machine.handle(.notPrepared("no"), at: Self.start)).wait)
    }
    #expect(waits.prefix(11) == [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600])
    #expect(waits.dropFirst(11).allSatisfy { $0 == 3_600 })
    #expect(try Self.round(&machine, Self.all(.refused("no"))).wait == 86_400)
    _ = machine.handle(.woke, at: Self.start)
    #expect(try Self.end(machine.handle(.notPrepared("no"), at: Self.start)).wait == 5)
  }

  @Test("an answer stands for three days while later rounds say nothing, with the moment it was found")
  func memory() throws {
    var machine = ConformityMachine()
    _ = try Self.round(&machine, Self.all(.refused("no")))
    for (seconds, result) in [(86_400, Result.enforced), (3 * 86_400, .enforced), (3 * 86_400 + 1, .inconclusive)] {
      let now = Self.later(Int64(seconds))
      _ = machine.handle(.woke, at: now)
      let (report, _) = try Self.end(machine.handle(.notPrepared("away"), at: now))
      #expect(report.at == now && report.problem == "away")
      #expect(report.answers.allSatisfy { $0.result == result })
      #expect(report.answers.allSatisfy { $0.at == (result == .enforced ? Self.start : now) })
    }
  }

  @Test("a clock that went back does not keep an answer")
  func clock() throws {
    var machine = ConformityMachine()
    _ = try Self.round(&machine, Self.all(.refused("no")), at: Self.later(100))
    _ = machine.handle(.woke, at: Self.start)
    let (report, _) = try Self.end(machine.handle(.notPrepared("away"), at: Self.start))
    #expect(report.answers.allSatisfy { $0.result == .inconclusive && $0.message == "away" })
  }

  @Test("a rule found open is not hidden by an older answer, and one probe without answer keeps its own")
  func newer() throws {
    var machine = ConformityMachine()
    _ = try Self.round(&machine, Self.all(.refused("no")))
    let now = Self.later(86_400)
    let answers = Self.rules.map { $0 == .root ? ProbeAnswer.none("timeout") : .accepted(isHarmless: false) }
    let (report, wait) = try Self.round(&machine, answers, at: now)
    for answer in report.answers {
      let isRoot = answer.rule == ConformityRule.root.rawValue
      #expect(answer.result == (isRoot ? .enforced : .notEnforced))
      #expect(answer.at == (isRoot ? Self.start : now))
    }
    #expect(wait == 5)
  }

  @Test("what nothing asked for changes nothing")
  func stray() throws {
    var machine = ConformityMachine()
    #expect(machine.handle(.prepared, at: Self.start) == [])
    #expect(machine.handle(.notPrepared("no"), at: Self.start) == [])
    #expect(machine.handle(.answered(.refused("no")), at: Self.start) == [])
    #expect(machine.handle(.woke, at: Self.start) == [.prepare])
    #expect(machine.handle(.woke, at: Self.start) == [])
    #expect(machine.handle(.prepared, at: Self.start) == [.offer(.control)])
    #expect(machine.handle(.woke, at: Self.start) == [])
  }

  @Test("a server's words are kept to 512 bytes, between characters")
  func words() throws {
    var machine = ConformityMachine()
    let (report, _) = try Self.round(&machine, Self.all(.refused(String(repeating: "é", count: 400))))
    #expect(report.answers[0].message == String(repeating: "é", count: 254) + "…")
    let (short, _) = try Self.round(&machine, Self.all(.refused(String(repeating: "é", count: 256))))
    #expect(short.answers[0].message == String(repeating: "é", count: 256))
  }

  @Test("whatever is answered, no rule is told as kept unless both control pods were accepted, nor for one refusal")
  func chance() throws {
    var dice = Dice.fresh("conformity")
    let answers: [ProbeAnswer] = [
      .accepted(isHarmless: true), .accepted(isHarmless: false), .refused("no"), .none("timeout"),
    ]
    for _ in 0..<2_000 {
      var machine = ConformityMachine()
      _ = machine.handle(.woke, at: Self.start)
      var actions = machine.handle(.prepared, at: Self.start)
      var given: [(Probe, ProbeAnswer)] = []
      while case .offer(let probe)? = actions.first {
        let answer =
          probe == .control && Int.random(in: 0..<5, using: &dice) < 4
          ? answers[1] : answers[Int.random(in: 0..<4, using: &dice)]
        given.append((probe, answer))
        actions = machine.handle(.answered(answer), at: Self.start)
      }
      let (report, _) = try Self.end(actions)
      let controls = given.filter { $0.0 == .control }
      let isSound = controls.count == 2 && controls.allSatisfy { if case .accepted = $0.1 { true } else { false } }
      #expect((report.problem == nil) == isSound)
      for answer in report.answers where answer.result != .inconclusive {
        #expect(isSound)
        let said = given.filter { $0.0.name == "regie-probe-\(answer.rule)" }.map(\.1)
        #expect((said.first == answers[1]) == (answer.result == .notEnforced))
        let wanted = said.first == answers[2] ? [answers[2], answers[2]] : Array(said.prefix(1))
        #expect(said == wanted)
      }
    }
  }
}
