import Contract
import Model
import Placement
import Policy

/// What became of an import, for people and programs.
struct ConsoleImportReport: Codable, Sendable, Hashable {
  /// How many resources of each kind are complete.
  var complete: [String: Int]
  /// What is missing, in the order of the export.
  var missing: [ConsoleImport.Gap]
  /// Whether it was looked at that regions, their data centres, operators and chains are on offer; not where no offer
  /// was given.
  var offerChecked: Bool
  /// What runs already and is complete, where it would be judged to be; absent where no policy was given.
  var projects: [SimulatedProject]?
  /// Whether it was judged with qualifications that are declared, of which nobody knows whether the service counts them;
  /// absent where no policy was given.
  var countsDeclared: Bool?
  /// What became of what runs already in the ledger; absent where that was not asked for.
  var reserved: [ConsoleReserving.Outcome]?
  /// Projects whose documents may still bear the import's wishes, since it broke off: the next run puts back what was
  /// there.
  var marked: [String]?

  init(
    _ imported: ConsoleImport, _ outcomes: [SimulatedProject]?, reserved: [ConsoleReserving.Outcome]? = nil,
    marked: [String] = []
  ) {
    self.reserved = reserved
    self.marked = marked.isEmpty ? nil : marked
    complete = imported.resources.reduce(into: [:]) { $0[$1.kind.rawValue, default: 0] += 1 }
    missing = imported.gaps
    offerChecked = imported.isOfferKnown
    projects = outcomes
    countsDeclared = outcomes.map { _ in imported.countsDeclared }
  }

  /// Whether nothing is missing, all complies and may stay where it runs, and is reserved where that was asked for.
  var isSound: Bool {
    missing.isEmpty && (projects ?? []).allSatisfy(Self.complies)
      && (reserved ?? []).allSatisfy { $0.state == .reserved || $0.state == .known } && marked == nil
  }

  private static func complies(_ project: SimulatedProject) -> Bool {
    project.outcome == .placed && project.violations.isEmpty && project.places.allSatisfy { $0.movedFrom == nil }
  }

  func text(_ language: Language) -> String {
    let french = language == .fr
    let counts = complete.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    var parts = [(french ? "Complet : " : "Complete: ") + (counts.isEmpty ? "-" : counts)]
    if !missing.isEmpty {
      var table =
        french
        ? Table("TYPE", "NOM", "MANQUE", "TROUVÉ", "ACCEPTÉ") : Table("KIND", "NAME", "MISSING", "FOUND", "ACCEPTED")
      for gap in missing { table.add(gap.kind, gap.name, gap.field, gap.found ?? "-", gap.accepted) }
      parts.append(table.render())
    }
    if !offerChecked {
      parts.append(
        french
          ? "Régions, centres de données, opérateurs et chaînes : non vérifiés, sans --offer."
          : "Regions, data centres, operators and chains: not checked, without --offer.")
    }
    if let projects {
      let note = countsDeclared == true ? DeclaredQualifications.text(language) : nil
      parts.append(SimulationText.render(projects, language, note: note))
    }
    if let reserved, !reserved.isEmpty {
      var table =
        french
        ? Table("PROJET", "ENVIRONNEMENT", "CLUSTER", "REGISTRE", "POURQUOI")
        : Table("PROJECT", "ENVIRONMENT", "CLUSTER", "LEDGER", "WHY")
      for one in reserved {
        table.add(
          one.project, one.environment, one.cluster, one.state.name(language),
          one.reasons.isEmpty ? "-" : one.reasons.joined(separator: " "))
      }
      parts.append(table.render())
    }
    if let marked {
      let names = marked.joined(separator: ", ")
      parts.append(
        french
          ? "Peut encore porter les souhaits de l'import : \(names). La prochaine exécution remet ce qui y était."
          : "May still bear the import's wishes: \(names). The next run puts back what was there.")
    }
    return parts.joined(separator: "\n\n")
  }
}
