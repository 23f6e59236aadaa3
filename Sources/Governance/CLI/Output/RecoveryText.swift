import Contract
import Foundation
import Model

/// A recovery for people.
enum RecoveryText {
  static func render(_ view: RecoveryView, language: Language) -> String {
    let french = language == .fr
    var lines: [String] = []
    guard view.needed else {
      lines.append(
        french
          ? "Rien à faire : la base est à jour du bus (époque \(view.epoch))."
          : "Nothing to do: the database is up to date with the bus (epoch \(view.epoch)).")
      return (lines + findings(view, french)).joined(separator: "\n")
    }
    if view.recovered {
      lines.append(
        french
          ? "La base est à jour : époque \(view.nextEpoch). Les décisions reprennent."
          : "The database is up to date: epoch \(view.nextEpoch). Decisions go on.")
    } else if !view.restored {
      lines.append(
        french
          ? "La base est à jour du bus. Ce qui était suspendu ou laissé peut être repris."
          : "The database is up to date with the bus. What was suspended or left can be taken up.")
    } else {
      lines.append(
        french
          ? "La base a été RESTAURÉE : elle est en retard sur le bus. Époque \(view.epoch) → \(view.nextEpoch)."
          : "The database was RESTORED: it is behind the bus. Epoch \(view.epoch) → \(view.nextEpoch).")
      lines += view.signs.map { "  \($0)" }
    }
    lines.append(
      french
        ? Counted.fr(view.changes.count, "placement change", "placements changent")
          + ", \(Counted.fr(view.unchanged, "reste", "restent")) :"
        : Counted.en(view.changes.count, "placement changes", "placements change")
          + ", \(Counted.en(view.unchanged, "stands", "stand")):")
    var table = Table("ACTION", "PROJECT", "ENVIRONMENT", "CLUSTER", "FROM", "TO", "PLACEMENT")
    for change in view.changes {
      table.add(
        change.action.rawValue, change.project, change.environment, change.cluster, change.from ?? "-", change.to,
        change.placement.uuidString.lowercased())
    }
    if !view.changes.isEmpty { lines.append(table.render()) }
    return (lines + findings(view, french)).joined(separator: "\n")
  }

  private static func findings(_ view: RecoveryView, _ french: Bool) -> [String] {
    guard !view.findings.isEmpty else { return [] }
    return [french ? "À regarder :" : "To look at:"]
      + view.findings.map { finding in
        let about = [finding.kind, finding.zone, finding.placement?.uuidString.lowercased() ?? ""]
        return "  \(about.filter { !$0.isEmpty }.joined(separator: " ")): \(finding.message)"
      }
  }
}
