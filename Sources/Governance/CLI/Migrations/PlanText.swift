import Contract
import Foundation
import Migration
import Model
import Placement

/// Plans of migrations for people.
enum PlanText {
  static func render(_ plan: MigrationPlan, language: Language) -> String {
    let french = language == .fr
    var parts = [head(plan, french)]
    if !plan.moves.isEmpty { parts.append(moves(plan)) }
    if !plan.loads.isEmpty { parts.append(loads(plan)) }
    if !plan.blocked.isEmpty {
      parts.append(
        ([french ? "ne peuvent être déplacés :" : "can not be moved:"] + plan.blocked.map { blocked($0, language) })
          .joined(separator: "\n"))
    }
    if plan.isExhausted {
      parts.append(
        french
          ? "rien ne prouve que ce soit le plus possible : un autre plan en déplace peut-être davantage"
          : "it is not proven that this is the most: another plan may move more")
    }
    return parts.joined(separator: "\n\n")
  }

  private static func head(_ plan: MigrationPlan, _ french: Bool) -> String {
    french
      ? "plan du \(plan.day), politique version \(plan.policyVersion) : \(plan.moves.count) déplacement(s) en "
        + "\(plan.waves.count) vague(s), \(plan.blocked.count) impossible(s), pointe \(percent(plan.peak))"
      : "plan of \(plan.day), policy version \(plan.policyVersion): \(plan.moves.count) move(s) in "
        + "\(plan.waves.count) wave(s), \(plan.blocked.count) impossible, peak \(percent(plan.peak))"
  }

  private static func moves(_ plan: MigrationPlan) -> String {
    let days = Dictionary(plan.waves.map { ($0.number, $0) }) { first, _ in first }
    var table = Table("WAVE", "DAY", "ENVIRONMENT", "STAGE", "FROM", "TO", "NEW NAME", "CPU", "MEMORY")
    for move in plan.moves.sorted(by: { ($0.wave, $0.project) < ($1.wave, $1.project) }) {
      let day = days[move.wave].map { wave in wave.date.map { "\($0)" } ?? "+\(wave.day)" } ?? "-"
      table.add(
        "\(move.wave)", day, name(move.project, move.environment, move.replica), move.stage, move.from, move.to,
        move.newName, text(move.quota, .cpu), text(move.quota, .memory))
    }
    return table.render()
  }

  private static func loads(_ plan: MigrationPlan) -> String {
    var table = Table("CLUSTER", "CPU", "PEAK", "AFTER", "LIMIT", "MEMORY", "PEAK", "AFTER", "LIMIT", "FULLEST")
    for load in plan.loads {
      let figures = ([.cpu, .memory] as [CountedResource]).flatMap { resource in
        [load.before, load.peak, load.after, load.limit].map { text($0, resource) }
      }
      table.add([load.cluster] + figures + [percent(load.share)])
    }
    return table.render()
  }

  private static func blocked(_ move: BlockedMove, _ language: Language) -> String {
    let what = "  \(name(move.project, move.environment, move.replica)) (\(move.cluster))"
    let stays =
      move.mayStay ? "" : language == .fr ? " Il ne peut pas non plus rester." : " Nor may it stay."
    var lines = ["\(what)\(language == .fr ? " :" : ":") \(move.cause.sentence.text(language))\(stays)"]
    for reason in move.reasons {
      lines.append("    \(reason.sentence.text(language)) → \(reason.remedy.text(language))")
    }
    return lines.joined(separator: "\n")
  }

  /// A replica as placements are written: the first one without its number.
  static func name(_ project: String, _ environment: String, _ replica: Int) -> String {
    "\(project)/\(environment)\(replica == 0 ? "" : "/\(replica)")"
  }

  /// Cores and gibibytes: what is less than one of these is of no weight beside a cluster.
  private static func text(_ amounts: ResourceAmounts, _ resource: CountedResource) -> String {
    resource == .cpu ? "\(Double(amounts.cpu / 100) / 10)" : "\(amounts[resource] >> 30)Gi"
  }

  private static func percent(_ thousandths: Int64) -> String { "\((thousandths + 9) / 10) %" }
}
