import Contract
import Placement

/// What the clusters that were refused to a project said, for people.
struct RefusalReport {
  let explanation: ExplanationView

  /// The environments that no cluster may host; where each alone could go but not all together, all of them.
  private var unplaceable: [ExplanationView.Environment] {
    let stuck = explanation.environments.filter { !$0.candidates.contains(where: \.accepted) }
    return stuck.isEmpty ? explanation.environments : stuck
  }

  /// Each region's clusters that said the same in one row, then what would have to change.
  func table(for environment: ExplanationView.Environment) -> String {
    let refused = environment.candidates.filter { !$0.accepted && !$0.reasons.isEmpty }
    let groups = Dictionary(grouping: refused) { [$0.region, $0.reasons[0].code.rawValue, $0.reasons[0].sentence] }
    var table = Table("RÉGION", "CLUSTERS", "CODE", "RAISON")
    for (key, candidates) in groups.sorted(by: { ($0.key[0], $0.value[0].cluster) < ($1.key[0], $1.value[0].cluster) })
    {
      table.add(key[0], candidates.map(\.cluster).sorted().joined(separator: ", "), key[1], key[2])
    }
    return ([table.render(indent: "  ")] + remedies(of: refused)).joined(separator: "\n")
  }

  /// The environments that fit nowhere, each with its table.
  func unplaceableText() -> String {
    unplaceable.map { environment in
      "\n  Environnement « \(environment.environment) » (\(environment.stage), ×\(environment.replicas)) :\n"
        + table(for: environment)
    }.joined(separator: "\n")
  }

  /// Each remedy once, in the order of the reasons.
  private func remedies(of refused: [ExplanationView.Candidate]) -> [String] {
    var seen: Set<String> = []
    let reasons = refused.map { $0.reasons[0] }.filter { !$0.remedy.isEmpty && seen.insert($0.remedy).inserted }
    guard !reasons.isEmpty else { return [] }
    let order = reasons.sorted { ($0.code, $0.remedy) < ($1.code, $1.remedy) }
    return ["", "  Ce qui devrait changer :"] + order.map { "  · \($0.code.rawValue) : \($0.remedy)" }
  }
}
