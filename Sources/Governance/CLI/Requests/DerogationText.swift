import Contract
import Events
import Foundation
import Model
import Requests

/// Requests for derogations for people.
enum DerogationText {
  static func render(_ view: DerogationRequestView, language: Language) -> String {
    let french = language == .fr
    let name = french ? view.state.name.fr : view.state.name.en ?? view.state.rawValue
    var lines = ["\(view.id.uuidString.lowercased()): \(name)\(standing(view, french))"]
    let motive = view.motive.written
    lines.append(french ? "« \(motive) »" : "“\(motive)”")
    lines.append("\(view.project): \(view.rules.joined(separator: ", "))\(scope(view, french))")
    lines.append(
      french ? "surcoût accepté par \(view.cost.author)" : "the extra cost is accepted by \(view.cost.author)")
    if let verdict = view.verdict { lines.append(decision(verdict, french)) }
    if let reason = view.ending?.reason?.written { lines.append(french ? "fin : \(reason)" : "ended: \(reason)") }
    if let at = view.warnedAt, view.state == .notified {
      lines.append(french ? "échéance proche, signalée le \(at)" : "its end is near, told at \(at)")
    }
    if !view.missing.isEmpty {
      let parties = view.missing.map(\.rawValue).joined(separator: ", ")
      lines.append(french ? "avis attendus : \(parties)" : "opinions that are missing: \(parties)")
    }
    guard !view.opinions.isEmpty else { return lines.joined(separator: "\n") }
    var table = Table("PARTY", "POSITION", "AT", "BY", "TEXT")
    for opinion in view.opinions {
      table.add(
        opinion.operator ?? opinion.party.rawValue, opinion.position.rawValue, "\(opinion.at)",
        opinion.author ?? opinion.principal, opinion.text)
    }
    return (lines + [table.render()]).joined(separator: "\n")
  }

  static func table(_ views: [DerogationRequestView]) -> String {
    var table = Table("ID", "STATE", "PROJECT", "RULES", "STAGES", "UNTIL", "IN EFFECT", "MOTIVE")
    for view in views {
      table.add(
        view.id.uuidString.lowercased(), view.state.rawValue, view.project, view.rules.joined(separator: ","),
        view.stages?.joined(separator: ",") ?? "*", view.validUntil.map { "\($0)" } ?? "-",
        view.inEffect ? "yes" : "no", view.motive)
    }
    return table.render()
  }

  private static func standing(_ view: DerogationRequestView, _ french: Bool) -> String {
    guard let derogation = view.derogation else { return "" }
    if view.inEffect { return french ? ", en vigueur : \(derogation)" : ", in effect: \(derogation)" }
    return french ? ", pas encore en vigueur" : ", not in effect yet"
  }

  private static func scope(_ view: DerogationRequestView, _ french: Bool) -> String {
    var parts: [String] = []
    if let stages = view.stages { parts.append(stages.joined(separator: "+")) }
    if let first = view.validFrom { parts.append(french ? "à partir du \(first)" : "from \(first)") }
    parts.append(view.validUntil.map { french ? "jusqu’au \($0)" : "until \($0)" } ?? (french ? "pérenne" : "for good"))
    return ", " + parts.joined(separator: ", ")
  }

  private static func decision(_ verdict: Verdict, _ french: Bool) -> String {
    let reason = verdict.reason.written
    switch verdict.outcome {
    case .granted: return french ? "accordée : \(reason)" : "granted: \(reason)"
    case .refused: return french ? "refusée : \(reason)" : "refused: \(reason)"
    }
  }
}
