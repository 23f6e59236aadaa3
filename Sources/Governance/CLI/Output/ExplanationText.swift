import Contract
import Foundation
import Model
import Placement

/// A decision's explanation for people: per environment, where it went and what each other cluster said.
enum ExplanationText {
  static func render(_ explanation: ExplanationView, language: Language) -> String {
    var lines: [String] = []
    lines.append(heading(explanation, language))
    if let version = explanation.engineVersion { lines.append("  " + stored(version, language)) }
    for reason in explanation.reasons { lines.append("  \(reason.sentence)") }
    if let conflict = conflict(explanation.conflict, of: explanation.reasons, language) {
      lines.append("  " + conflict)
    }
    if let chains = chains(explanation.chains, language) { lines += ["", chains] }
    if let rechained = explanation.rechained { lines += ["", text(rechained, language)] }
    for environment in explanation.environments {
      lines.append("")
      lines.append("\(environment.environment) (\(environment.stage), ×\(environment.replicas))")
      lines.append(candidates(environment, language))
      if !environment.lost.isEmpty {
        let counts = environment.lost.map { "\($0.code.rawValue) \($0.count)" }.joined(separator: ", ")
        lines.append("  \(language == .fr ? "écartés :" : "lost:") \(counts)")
      }
      if let omission = omission(environment, isStored: explanation.engineVersion != nil, language) {
        lines.append(omission)
      }
      if let withholding = withholding(environment, language) { lines.append(withholding) }
    }
    return lines.joined(separator: "\n")
  }

  /// What is told of a decision that another version of the engine has made.
  private static func stored(_ version: String, _ language: Language) -> String {
    language == .fr
      ? "Décidé par le moteur \(version), que le service n’a plus : voici ce qui en a été enregistré."
      : "Decided by engine \(version), which the service has no more: this is what was stored of it."
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

  /// What lifting reasons would bring; nil where nothing is known of that.
  static func conflict(
    _ conflict: Plan.Conflict?, of reasons: [ExplanationView.ReasonView], _ language: Language
  ) -> String? {
    // What heads the others says that a replica has no place, and is nothing that could be lifted.
    conflict.map { text($0, reasons.count { $0.code != .noCandidate && $0.code != .pinRefused }, language) }
  }

  /// What lifting so many reasons would bring.
  private static func text(_ conflict: Plan.Conflict, _ count: Int, _ language: Language) -> String {
    let french = language == .fr
    switch conflict {
    case .alone where count == 1:
      return french ? "→ Levée, elle laisserait une place à tout." : "→ Lifted, it would leave a place for all."
    case .alone:
      return french
        ? "→ Une seule de ces raisons levée, n’importe laquelle, laisserait une place à tout."
        : "→ Any one of these reasons lifted would leave a place for all."
    case .aloneUnproven:
      return french
        ? "→ Une seule de ces raisons levée suffirait ; d’autres aussi, peut-être : la recherche s’est arrêtée."
        : "→ Any one of these reasons lifted would do; others may as well: the search has stopped."
    case .together:
      return french
        ? "→ Ces raisons se contredisent ensemble : en lever une seule ne suffit pas à placer le tout."
        : "→ These reasons contradict each other together: to lift one of them is not enough to place all."
    case .togetherUnproven:
      return french
        ? "→ Ces raisons se contredisent ensemble ; il y en a peut-être de trop : la recherche s’est arrêtée."
        : "→ These reasons contradict each other together; there may be more than need be: the search has stopped."
    case .all:
      return french
        ? "→ Toutes ces raisons levées, il y aurait une place pour tout."
        : "→ All of these lifted, there is a place for all."
    case .unproven:
      return french
        ? "→ La recherche s’est arrêtée avant d’avoir trouvé ce qui suffirait."
        : "→ The search has stopped before it found what would be enough."
    }
  }

  /// Which chain delivers by now, and why that one.
  private static func text(_ rechained: ExplanationView.Rechained, _ language: Language) -> String {
    let french = language == .fr
    let choice =
      switch (rechained.decision, rechained.decidedAt) {
      case (let decision?, let decidedAt?):
        (french ? "choisie le \(decidedAt) par la décision " : "chosen at \(decidedAt) by decision ")
          + decision.uuidString.lowercased()
      default: french ? "la décision qui l’a choisie n’a pas été notée" : "the decision that chose it was not noted"
      }
    let since =
      french ? "Depuis, chaîne \(rechained.chain) : \(choice)" : "Since then chain \(rechained.chain): \(choice)"
    return [since, chains(rechained.chains, language)].compactMap(\.self).joined(separator: "\n")
  }

  /// Where nothing is refused and nothing preferred among chains, the heading says all there is to say.
  private static func chains(_ chains: [ExplanationView.Chain], _ language: Language) -> String? {
    guard chains.contains(where: { !$0.chosen }) else { return nil }
    let french = language == .fr
    var table = Table(french ? "CHAÎNE" : "CHAIN", "VERDICT", french ? "POURQUOI" : "WHY")
    for chain in chains {
      let score = chain.score.map { " \($0)" } ?? ""
      let verdict =
        chain.chosen
        ? (french ? "choisie" : "chosen") + score
        : chain.accepted
          ? (french ? "possible" : "eligible") + score
          : chain.reasons.first?.code.rawValue ?? (french ? "refusée" : "refused")
      table.add(chain.chain, verdict, why(chain.reasons, accepted: chain.accepted))
    }
    return table.render(indent: "  ")
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

  /// How many clusters whoever asks is not told of.
  private static func withholding(_ environment: ExplanationView.Environment, _ language: Language) -> String? {
    guard let withheld = environment.withheld else { return nil }
    return language == .fr
      ? "  "
        + Counted.fr(
          withheld, "autre ne regarde pas qui demande, et n’est ni montré ni compté",
          "autres ne regardent pas qui demande, et ne sont ni montrés ni comptés")
      : "  \(Counted.en(withheld, "other is", "others are")) none of the asker’s business, and neither shown nor counted"
  }

  /// How many clusters are not in the table.
  private static func omission(
    _ environment: ExplanationView.Environment, isStored: Bool, _ language: Language
  ) -> String? {
    guard environment.omitted > 0 else { return nil }
    let counts =
      language == .fr
      ? Counted.fr(environment.omitted, "autre n’est pas montré", "autres ne sont pas montrés")
        + " (\(Counted.fr(environment.accepted, "possible", "possibles")) en tout)"
      : Counted.en(environment.omitted, "other is not shown", "others are not shown")
        + " (\(environment.accepted) eligible in all)"
    return "  " + counts + (isStored ? "" : (language == .fr ? " : --full" : ": --full"))
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
