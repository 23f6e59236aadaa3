import Contract
import Events
import Foundation
import Migration
import Model

/// Migrations for people.
enum MigrationText {
  static func table(_ views: [MigrationView]) -> String {
    var table = Table("ID", "STATE", "MOTIVE", "SCOPE", "BLOCKED", "PLANNED", "BY", "REASON")
    for view in views {
      table.add(
        view.id.uuidString.lowercased(), view.state.rawValue, view.motive.rawValue, scope(view.scope),
        "\(view.blocked)", "\(view.plannedAt)", view.plannedBy, view.reason)
    }
    return table.render()
  }

  static func render(_ view: MigrationView, language: Language) -> String {
    let french = language == .fr
    let reason = view.reason.written
    var lines = [
      "\(view.id.uuidString.lowercased()): \(name(of: view.state).text(language))",
      "\(scope(view.scope)) — \(view.motive.title.text(language)) ; \(french ? "« \(reason) »" : "“\(reason)”")",
    ]
    lines.append(
      french
        ? "tâches en \(Counted.fr(view.taskDays, "jour", "jours")), "
          + "sources gardées \(Counted.fr(view.retentionDays, "jour", "jours")), \(view.blocked) impossible(s)"
        : "tasks within \(Counted.en(view.taskDays, "day", "days")), "
          + "sources kept \(Counted.en(view.retentionDays, "day", "days")), \(view.blocked) impossible")
    lines.append(pace(view.pace, french))
    if let progress = view.progress {
      lines.append(line(progress, language: language))
      lines += details(progress, french)
    }
    lines += view.acts.map { act in
      let who = act.by.map { french ? " par \($0)" : " by \($0)" } ?? ""
      let why = act.reason.map { french ? " : \($0.written)" : ": \($0.written)" } ?? ""
      return "  \(act.at) \(act.act.rawValue)\(who)\(why)"
    }
    return lines.joined(separator: "\n")
  }

  /// How far it has come, in one line.
  static func line(_ progress: MigrationView.Progress, language: Language) -> String {
    let french = language == .fr
    var parts = [
      french
        ? "\(progress.moved)/\(progress.total) déplacés (\(progress.share / 10) %)"
        : "\(progress.moved)/\(progress.total) moved (\(progress.share / 10) %)",
      french
        ? "vagues \(progress.wavesDone)/\(progress.waves)" : "waves \(progress.wavesDone)/\(progress.waves)",
    ]
    if progress.lost > 0 {
      parts.append(french ? Counted.fr(progress.lost, "non déplacé", "non déplacés") : "\(progress.lost) not moved")
    }
    if progress.troubled > 0 {
      parts.append(french ? "\(progress.troubled) en difficulté" : "\(progress.troubled) in trouble")
    }
    let steps = MigrationStep.allCases.compactMap { step in
      progress.steps[step.rawValue].flatMap { $0 > 0 ? "\(step.rawValue) \($0)" : nil }
    }
    if !steps.isEmpty { parts.append(steps.joined(separator: ", ")) }
    if let expected = progress.expectedAt { parts.append(french ? "fin vers \(expected)" : "expected by \(expected)") }
    if progress.stalled { parts.append(french ? "plus rien n’avance" : "nothing goes on") }
    return parts.joined(separator: " ; ")
  }

  /// What was made, and the commands that follow.
  static func saved(_ view: MigrationView, language: Language) -> String {
    let id = view.id.uuidString.lowercased()
    let commands = MigrationParty.allCases.filter { $0 != .sourceOperator }
      .map { "  regie migrate approve \(id) --as \($0.rawValue)" }
    let next = commands + ["  regie migrate start \(id)", "  regie migrate watch \(id)"]
    let head =
      language == .fr ? "\nmigration \(id) créée ; la suite :" : "\nmigration \(id) made; what follows:"
    return ([head] + next).joined(separator: "\n")
  }

  /// How many moves were agreed to.
  static func approved(_ view: ApprovalView, _ party: MigrationParty, language: Language) -> String {
    let name = party.title.text(language)
    return language == .fr
      ? "\(view.approved.count) déplacement(s) approuvé(s) pour \(name) ; \(view.others) n’en attendai(en)t rien"
      : "\(view.approved.count) move(s) agreed to for \(name); \(view.others) waited for nothing of it"
  }

  /// How it stands, within a sentence.
  static func name(of state: CampaignState) -> LocalizedText {
    switch state {
    case .planned: LocalizedText(fr: "planifiée", en: "planned")
    case .running: LocalizedText(fr: "en cours", en: "under way")
    case .paused: LocalizedText(fr: "en pause", en: "paused")
    case .cancelling: LocalizedText(fr: "en cours d’annulation", en: "being cancelled")
    case .cancelled: LocalizedText(fr: "annulée", en: "cancelled")
    case .done: LocalizedText(fr: "terminée", en: "done")
    }
  }

  /// What is moved.
  static func scope(_ scope: MoveScopeView?) -> String {
    guard let scope else { return "—" }
    if let environment = scope.environment { return environment }
    if let project = scope.project { return project }
    if let clusters = scope.clusters { return "clusters \(clusters.joined(separator: ","))" }
    if let regions = scope.regions { return "regions \(regions.joined(separator: ","))" }
    return Counted.en(scope.placements?.count ?? 0, "placement", "placements")
  }

  private static func pace(_ pace: CampaignPace, _ french: Bool) -> String {
    func limit(_ count: Int?) -> String { count.map(String.init) ?? (french ? "sans limite" : "no limit") }
    var parts =
      french
      ? [
        "en cours : \(limit(pace.inFlight))", "par opérateur : \(limit(pace.inFlightPerOperator))",
        "productions d’un projet : \(pace.productionPerProject)", "par jour : \(limit(pace.perDay))",
        "difficultés admises : \(limit(pace.maxTroubled))",
      ]
      : [
        "under way: \(limit(pace.inFlight))", "by operator: \(limit(pace.inFlightPerOperator))",
        "productions of a project: \(pace.productionPerProject)", "by day: \(limit(pace.perDay))",
        "trouble allowed: \(limit(pace.maxTroubled))",
      ]
    if !pace.blackouts.isEmpty {
      parts.append((french ? "gels : " : "blackouts: ") + pace.blackouts.map(PlanDays.text).joined(separator: " "))
    }
    return parts.joined(separator: ", ")
  }

  private static func details(_ progress: MigrationView.Progress, _ french: Bool) -> [String] {
    let waiting = MigrationParty.allCases.compactMap { party in
      progress.waiting[party.rawValue].flatMap { count in
        count > 0 ? "\(party.title.text(french ? .fr : .en)) (\(count))" : nil
      }
    }
    guard !waiting.isEmpty else { return [] }
    return ["\(french ? "attend :" : "waits for:") \(waiting.joined(separator: ", "))"]
  }
}
