import Contract
import Events
import Foundation
import Model
import Requests

/// Network flows for people.
enum FlowText {
  static func render(_ view: FlowView, language: Language) -> String {
    let french = language == .fr
    let name = french ? view.state.name.fr : view.state.name.en ?? view.state.rawValue
    var lines = ["\(view.id.uuidString.lowercased()): \(name)\(waiting(view, french))"]
    let motive = view.motive.written
    lines.append("\(what(view)): \(french ? "« \(motive) »" : "“\(motive)”")")
    lines.append("\(list(view.ends)) — \(rule(view, french))")
    if let reason = view.reason?.written {
      let by = view.rejectedBy.map { french ? " par \($0)" : " by \($0)" } ?? ""
      lines.append(french ? "motif\(by) : \(reason)" : "reason\(by): \(reason)")
    }
    if !view.leftOpen.isEmpty {
      lines.append(french ? "reste à fermer : \(list(view.leftOpen))" : "still to be closed: \(list(view.leftOpen))")
    }
    for task in view.closings ?? [] {
      let end = "\(task.dueAt)\(task.overdue ? french ? " dépassé" : " overdue" : "")"
      let name = task.operator
      let what = french ? "à fermer par \(name) avant \(end)" : "to be closed by \(name) before \(end)"
      lines.append("\(what) (\(revision(view, french)))")
    }
    guard !view.tasks.isEmpty else { return lines.joined(separator: "\n") }
    var table = Table("OPERATOR", "DUE", "OPENED", "REMINDED", "BEFORE THE BOARD")
    for task in view.tasks {
      table.add(
        task.operator, "\(task.dueAt)\(task.overdue ? french ? " dépassé" : " overdue" : "")", moment(task.openedAt),
        moment(task.remindedAt), moment(task.escalatedAt))
    }
    return (lines + [table.render()]).joined(separator: "\n")
  }

  /// The ends that an operator speaks of when it acts; of all operators that have to, where none is named.
  static func concerned(by act: FlowAct, in view: FlowView, of name: String?, language: Language) -> String {
    let french = language == .fr
    let closes = act == .close
    let ends = closes ? view.leftOpen : view.ends.filter { end in view.waiting.contains { $0 == end.operator } }
    let own = ends.filter { name == nil || $0.operator == name }
    let names = own.isEmpty ? (french ? "aucun" : "none") : list(own)
    let what =
      french ? "bouts à \(closes ? "fermer" : "ouvrir")" : "ends to be \(closes ? "closed" : "opened")"
    let sent =
      french
      ? "rien n’a été envoyé : --revision \(view.revision), si ce sont eux"
      : "nothing was sent: --revision \(view.revision), if it is these"
    return "\(what), \(revision(view, french))\(french ? " :" : ":") \(names)\n\(sent)"
  }

  static func table(_ views: [FlowView]) -> String {
    var table = Table("ID", "STATE", "FLOW", "WAITS FOR", "DUE", "OVERDUE", "MOTIVE")
    for view in views {
      table.add(
        view.id.uuidString.lowercased(), view.state.rawValue, what(view),
        view.waiting.isEmpty ? "-" : view.waiting.joined(separator: ","), moment(view.dueAt),
        view.overdue ? "yes" : "no", view.motive)
    }
    return table.render()
  }

  /// What each operator is late with, the longest first.
  static func overdue(_ views: [FlowView]) -> String {
    let late = views.flatMap { view in (view.tasks + (view.closings ?? [])).filter(\.overdue).map { (view, $0) } }
      .sorted { ($0.1.dueAt, $0.0.number, $0.1.operator) < ($1.1.dueAt, $1.0.number, $1.1.operator) }
    var table = Table("OPERATOR", "DUE", "LATE", "BEFORE THE BOARD", "FLOW", "ID")
    for (view, task) in late {
      let hours = (view.asOf.microseconds - task.dueAt.microseconds) / 3_600_000_000
      table.add(
        task.operator, "\(task.dueAt)", "\(hours / 24)d\(hours % 24)h", moment(task.escalatedAt), what(view),
        view.id.uuidString.lowercased())
    }
    return table.render()
  }

  private static func what(_ view: FlowView) -> String {
    let arrow = view.direction == .outbound ? "→" : "←"
    let ports = view.ports.map(String.init).joined(separator: ",")
    return "\(view.project)/\(view.environment) \(arrow) \(view.system) \(view.protocol.rawValue)/\(ports)"
  }

  private static func moment(_ at: Timestamp?) -> String { at.map { "\($0)" } ?? "-" }

  private static func list(_ ends: [FlowView.End]) -> String {
    ends.map { end in
      let parts = [end.operator, end.region, end.sensitivity?.rawValue].compactMap(\.self)
      return parts.isEmpty ? "—" : parts.joined(separator: "/")
    }.joined(separator: ", ")
  }

  private static func waiting(_ view: FlowView, _ french: Bool) -> String {
    guard let dueAt = view.dueAt else { return "" }
    let names = view.waiting.isEmpty ? (french ? "l’autre bout" : "the far end") : view.waiting.joined(separator: ", ")
    let when = french ? " par \(names), au plus tard le \(dueAt)" : " by \(names), by \(dueAt)"
    return "\(when) (\(revision(view, french)))"
  }

  /// What an operator that acts names, for it to be of the ends that it has seen.
  private static func revision(_ view: FlowView, _ french: Bool) -> String {
    french ? "révision \(view.revision)" : "revision \(view.revision)"
  }

  private static func rule(_ view: FlowView, _ french: Bool) -> String {
    var parts = [
      view.automatic
        ? (french ? "ouverture automatique" : "opened automatically")
        : french
          ? Counted.fr(view.delayDays, "jour ouvré", "jours ouvrés")
          : Counted.en(view.delayDays, "working day", "working days")
    ]
    if view.crossesRegions == true { parts.append(french ? "change de région" : "crosses regions") }
    if view.crossesSensitivities == true { parts.append(french ? "change de sensibilité" : "crosses sensitivities") }
    return parts.joined(separator: ", ")
  }
}
