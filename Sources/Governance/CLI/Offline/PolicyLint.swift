import ArgumentParser
import Contract
import Model
import Placement
import Policy

/// `regie policy …`: checking a policy, and its life on the board.
struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Vérifier, comparer, proposer et voter une politique. / Check, compare, propose and vote on a policy.",
    subcommands: [
      PolicyLint.self, PolicyDiff.self, PolicyImpact.self, PolicyDraft.self, PolicyRebase.self, PolicyPropose.self,
      PolicyVote.self, PolicyComment.self, PolicyWithdraw.self, PolicyRollback.self, PolicyEmergency.self,
      PolicyShow.self, PolicyList.self, PolicyHistory.self,
    ])
}

/// `regie policy lint FILE…`: what is wrong with policies, offline.
struct PolicyLint: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Dire ce qui ne va pas dans une politique, sans service. / Say what is wrong with a policy, offline.",
    discussion: """
      Codes de sortie : 0 rien, ou des avertissements ; 1 des erreurs ; 2 fichiers illisibles, ou sans politique.
      Exit codes: 0 nothing, or warnings; 1 errors; 2 files that can not be read, or hold no policy.
      """)

  @OptionGroup var language: LanguageOption
  @OptionGroup var day: DayOption

  @Argument(help: "Fichiers ou dossiers, ou - pour l'entrée standard. / Files, folders or -.")
  var files: [String]

  @Option(
    name: .long, parsing: .upToNextOption, help: "L'offre, pour la confronter à elle. / The offer, to check against.")
  var offer: [String] = []

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    let language = try language.language()
    let (found, known) = (try OfflineFiles.read(files), try OfflineFiles.read(offer))
    try known.requireSound(language)
    let present = offer.isEmpty ? nil : Offer(known.resources)
    let lines = Self.lines(of: found, on: present, day: try day.chosen())
    if let text = try output.render(lines) {
      Console.print(text)
    } else {
      for line in lines { Console.print(line.text(language)) }
      if let note = present.flatMap({ DeclaredQualifications.note(on: $0, in: language) }) { Console.print(note) }
    }
    let errors = lines.count { $0.severity == .error }
    if found.policies.isEmpty, errors == 0 {
      Console.note(language == .fr ? "regie: aucune politique dans ces fichiers" : "regie: no policy in these files")
      throw ExitCode(ExitStatus.unreadable)
    }
    if errors > 0 { throw ExitCode(ExitStatus.refused) }
  }

  /// Everything found, by file and line.
  static func lines(of files: OfflineFiles, on offer: Offer?, day: CalendarDay) -> [LintLine] {
    var lines = files.lines
    for policy in files.policies {
      let findings =
        offer.map { PolicyValidator.findings(in: policy.spec, on: $0, day: day, presumesConformity: true) }
        ?? PolicyValidator.findings(in: policy.spec, day: day)
      lines += findings.map { LintLine($0.placed(in: policy.document), in: policy.path) }
    }
    return lines.enumerated().sorted {
      ($0.element.file, $0.element.line ?? 0, $0.element.column ?? 0, $0.offset)
        < ($1.element.file, $1.element.line ?? 0, $1.element.column ?? 0, $1.offset)
    }.map(\.element)
  }
}
