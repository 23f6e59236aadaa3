public import Events

/// One cluster's rounds of probes: the control pod, every rule's, the control pod again, and once more what was refused.
///
/// Only a round in which the control pod was accepted before *and* after says anything: a quota or a broken webhook that
/// comes up in between would else pass for a policy. One that comes and goes in between would pass for one all the same:
/// what is refused counts only where it is refused again after that.
public struct ConformityMachine: Sendable {
  /// What happens.
  public enum Event: Sendable, Hashable {
    /// A round is due.
    case woke
    /// The namespace of the probes is there.
    case prepared
    /// It is not, and why.
    case notPrepared(String)
    /// What the server said to the probe that was sent.
    case answered(ProbeAnswer)
  }

  /// What is to be done.
  public enum Action: Sendable, Hashable {
    /// Have the namespace of the probes ready.
    case prepare
    /// Offer this pod.
    case offer(Probe)
    /// Tell the centre.
    case report(ClusterConformity)
    /// Wake after so many seconds, give or take a tenth.
    case wait(seconds: Int64)
  }

  /// Between conclusive rounds, in seconds: a day.
  public static let interval: Int64 = 86_400
  /// After the first round that said nothing; doubled up to ``longestRetry``.
  static let firstRetry: Int64 = 5
  static let longestRetry: Int64 = 3_600
  /// How long an answer stands while later rounds say nothing, in microseconds: three days.
  static let validity: Int64 = 3 * 86_400_000_000

  private static let round: [Probe] = [.control] + ConformityRule.allCases.map(Probe.breaking) + [.control]

  private var position: Int?
  /// What this round offers; each probe that is refused is added to its end.
  private var offers: [Probe] = []
  private var found: [ConformityRule: ClusterConformity.Answer] = [:]
  private var known: [ConformityRule: ClusterConformity.Answer] = [:]
  private var failures = 0

  /// A machine that waits to be woken.
  public init() {}

  /// Takes one event. An event that nothing asked for changes nothing.
  public mutating func handle(_ event: Event, at now: Timestamp) -> [Action] {
    switch (event, position) {
    case (.woke, nil):
      position = 0
      (offers, found) = (Self.round, [:])
      return [.prepare]
    case (.prepared, 0?): return [.offer(offers[0])]
    case (.notPrepared(let why), 0?): return end(because: why, at: now)
    case (.answered(let answer), let position?): return take(answer, to: offers[position], at: position, now)
    default: return []
    }
  }

  private mutating func take(_ answer: ProbeAnswer, to probe: Probe, at position: Int, _ now: Timestamp) -> [Action] {
    switch (probe, answer) {
    case (.control, .accepted): break
    case (.control, .refused(let why)):
      return end(because: "a pod that keeps all the rules was refused: \(why)", at: now)
    case (.control, .none(let why)):
      return end(because: "there is no answer to a pod that keeps all the rules: \(why)", at: now)
    case (.breaking(let rule), _): note(answer, to: rule, now)
    }
    guard position + 1 < offers.count else { return end(because: nil, at: now) }
    self.position = position + 1
    return [.offer(offers[position + 1])]
  }

  private mutating func note(_ answer: ProbeAnswer, to rule: ConformityRule, _ now: Timestamp) {
    if let first = found[rule] {
      found[rule] = Self.confirmed(first, by: answer, now)
    } else {
      found[rule] = Self.reading(answer, to: rule, now)
      if case .refused = answer { offers.append(.breaking(rule)) }
    }
  }

  /// What a refusal is worth once the same pod was offered again: one that does not stand was not for what the pod is.
  private static func confirmed(_ first: ClusterConformity.Answer, by second: ProbeAnswer, _ now: Timestamp)
    -> ClusterConformity.Answer
  {
    let why: String
    switch second {
    case .refused: return first
    case .accepted: why = "refused, and let in when it was offered again: \(first.message)"
    case .none(let silence): why = "refused, and without an answer when it was offered again: \(silence)"
    }
    return ClusterConformity.Answer(rule: first.rule, result: .inconclusive, message: why.bounded, at: now)
  }

  private static func reading(_ answer: ProbeAnswer, to rule: ConformityRule, _ now: Timestamp)
    -> ClusterConformity.Answer
  {
    let (result, message): (ClusterConformity.Result, String) =
      switch answer {
      case .accepted(isHarmless: true): (.enforced, "changed at admission")
      case .accepted(isHarmless: false): (.notEnforced, "")
      case .refused(let why): (.enforced, why)
      case .none(let why): (.inconclusive, why)
      }
    return ClusterConformity.Answer(rule: rule.rawValue, result: result, message: message.bounded, at: now)
  }

  private mutating func end(because problem: String?, at now: Timestamp) -> [Action] {
    position = nil
    if problem == nil {
      for (rule, answer) in found where answer.result != .inconclusive { known[rule] = answer }
    }
    let answers = ConformityRule.allCases.map { answer(to: $0, problem, at: now) }
    let isConclusive = problem == nil && found.values.allSatisfy { $0.result != .inconclusive }
    failures = isConclusive ? 0 : failures + 1
    let wait = isConclusive ? Self.interval : min(Self.firstRetry << Int64(min(failures - 1, 16)), Self.longestRetry)
    return [.report(ClusterConformity(at: now, problem: problem?.bounded, answers: answers)), .wait(seconds: wait)]
  }

  /// What is known of a rule; an outage of an API server does not make its policies unknown at once. A clock that went back
  /// does not make an answer young for ever.
  private func answer(to rule: ConformityRule, _ problem: String?, at now: Timestamp) -> ClusterConformity.Answer {
    if let answer = known[rule], (0...Self.validity).contains(now.microseconds(since: answer.at)) { return answer }
    let why = problem ?? found[rule]?.message ?? ""
    return ClusterConformity.Answer(rule: rule.rawValue, result: .inconclusive, message: why.bounded, at: now)
  }
}

extension String {
  /// At most 512 bytes, cut between characters.
  fileprivate var bounded: String {
    guard utf8.count > 512 else { return self }
    var bytes = 0
    return String(
      prefix { character in
        bytes += character.utf8.count
        return bytes <= 509
      }) + "…"
  }
}
