import Contract
import Model
import Placement
import Policy

/// Simulations as tables.
enum SimulationText {
  /// Where each project would go.
  ///
  /// - Parameter note: what else is to be known of the whole.
  static func render(_ outcomes: [SimulatedProject], _ language: Language, note: String? = nil) -> String {
    var table = header(language, change: false)
    for outcome in outcomes {
      for place in outcome.places {
        let from = place.movedFrom.map { "\($0) → " } ?? ""
        table.add(
          outcome.project, name(place.environment, place.replica), from + place.cluster, place.zone, place.region,
          why(outcome, place, language))
      }
      for left in unasked(outcome) {
        table.add(
          outcome.project, name(left.environment, left.replica), left.cluster, "-", "-", why(left, language))
      }
      if outcome.outcome != .placed { table.add(outcome.project, "-", "-", "-", "-", why(outcome, language)) }
    }
    return [table.render(), note].compactMap(\.self).joined(separator: "\n")
  }

  /// What changes, and how many projects it becomes of what.
  ///
  /// - Parameter note: what else is to be known of the whole.
  static func render(_ changes: [SimulatedChange], _ language: Language, note: String? = nil) -> String {
    var table = header(language, change: true)
    for change in changes {
      let word = word(change.change, language)
      if change.after.outcome != .placed {
        table.add(change.project, word, "-", "-", "-", why(change.after, language))
      }
      for place in change.after.places {
        let old = change.before.places.first { $0.environment == place.environment && $0.replica == place.replica }
        let route = old.map { $0.cluster == place.cluster ? place.cluster : "\($0.cluster) → \(place.cluster)" }
        table.add(
          change.project, word, name(place.environment, place.replica), route ?? place.cluster, place.region,
          why(change.after, place, language))
      }
      for left in unasked(change.after) {
        table.add(
          change.project, word, name(left.environment, left.replica), left.cluster, "-", why(left, language))
      }
    }
    let counts = SimulatedChange.Kind.allCases.compactMap { kind -> String? in
      let count = changes.count { $0.change == kind }
      return count == 0 ? nil : "\(word(kind, language)) \(count)"
    }
    let broken = changes.count { $0.after.isBroken }
    let compliance = broken == 0 ? [] : [language == .fr ? "non conforme \(broken)" : "non-compliant \(broken)"]
    let sums = (counts + compliance).joined(separator: ", ")
    return [table.render(), note, sums].compactMap(\.self).joined(separator: "\n")
  }

  private static func header(_ language: Language, change: Bool) -> Table {
    switch (language, change) {
    case (.fr, false): Table("PROJET", "ENVIRONNEMENT", "CLUSTER", "ZONE", "RÉGION", "POURQUOI")
    case (.en, false): Table("PROJECT", "ENVIRONMENT", "CLUSTER", "ZONE", "REGION", "WHY")
    case (.fr, true): Table("PROJET", "CHANGEMENT", "ENVIRONNEMENT", "CLUSTER", "RÉGION", "POURQUOI")
    case (.en, true): Table("PROJECT", "CHANGE", "ENVIRONMENT", "CLUSTER", "REGION", "WHY")
    }
  }

  private static func name(_ environment: String, _ replica: Int) -> String {
    replica == 0 ? environment : "\(environment)/\(replica)"
  }

  /// What does not comply of a project that is placed without it: it does not ask for that any more.
  private static func unasked(_ outcome: SimulatedProject) -> [SimulatedProject.Violation] {
    guard outcome.outcome == .placed else { return [] }
    return outcome.violations.filter { violation in
      !outcome.places.contains { $0.environment == violation.environment && $0.replica == violation.replica }
    }
  }

  private static func word(_ change: SimulatedChange.Kind, _ language: Language) -> String {
    let words: (fr: String, en: String) =
      switch change {
      case .noLongerPlaced: ("n’est plus placé", "no longer placed")
      case .moves: ("déménage", "moves")
      case .newlyPlaced: ("nouvellement placé", "newly placed")
      case .stillNotPlaced: ("toujours sans place", "still not placed")
      case .rechained: ("autre chaîne", "another chain")
      case .same: ("inchangé", "same")
      }
    return language == .fr ? words.fr : words.en
  }

  /// Why a project is not placed: what drives it out, else what stands in its way.
  private static func why(_ outcome: SimulatedProject, _ language: Language) -> String {
    let reasons = outcome.violations.flatMap(\.reasons) + outcome.reasons
    guard let first = reasons.first else { return gone(outcome.violations.first, language) }
    return first.sentence.text(language) + (reasons.count > 1 ? " (+\(reasons.count - 1))" : "")
  }

  private static func why(_ violation: SimulatedProject.Violation, _ language: Language) -> String {
    violation.reasons.first?.sentence.text(language) ?? gone(violation, language)
  }

  /// What drives a replica out of where it was, or else what does not let it grow there.
  private static func why(
    _ outcome: SimulatedProject, _ place: SimulatedProject.Place, _ language: Language
  ) -> String {
    let violation = outcome.violations.first { $0.environment == place.environment && $0.replica == place.replica }
    guard let first = violation?.reasons.first ?? place.movedBecause?.first else { return gone(violation, language) }
    return first.sentence.text(language)
  }

  private static func gone(_ violation: SimulatedProject.Violation?, _ language: Language) -> String {
    guard let violation else { return "" }
    return language == .fr
      ? "« \(violation.cluster) » n’est plus dans l’offre." : "“\(violation.cluster)” is not on offer any more."
  }
}
