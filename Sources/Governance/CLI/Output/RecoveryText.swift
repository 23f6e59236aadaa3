import Contract
import Foundation
import Model

/// A recovery for people.
enum RecoveryText {
  static func render(_ view: RecoveryView, language: Language) -> String {
    let french = language == .fr
    guard view.restored else {
      return french
        ? "Rien à faire : la base est à jour du bus (époque \(view.epoch))."
        : "Nothing to do: the database is up to date with the bus (epoch \(view.epoch))."
    }
    var lines: [String] = []
    if view.recovered {
      lines.append(
        french
          ? "La base est à jour : époque \(view.nextEpoch). Les décisions reprennent."
          : "The database is up to date: epoch \(view.nextEpoch). Decisions go on.")
    } else {
      lines.append(
        french
          ? "La base a été RESTAURÉE : elle est en retard sur le bus. Époque \(view.epoch) → \(view.nextEpoch)."
          : "The database was RESTORED: it is behind the bus. Epoch \(view.epoch) → \(view.nextEpoch).")
      lines += view.signs.map { "  \($0)" }
    }
    lines.append(
      french
        ? "\(view.changes.count) placements changent, \(view.unchanged) restent :"
        : "\(view.changes.count) placements change, \(view.unchanged) stand:")
    var table = Table("ACTION", "PROJECT", "ENVIRONMENT", "CLUSTER", "FROM", "TO", "PLACEMENT")
    for change in view.changes {
      table.add(
        change.action.rawValue, change.project, change.environment, change.cluster, change.from ?? "-", change.to,
        change.placement.uuidString.lowercased())
    }
    if !view.changes.isEmpty { lines.append(table.render()) }
    guard !view.findings.isEmpty else { return lines.joined(separator: "\n") }
    lines.append(french ? "À regarder :" : "To look at:")
    lines += view.findings.map { finding in
      "  \(finding.kind) \(finding.zone)\(finding.placement.map { " \($0.uuidString.lowercased())" } ?? ""): "
        + finding.message
    }
    return lines.joined(separator: "\n")
  }
}
