import Contract
import Events
import Foundation
import Migration
import Model
import Requests

/// Moves for people.
enum MoveText {
  static func table(_ views: [MoveView]) -> String {
    var table = Table("ID", "WAVE", "ENVIRONMENT", "FROM", "TO", "NEW NAME", "STEP", "STANDING", "SINCE")
    for view in views.sorted(by: { ($0.wave, name($0)) < ($1.wave, name($1)) }) {
      table.add(
        view.id.uuidString.lowercased(), "\(view.wave)", name(view), view.source.cluster, view.target.cluster,
        view.target.environment, view.step.rawValue, view.standing.rawValue, "\(view.since)")
    }
    return table.render()
  }

  static func render(_ view: MoveView, language: Language) -> String {
    let french = language == .fr
    var lines = [
      "\(view.id.uuidString.lowercased()): \(name(view)), \(french ? "vague" : "wave") \(view.wave), "
        + "\(view.source.cluster) (\(view.source.operator)) → \(view.target.cluster) (\(view.target.operator)), "
        + "\(view.target.environment)",
      "\(view.step.rawValue)\(french ? " :" : ":") \(view.title.text(language)) (\(view.standing.rawValue), \(view.since))",
    ]
    if let by = view.pausedBy { lines.append(french ? "en pause par \(by)" : "paused by \(by)") }
    if let loss = view.acceptedLoss?.written {
      let by = view.acceptedLossBy ?? "-"
      lines.append(french ? "perte admise par \(by) : \(loss)" : "loss accepted by \(by): \(loss)")
    }
    if let step = view.rolledBackFrom {
      lines.append(french ? "ramené de \(step.rawValue)" : "led back from \(step.rawValue)")
    }
    if !view.awaited.isEmpty {
      lines.append(french ? "attend :" : "waits for:")
      lines += view.awaited.map { "  \($0.text(language))" }
    }
    for obstacle in view.obstacles {
      lines.append("! \(obstacle.sentence.text(language)) → \(obstacle.remedy.text(language))")
      lines += obstacle.details.map { "    \($0.text(language))" }
    }
    if let flows = view.flows, !flows.isEmpty { lines.append(table(of: flows, french: french)) }
    guard !view.tasks.isEmpty else { return lines.joined(separator: "\n") }
    var table = Table("TASK", "OWNER", "OPEN", "DUE", "DONE", "BY", "EVIDENCE")
    for task in view.tasks {
      table.add(
        task.task.rawValue, task.owner.rawValue, task.open ? "yes" : "no", moment(task.dueAt), moment(task.doneAt),
        task.doneBy ?? "-", task.evidence ?? "-")
    }
    return (lines + [table.render()]).joined(separator: "\n")
  }

  private static func table(of flows: [MoveView.Flow], french: Bool) -> String {
    var table = Table("FLOW", "INSTEAD OF", "PROJECT", "SYSTEM", "STATE")
    for flow in flows {
      table.add(
        flow.flow?.uuidString.lowercased() ?? "-", flow.insteadOf.uuidString.lowercased(), flow.project, flow.system,
        flow.state?.rawValue ?? (french ? "pas encore demandé" : "not asked for yet"))
    }
    return table.render()
  }

  static func name(_ view: MoveView) -> String { PlanText.name(view.project, view.source.environment, view.replica) }

  static func moment(_ at: Timestamp?) -> String { at.map { "\($0)" } ?? "-" }
}

/// What people have to do, with the command that says it done.
enum TaskText {
  static func table(_ views: [MoveView], for party: MigrationParty?, language: Language) -> String {
    var table = Table("PARTY", "ENVIRONMENT", "DUE", "WHAT", "COMMAND")
    for view in views {
      for row in rows(view, language) where party == nil || row.party == party {
        table.add(row.party.rawValue, MoveText.name(view), MoveText.moment(row.dueAt), row.what, row.command)
      }
    }
    return table.render()
  }

  private struct Row {
    var party: MigrationParty
    var dueAt: Timestamp?
    var what: String
    var command: String
  }

  private static func rows(_ view: MoveView, _ language: Language) -> [Row] {
    let (id, french) = (view.id.uuidString.lowercased(), language == .fr)
    var rows = view.approvals.map { party in
      Row(
        party: party, what: french ? "approuver" : "agree",
        command: "regie migrate approve \(id) --as \(party.rawValue)")
    }
    rows += view.tasks.filter(\.open).map { task in
      Row(
        party: task.owner, dueAt: task.dueAt, what: task.title.text(language),
        command: "regie migrate done \(task.task.rawValue) \(id) --evidence \"…\"")
    }
    // Where a task is open it comes first; what is paused waits for nobody but whoever resumes it.
    guard !view.tasks.contains(where: \.open), view.standing == .running || view.standing == .blocked else {
      return rows
    }
    if view.step == .finalCopy || (view.step == .targetReady && view.sourceLost) {
      rows.append(
        Row(party: .serviceBody, what: french ? "basculer" : "cut over", command: "regie migrate cut-over \(id)"))
    }
    // Of what was lost, and is not back, nothing can be salvaged.
    let isLost = view.sourceLost && view.tasks.contains { $0.task == .salvage && $0.doneAt == nil }
    if view.step == .drainingSource, isLost {
      rows.append(
        Row(
          party: .serviceBody, what: french ? "déclarer disparue la source" : "declare the source gone",
          command: "regie migrate declare-gone \(id) --typed \(view.source.environment) --reason \"…\""))
    } else if view.step == .drainingSource, view.source.wanted != .removed {
      rows.append(
        Row(
          party: .serviceBody, what: french ? "confirmer le retrait" : "confirm the removal",
          command: "regie migrate confirm-removal \(id) --typed \(view.source.environment)"))
    }
    if view.step == .rollingBack, view.target.placement != nil, view.target.wanted != .removed {
      rows.append(
        Row(
          party: .serviceBody, what: french ? "confirmer le retrait de l’arrivée" : "confirm the target's removal",
          command: "regie migrate confirm-target-removal \(id) --typed \(view.target.environment)"))
    }
    return rows
  }
}
