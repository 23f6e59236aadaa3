import Events
import Model
import Placement

/// What is stored of a cluster's conformity, by rule.
struct StoredConformity: Codable, Sendable, Hashable {
  /// What was found of one rule, and when, by the agent's clock.
  struct Answer: Codable, Sendable, Hashable {
    var finding: ConformityFinding
    var at: Timestamp
  }

  /// By rule.
  var answers: [String: Answer] = [:]

  /// How long a finding stands while later probes say nothing, in microseconds: as long as at the agent itself, which forgets
  /// what it found when it is started again.
  private static let validity: Int64 = 3 * 86_400_000_000

  init() {}

  init(from decoder: any Decoder) throws {
    answers = try [String: Answer](from: decoder)
  }

  func encode(to encoder: any Encoder) throws { try answers.encode(to: encoder) }

  /// What decisions look at.
  var findings: [String: ConformityFinding] { answers.mapValues(\.finding) }

  /// What is known once `report` has come with a heartbeat of the moment `now`. Rules that this program does not know are
  /// left out; no policy can name them.
  func merged(with report: ClusterConformity?, at now: Timestamp) -> StoredConformity {
    var next = self
    for answer in report?.answers ?? [] where ConformityFinding.rules.contains(answer.rule) {
      let finding = ConformityFinding(answer.result)
      if finding == .inconclusive, let known = answers[answer.rule], known.finding != .inconclusive,
        (0...Self.validity).contains(now.microseconds(since: known.at))
      {
        continue
      }
      // The moment of an answer that says nothing moves with every round.
      if finding == .inconclusive, answers[answer.rule]?.finding == .inconclusive { continue }
      next.answers[answer.rule] = Answer(finding: finding, at: answer.at)
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
