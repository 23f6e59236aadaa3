import Contract
import Placement

/// A decision's explanation for people: per environment, where it went and what each other cluster said.
enum ExplanationText {
  static func render(_ explanation: ExplanationView, language: Language) -> String {
    var lines: [String] = []
    lines.append(heading(explanation, language))
    for reason in explanation.reasons { lines.append("  \(reason.sentence)") }
    for environment in explanation.environments {
      lines.append("")
      lines.append("\(environment.environment) (\(environment.stage), ×\(environment.replicas))")
      lines.append(candidates(environment, language))
      if !environment.lost.isEmpty {
        let counts = environment.lost.map { "\($0.code.rawValue) \($0.count)" }.joined(separator: ", ")
        lines.append("  \(language == .fr ? "écartés :" : "lost:") \(counts)")
      }
      if let omission = omission(environment, language) { lines.append(omission) }
    }
    return lines.joined(separator: "\n")
  }

  private static func heading(_ explanation: ExplanationView, _ language: Language) -> String {
    let chain = explanation.chain.map { language == .fr ? ", chaîne \($0)" : ", chain \($0)" } ?? ""
    switch explanation.outcome {
    case .placed: return (language == .fr ? "\(explanation.project) : placé" : "\(explanation.project): placed") + chain
    case .unplaceable:
      return language == .fr ? "\(explanation.project) : ne tient nulle part" : "\(explanation.project): fits nowhere"
    case .undecided:
      return language == .fr ? "\(explanation.project) : non décidé" : "\(explanation.project): undecided"
    }
  }

  /// In the order in which the service ranks them.
  private static func candidates(_ environment: ExplanationView.Environment, _ language: Language) -> String {
    var table = Table("CLUSTER", "ZONE", "VERDICT", language == .fr ? "POURQUOI" : "WHY")
    for candidate in environment.candidates {
      table.add(
        candidate.cluster, candidate.zone, verdict(candidate, language),
        why(candidate.reasons, accepted: candidate.accepted))
    }
    return table.render(indent: "  ")
  }

  /// How many clusters are not in the table.
  private static func omission(_ environment: ExplanationView.Environment, _ language: Language) -> String? {
    guard environment.omitted > 0 else { return nil }
    return language == .fr
      ? "  \(environment.omitted) autres ne sont pas montrés (\(environment.accepted) possibles en tout) : --full"
      : "  \(environment.omitted) others are not shown (\(environment.accepted) eligible in all): --full"
  }

  private static func verdict(_ candidate: ExplanationView.Candidate, _ language: Language) -> String {
    let score = candidate.score.map { " \($0)" } ?? ""
    if !candidate.chosen.isEmpty { return (language == .fr ? "choisi" : "chosen") + score }
    if candidate.accepted { return (language == .fr ? "possible" : "eligible") + score }
    return candidate.reasons.first?.code.rawValue ?? (language == .fr ? "refusé" : "refused")
  }

  /// The first reason in full, and how many more there are: `-o json` shows them all.
  static func why(_ reasons: [ExplanationView.ReasonView], accepted: Bool) -> String {
    guard let first = reasons.first else { return "" }
    let remedy = accepted || first.remedy.isEmpty ? "" : " → \(first.remedy)"
    let more = reasons.count > 1 ? " (+\(reasons.count - 1))" : ""
    return first.sentence + remedy + more
  }
}
