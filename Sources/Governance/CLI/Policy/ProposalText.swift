import Board
import Contract
import Events
import Foundation
import Model
import Policy

/// Drafts and proposals for people.
enum ProposalText {
  static func render(_ view: ProposalView, language: Language) -> String {
    var lines = ["\(view.id.uuidString.lowercased()): \(state(view, language))"]
    if let motive = view.motive?.text(language).written {
      lines.append(language == .fr ? "« \(motive) »" : "“\(motive)”")
    }
    lines.append(origin(view, language))
    if let problems = view.problems, !problems.isEmpty {
      lines.append(language == .fr ? "À corriger avant de proposer :" : "To be put right before it is proposed:")
      lines += problems.map { "  \(language == .fr ? $0.descriptionFR : $0.description)" }
    }
    if let permanent = view.makesPermanent {
      lines.append(
        language == .fr
          ? "Rendrait définitif, d’une restriction d’urgence qui prend fin sans lui :"
          : "Would make permanent, of an emergency restriction that ends without it:")
      lines += permanent.map { "  \($0.sentence.text(language))" }
    }
    if let impact = view.impact { lines.append(self.impact(impact, language)) }
    guard let rules = view.rules, let count = view.count else { return lines.joined(separator: "\n") }
    lines.append(
      language == .fr
        ? "pour \(count.for), contre \(count.against), abstention \(count.abstain), sans réponse \(count.silent)"
          + " ; il faut \(needed(view, rules)) voix pour"
        : "for \(count.for), against \(count.against), abstain \(count.abstain), silent \(count.silent)"
          + "; \(Counted.en(needed(view, rules), "in favour is", "in favour are")) needed")
    var table = Table("OPERATOR", "VOTE", "AT", "BY", "REASON")
    let votes = Dictionary(view.votes.map { ($0.operator, $0) }) { _, last in last }
    let unheard = view.withoutVoice ?? []
    for voter in rules.voters {
      let vote = votes[voter]
      let silence = unheard.contains(voter) ? (language == .fr ? "sans représentant" : "no representative") : "-"
      table.add(
        voter, vote?.choice.rawValue ?? silence, vote.map { "\($0.at)" } ?? "-", vote?.principal ?? "-",
        vote?.reason ?? "-"
      )
    }
    return (lines + [table.render()]).joined(separator: "\n")
  }

  /// What it would change, in one line: the digest names the result that whoever votes has seen.
  private static func impact(_ view: ImpactView, _ language: Language) -> String {
    let french = language == .fr
    let name = view.id.uuidString.lowercased()
    guard let result = view.result, let counts = result.summary, let digest = result.digest else {
      let state = view.failure ?? ImpactText.progress(view, language)
      return french ? "impact \(name) : \(state)" : "impact \(name): \(state)"
    }
    let stale = result.stale ? (french ? ", le monde a changé depuis" : ", the world has moved since") : ""
    return french
      ? "impact \(name), \(digest.prefix(12)) :"
        + " \(Counted.fr(counts.nonCompliant, "non-conformité", "non-conformités")),"
        + " \(Counted.fr(counts.migrations, "migration", "migrations")), au \(result.asOf)\(stale)"
      : "impact \(name), \(digest.prefix(12)): \(counts.nonCompliant) non-compliant,"
        + " \(Counted.en(counts.migrations, "migration", "migrations")), as of \(result.asOf)\(stale)"
  }

  static func table(_ views: [ProposalView], language: Language) -> String {
    var table = Table("ID", "STATE", "KIND", "BASE", "AUTHOR", "CLOSES", "VERSION", "MOTIVE")
    for view in views {
      table.add(
        view.id.uuidString.lowercased(), view.closing ? "closing" : view.state.rawValue, view.kind.rawValue,
        "\(view.base)\(view.outdated ? "!" : "")", view.author, view.closesAt.map { "\($0)" } ?? "-",
        view.version.map(String.init) ?? "-", view.motive?.text(language) ?? "-")
    }
    return table.render()
  }

  private static func needed(_ view: ProposalView, _ rules: VotingRules) -> Int {
    view.kind == .emergency ? VotingRules.emergencyQuorum : rules.quorum
  }

  private static func state(_ view: ProposalView, _ language: Language) -> String {
    let french = language == .fr
    let name = french ? view.state.name.fr : view.state.name.en ?? view.state.rawValue
    if view.closing { return french ? "vote clos, à compter" : "vote closed, to be counted" }
    switch view.state {
    case .open:
      return "\(name)\(view.closesAt.map { french ? ", jusqu’au \($0)" : ", until \($0)" } ?? "")"
    case .ratified: return "\(name)\(view.version.map { ", version \($0)" } ?? "")"
    case .rejected where view.rejection == .outdated:
      return french ? "\(name) : sa version de départ n’est plus en place" : "\(name): its base is in force no more"
    case .rejected where view.rejection == .powerless:
      return french
        ? "\(name) : des opérateurs sont partis, son instance ne pourrait rien décider"
        : "\(name): operators have left, its board could decide nothing"
    case .withdrawn: return "\(name)\(view.withdrawal.map { french ? " : \($0.written)" : ": \($0.written)" } ?? "")"
    case .draft, .rejected, .amended, .discarded: return name
    }
  }

  private static func origin(_ view: ProposalView, _ language: Language) -> String {
    let french = language == .fr
    var parts = [
      french ? "de \(view.author), sur la version \(view.base)" : "by \(view.author), on version \(view.base)"
    ]
    if let replaces = view.replaces, view.outdated {
      parts.append(french ? "à reprendre sur la version \(replaces)" : "to be rebased on version \(replaces)")
    }
    if let effect = view.effectiveAt { parts.append(french ? "en vigueur le \(effect)" : "in force from \(effect)") }
    if let version = view.restores {
      parts.append(french ? "reprend la version \(version)" : "restores version \(version)")
    }
    if let other = view.amends?.uuidString.lowercased() { parts.append(french ? "amende \(other)" : "amends \(other)") }
    return parts.joined(separator: ", ")
  }
}

/// Versions of the policy for people.
enum PolicyVersionText {
  static func render(_ views: [PolicyVersionView], language: Language) -> String {
    var table = Table("VERSION", "STATE", "EFFECTIVE", "ORIGIN", "BY", "PROPOSAL")
    for view in views {
      table.add(
        "\(view.version)", state(view, language), "\(view.effectiveAt)",
        view.origin.rawValue + (view.carries.map { " (\($0))" } ?? ""), view.principal ?? "-",
        view.proposal?.uuidString.lowercased() ?? "-")
    }
    return table.render()
  }

  private static func state(_ view: PolicyVersionView, _ language: Language) -> String {
    let french = language == .fr
    if view.inForce { return french ? "en vigueur" : "in force" }
    return view.supersededBy.map { french ? "remplacée par \($0)" : "superseded by \($0)" }
      ?? (french ? "à venir" : "to come")
  }
}
