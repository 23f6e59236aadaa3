import Contract
import Foundation
import Model
import Placement

/// Where a project would go, for people.
enum QueryText {
  static func render(_ view: QueryView, language: Language, wide: Bool = false) -> String {
    var lines = [BasisText.render(view.basis, language: language)]
    lines += WarningText.lines(view.warnings, language: language)
    if !view.proposal.isEmpty { lines += ["", places(view.proposal, language: language, wide: wide)] }
    return (lines + ["", ExplanationText.render(view.explanation, language: language)]).joined(separator: "\n")
  }

  static func places(_ places: [PlaceView], language: Language, wide: Bool = false) -> String {
    let columns = ["ENVIRONMENT", "ZONE", "CLUSTER", "LABEL", "REGION", "OPERATOR", "SCORE"]
    var table = Table(wide ? columns + ["ID", "NOW"] : columns)
    for place in places {
      let environment = place.replica == 0 ? place.environment : "\(place.environment)/\(place.replica)"
      let cells = [
        environment, place.zone, place.cluster, place.clusterLabel ?? "-", place.region, place.operator,
        String(place.score),
      ]
      let now = place.kept ? place.cluster : place.movedFrom ?? "-"
      table.add(wide ? cells + [place.clusterID?.uuidString.lowercased() ?? "-", now] : cells)
    }
    return table.render()
  }
}

/// Whether a project may go where somebody would have it, for people.
enum ValidationText {
  static func render(_ view: ValidationView, language: Language) -> String {
    let french = language == .fr
    let verdict =
      view.valid ? (french ? "possible" : "possible") : (french ? "refusé" : "refused")
    let chain = view.chain.map { french ? ", chaîne \($0)" : ", chain \($0)" } ?? ""
    var lines = [
      BasisText.render(view.basis, language: language), "", "\(view.project)\(french ? " :" : ":") \(verdict)\(chain)",
    ]
    lines.insert(contentsOf: WarningText.lines(view.warnings, language: language), at: 1)
    for reason in view.reasons {
      lines.append("  \(reason.sentence)" + (reason.remedy.isEmpty ? "" : " → \(reason.remedy)"))
    }
    if let conflict = ExplanationText.conflict(view.conflict, of: view.reasons, language) {
      lines.append("  " + conflict)
    }
    var table = Table("ENVIRONMENT", "ZONE", "CLUSTER", "LABEL", "VERDICT", french ? "POURQUOI" : "WHY")
    for choice in view.choices {
      let environment = choice.replica == 0 ? choice.environment : "\(choice.environment)/\(choice.replica)"
      table.add(
        environment, choice.zone, choice.cluster, choice.clusterLabel ?? "-", self.verdict(choice, french: french),
        ExplanationText.why(choice.reasons, accepted: choice.accepted))
    }
    lines += ["", table.render()]
    if !view.valid, !view.nearest.isEmpty {
      lines += ["", french ? "Au plus près de ce choix :" : "Nearest to that choice:"]
      lines.append(QueryText.places(view.nearest, language: language))
    }
    return lines.joined(separator: "\n")
  }

  private static func verdict(_ choice: ValidationView.Choice, french: Bool) -> String {
    let score = choice.score.map { " \($0)" } ?? ""
    if choice.accepted { return (french ? "possible" : "eligible") + score }
    return choice.reasons.first?.code.rawValue ?? (french ? "refusé" : "refused")
  }
}

/// What is to be said of a policy that was supposed, for people.
enum WarningText {
  static func lines(_ findings: [PolicyFinding]?, language: Language) -> [String] {
    (findings ?? []).map { finding in
      let severity =
        switch (finding.severity, language) {
        case (.error, .fr): "erreur"
        case (.error, .en): "error"
        case (.warning, .fr): "avertissement"
        case (.warning, .en): "warning"
        }
      return "\(severity)\(language == .fr ? " :" : ":") \(finding.path): \(finding.message) [\(finding.code)]"
    }
  }
}

/// What an answer was computed from, for people.
enum BasisText {
  static func render(_ basis: QueryBasis, language: Language) -> String {
    let french = language == .fr
    var text =
      french
      ? "État du \(basis.asOf), pour le \(basis.day) ; politique \(basis.policyVersion), offre \(basis.offerVersion)"
      : "As of \(basis.asOf), for \(basis.day); policy \(basis.policyVersion), offer \(basis.offerVersion)"
    if basis.stale == true { text += (french ? " ; " : "; ") + StaleText.render(language) }
    guard !basis.supposed.isEmpty else { return text }
    let names = basis.supposed.map { french ? $0.french : $0.rawValue }.joined(separator: ", ")
    return text + (french ? " ; supposé : \(names)" : "; supposed: \(names)")
  }
}

/// That an answer is from before the database went away, for people.
enum StaleText {
  static func render(_ language: Language) -> String {
    language == .fr
      ? "la base de données ne répond pas : état connu en dernier"
      : "the database does not answer: what was known last"
  }
}

extension QueryBasis.Supposition {
  fileprivate var french: String {
    switch self {
    case .at: "jour"
    case .policy: "politique"
    case .offer: "offre"
    }
  }
}

/// A decision that was made again since something had moved, for people.
enum RaceText {
  /// Nil where it was made once.
  static func render(_ decision: DecisionIdentity, language: Language) -> String? {
    guard decision.attempts > 1 else { return nil }
    let moved = (decision.moved ?? []).joined(separator: ", ")
    let what = moved.isEmpty ? "" : " : \(moved)"
    return language == .fr
      ? "Ce sur quoi la décision reposait a changé entre-temps\(what). Elle a été reprise (\(decision.attempts) essais)."
      : "What the decision rested on has changed meanwhile\(what). It was made again (\(decision.attempts) attempts)."
  }
}
