import Events
import Foundation
import Model
import Placement
import Policy

/// Something that lasts until a day, and whose end may leave placements that do not comply: pure. The time before a rule
/// begins is such a thing too.
struct ForeseenEnd: Sendable, Hashable {
  /// What ends.
  enum Cause: Sendable, Hashable {
    /// A qualification of a region, as it counts.
    case qualification(String, region: String)
    /// A notified derogation of a project, by its name.
    case derogation(String, project: String)
    /// The time without a rule of the policy in force, by what the rule says: worded otherwise it is the same.
    case rule(String, content: String)
  }

  var cause: Cause
  /// Its last day.
  var lastDay: CalendarDay

  /// The first day without it.
  var firstDay: CalendarDay { lastDay.adding(days: 1) }

  /// Tells it from all others; prolonged or shortened, or with another rule behind it, it is another end.
  var key: String {
    switch cause {
    case .qualification(let name, let region): "qualification/\(region)/\(name)/\(lastDay)"
    case .derogation(let name, _): "derogation/\(name)/\(lastDay)"
    case .rule(let id, let content): "rule/\(id)/\(lastDay)/\(content)"
    }
  }

  /// The ends that lie within the notice of the policy, by their days: from the day itself to so many days later.
  static func all(of prepared: PreparedOffer, at now: Date) throws -> [ForeseenEnd] {
    let today = prepared.day
    let horizon = today.adding(days: prepared.engine.policy.spec.derogationNoticeDays ?? 30)
    let qualifications = prepared.offer.regions.flatMap { region in
      region.spec.qualifications.compactMap { qualification in
        qualification.isValid(on: today)
          ? qualification.validUntil.map {
            ForeseenEnd(cause: .qualification(qualification.name, region: region.name), lastDay: $0)
          } : nil
      }
    }
    let derogations = prepared.derogations.compactMap { derogation in
      derogation.spec.isInEffect(at: now, on: today)
        ? derogation.spec.validUntil.map {
          ForeseenEnd(cause: .derogation(derogation.name, project: derogation.spec.project), lastDay: $0)
        } : nil
    }
    // Rules that restrict, as they begin. Where one ends there is only more that complies.
    let rules = try prepared.engine.policy.spec.rules.compactMap { rule -> ForeseenEnd? in
      guard let first = rule.validFrom, first > today, rule.effect == .require || rule.effect == .forbid else {
        return nil
      }
      return ForeseenEnd(
        cause: .rule(rule.id, content: try rule.contentDigest), lastDay: first.adding(days: -1))
    }
    return Set(qualifications + derogations + rules).filter { today <= $0.lastDay && $0.lastDay <= horizon }
      .sorted { ($0.lastDay, $0.key) < ($1.lastDay, $1.key) }
  }

  /// Whether a placement that breaks something from then on does so for this: it lies in the region, is of the project, or
  /// breaks the rule.
  func concerns(_ fault: JudgedProject.Fault, of project: String) -> Bool {
    switch cause {
    case .qualification(_, let region): fault.region == region
    case .derogation(_, let name): project == name
    case .rule(let id, _): fault.breach.rules.contains(id)
    }
  }
}

extension PolicySpec.Rule {
  /// What it does and to whom, without its words, in whichever order it is written.
  fileprivate var contentDigest: String {
    get throws {
      var content = arranged
      (content.title, content.motive) = (nil, LocalizedText(fr: ""))
      return String(Digest.hexadecimal(Digest.sha256([UInt8](try ModelJSON.encoder.encode(content)))).prefix(16))
    }
  }
}

/// How many placements an end leaves without what they need, by who is told.
struct ForeseenCount: Sendable, Hashable {
  var operators: [String: Int] = [:]
  var projects: [String: Int] = [:]

  var isEmpty: Bool { projects.isEmpty }

  mutating func count(_ fault: JudgedProject.Fault, of project: String) {
    operators[fault.operator, default: 0] += 1
    projects[project, default: 0] += 1
  }
}
