import Events
import Model
import Placement

/// What is stored of a cluster's conformity, by rule.
struct StoredConformity: Codable, Sendable, Hashable {
  /// What was found of one rule.
  struct Answer: Codable, Sendable, Hashable {
    var finding: ConformityFinding
    /// When, by the agent's clock.
    var at: Timestamp
    /// When it was heard first, by the centre's clock; nil where the previous program has stored it.
    var heardAt: Timestamp?
  }

  /// By rule.
  var answers: [String: Answer] = [:]

  /// How long a finding stands that no later probe has confirmed, in microseconds, by either clock: as long as at the
  /// agent itself, which forgets what it found when it is started again.
  static let validity: Int64 = 3 * 86_400_000_000
  /// That the same was found once more is written down when what is stored is older than this.
  private static let refresh: Int64 = 6 * 3_600_000_000

  init() {}

  init(from decoder: any Decoder) throws {
    answers = try [String: Answer](from: decoder)
  }

  func encode(to encoder: any Encoder) throws { try answers.encode(to: encoder) }

  /// What decisions look at.
  var findings: [String: ConformityFinding] { answers.mapValues(\.finding) }

  /// What is known once a heartbeat of the agent's moment `moment` was heard at the centre's `now`: what it reports, and of
  /// the rest what is not too old. An agent that says nothing any more makes nothing stand for ever. Rules that this
  /// program does not know are left out; no policy can name them.
  ///
  /// - Parameter storedAt: when this was stored, by the centre's clock.
  func merged(
    with report: ClusterConformity?, at moment: Timestamp, heardAt now: Timestamp, storedAt: Timestamp
  ) -> StoredConformity {
    // What the previous program has stored was heard then at the latest. Every later writing would make it young again.
    let answers = self.answers.mapValues { answer in
      Answer(finding: answer.finding, at: answer.at, heardAt: answer.heardAt ?? storedAt)
    }
    func isValid(_ answer: Answer) -> Bool {
      let isHeard = abs(now.microseconds(since: answer.heardAt ?? storedAt)) <= Self.validity
      // The moment of an answer that says nothing moves with every round, and is not written down each time.
      let isFound = abs(moment.microseconds(since: answer.at)) <= Self.validity || answer.finding == .inconclusive
      return isHeard && isFound
    }
    var next = StoredConformity()
    next.answers = answers.filter { isValid($0.value) }
    for reported in report?.answers ?? [] where ConformityFinding.rules.contains(reported.rule) {
      let known = answers[reported.rule]
      var answer = Answer(finding: ConformityFinding(reported.result), at: reported.at, heardAt: now)
      if let known, known.at == answer.at, known.finding == answer.finding {
        answer.heardAt = known.heardAt ?? storedAt
      }
      let stands = next.answers[reported.rule].map { $0.finding != .inconclusive } ?? false
      guard isValid(answer), answer.finding != .inconclusive || !stands else { continue }
      if let known, known.finding == answer.finding, isValid(known),
        abs(now.microseconds(since: known.heardAt ?? storedAt)) <= Self.refresh,
        abs(answer.at.microseconds(since: known.at)) <= Self.refresh
      {
        answer = known
      }
      next.answers[reported.rule] = answer
    }
    return next
  }
}

extension ConformityFinding {
  init(_ result: ClusterConformity.Result) {
    self =
      switch result {
      case .enforced: .enforced
      case .notEnforced: .notEnforced
      case .inconclusive: .inconclusive
      }
  }
}
