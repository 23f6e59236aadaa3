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

  private static func candidates(_ environment: ExplanationView.Environment, _ language: Language) -> String {
    var table = Table("CLUSTER", "ZONE", language == .fr ? "VERDICT" : "VERDICT", language == .fr ? "POURQUOI" : "WHY")
    let order = environment.candidates.sorted { left, right in
      (left.chosen.isEmpty ? 1 : 0, left.accepted ? 0 : 1, -(left.score ?? .min / 2), left.cluster)
        < (right.chosen.isEmpty ? 1 : 0, right.accepted ? 0 : 1, -(right.score ?? .min / 2), right.cluster)
    }
    for candidate in order {
      table.add(candidate.cluster, candidate.zone, verdict(candidate, language), why(candidate))
    }
    return table.render(indent: "  ")
  }

  private static func verdict(_ candidate: ExplanationView.Candidate, _ language: Language) -> String {
    let score = candidate.score.map { " \($0)" } ?? ""
    if !candidate.chosen.isEmpty { return (language == .fr ? "choisi" : "chosen") + score }
    if candidate.accepted { return (language == .fr ? "possible" : "eligible") + score }
    return candidate.reasons.first?.code.rawValue ?? (language == .fr ? "refusé" : "refused")
  }

  /// The first reason in full, and how many more there are: `-o json` shows them all.
  private static func why(_ candidate: ExplanationView.Candidate) -> String {
    guard let first = candidate.reasons.first else { return "" }
    let remedy = candidate.accepted || first.remedy.isEmpty ? "" : " → \(first.remedy)"
    let more = candidate.reasons.count > 1 ? " (+\(candidate.reasons.count - 1))" : ""
    return first.sentence + remedy + more
  }
}
