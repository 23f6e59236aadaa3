import Contract
import Events
import Foundation
import Model
import Policy

/// What a policy would change, as tables.
enum ImpactText {
  /// What is told one by one.
  struct Details {
    var nonCompliances: [NonComplianceView] = []
    var unplaceable: [UnplaceableView] = []
    var regionChanges: [Impact.RegionChange] = []
    var migrations: [Impact.Migration] = []
    /// Whether only what is on the operator's own clusters is told.
    var isWithheld = false
  }

  /// How far it is, in one line.
  static func progress(_ view: ImpactView, _ language: Language) -> String {
    guard view.state == .running, let total = view.progress.total else {
      return language == .fr ? "en attente" : "waiting"
    }
    return language == .fr
      ? "\(Counted.fr(view.progress.done, "projet", "projets")) sur \(total)"
      : "\(view.progress.done) of \(Counted.en(total, "project", "projects"))"
  }

  static func render(_ view: ImpactView, _ details: Details?, _ language: Language) -> String {
    guard let result = view.result, let details else {
      let state = view.failure.map { "\(view.state.rawValue) : \($0)" } ?? view.state.rawValue
      return "\(view.id.uuidString.lowercased())  \(state)  \(progress(view, language))"
    }
    var table = Table(
      language == .fr
        ? ["PROJET", "CE QUI CHANGE", "ENVIRONNEMENT", "DE", "VERS", "POURQUOI"]
        : ["PROJECT", "WHAT CHANGES", "ENVIRONMENT", "FROM", "TO", "WHY"])
    var moves: [String: Impact.Migration] = [:]
    for move in details.migrations { moves[key(move.project, move.environment, move.replica)] = move }
    for item in details.nonCompliances {
      let move = moves.removeValue(forKey: key(item.project, item.environment, item.replica))
      let what =
        item.already
        ? say(language, "déjà non conforme", "not compliant already") : say(language, "non conforme", "non-compliant")
      table.add(
        item.project, what, name(item.environment, item.replica), item.cluster,
        // A move that leads nowhere is what there is no room for. What has no move is not asked for any more, or may stay
        // as what it is asked for as by now.
        move.map { $0.to ?? say(language, "pas de place", "no room") }
          ?? (item.mayStay == true
            ? say(language, "sur place, autre chaîne", "stays, another chain")
            : say(language, "pas de déplacement", "no move")),
        item.reasons.first?.sentence ?? "")
    }
    for move in details.migrations where moves[key(move.project, move.environment, move.replica)] != nil {
      table.add(
        move.project, say(language, "déplacé avec les autres", "moved with the others"),
        name(move.environment, move.replica), move.from, move.to ?? "-", "")
    }
    for item in details.unplaceable {
      table.add(
        item.project, say(language, "plus plaçable", "no longer placeable"), "-", "-", "-",
        item.reasons.first?.sentence ?? "")
    }
    for change in details.regionChanges {
      for replica in change.replicas {
        table.add(
          change.project, say(language, "mieux ailleurs", "better elsewhere"),
          name(replica.environment, replica.replica), replica.from, replica.to, "")
      }
    }
    let isEmpty = details.nonCompliances.isEmpty && details.migrations.isEmpty && details.unplaceable.isEmpty
    let rows = isEmpty && details.regionChanges.isEmpty ? [] : [table.render()]
    let others =
      details.isWithheld
      ? [
        say(
          language,
          "rien n’est dit ici des autres opérateurs, ni de qui serait mieux ailleurs ou ne serait plus plaçable",
          "nothing is said here of other operators, nor of what would be better elsewhere or no longer placeable")
      ] : []
    return (rows + others + [summary(result, details, language)]).joined(separator: "\n")
  }

  private static func summary(_ result: ImpactView.Result, _ details: Details, _ language: Language) -> String {
    let moment = result.asOf.description
    let truth =
      language == .fr
      ? "vrai le \(moment)\(result.stale ? " ; a changé depuis" : "")"
      : "true at \(moment)\(result.stale ? "; has changed since" : "")"
    return "\(result.summary.map { counts($0, language) } ?? ownCounts(details, language))\n\(truth)"
  }

  private static func counts(_ summary: Impact.Summary, _ language: Language) -> String {
    let french = language == .fr
    let projects =
      french
      ? Counted.fr(summary.projects, "projet", "projets") : Counted.en(summary.projects, "project", "projects")
    let placements =
      french
      ? Counted.fr(summary.placements, "placement", "placements")
      : Counted.en(summary.placements, "placement", "placements")
    return french
      ? "\(projects), \(placements) : non conformes \(summary.nonCompliant), "
        + "déjà \(summary.alreadyNonCompliant), à nouveau conformes \(summary.compliantAgain), "
        + "plus plaçables \(summary.noLongerPlaceable), migrations \(summary.migrations) "
        + "dont sans place \(summary.migrationsThatDoNotFit), mieux ailleurs \(summary.regionChanges)"
      : "\(projects), \(placements): non-compliant \(summary.nonCompliant), "
        + "already \(summary.alreadyNonCompliant), compliant again \(summary.compliantAgain), "
        + "no longer placeable \(summary.noLongerPlaceable), migrations \(summary.migrations) "
        + "of which without room \(summary.migrationsThatDoNotFit), better elsewhere \(summary.regionChanges)"
  }

  /// The same of what is told, where the service gives no counts.
  private static func ownCounts(_ details: Details, _ language: Language) -> String {
    let already = details.nonCompliances.count { $0.already }
    let (new, moves) = (details.nonCompliances.count - already, details.migrations.count)
    let homeless = details.migrations.count { $0.to == nil }
    return language == .fr
      ? "sur vos clusters : non conformes \(new), déjà \(already), migrations \(moves) dont sans place \(homeless)"
      : "on your clusters: non-compliant \(new), already \(already), migrations \(moves) "
        + "of which without room \(homeless)"
  }

  private static func say(_ language: Language, _ fr: String, _ en: String) -> String { language == .fr ? fr : en }

  private static func name(_ environment: String, _ replica: Int) -> String { "\(environment)/\(replica)" }

  private static func key(_ project: String, _ environment: String, _ replica: Int) -> String {
    "\(project)/\(environment)/\(replica)"
  }
}
