import ArgumentParser
import Contract
import Foundation
import Model
import NIOHTTP1
import Policy

/// `regie policy diff A B`: what one policy says that another does not. Of two files, offline.
struct PolicyDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Dire ce qu'une politique dit d'autre qu'une autre. / Say what one policy says that another does not.",
    discussion: """
      Deux versions, une version et un fichier, deux fichiers (sans service), ou un seul fichier : à comparer à la politique
      en vigueur. Ce n'est pas une comparaison de textes.
      Two versions, a version and a file, two files (offline), or one file: compared with the policy in force.

      Codes de sortie : 0 rien ne diffère ; 1 quelque chose ; 2 fichiers illisibles, ou sans politique.
      Exit codes: 0 nothing differs; 1 something does; 2 files that can not be read, or hold no policy.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(help: "Version ou fichier, d'abord celui d'avant. / Versions or files, the one before first.")
  var policies: [String]

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    let isFile = policies.map { Int64($0) == nil }
    guard (1...2).contains(policies.count), isFile != [false], isFile != [true, false] else {
      throw ValidationError(
        "attendu : VERSION VERSION, VERSION FICHIER, FICHIER FICHIER ou FICHIER / expected VERSION VERSION, VERSION FILE, "
          + "FILE FILE or FILE")
    }
  }

  func run() async throws {
    try await reporting {
      let view = try await difference()
      Console.print(try output.render(view) ?? DifferenceText.render(view, try options.language()))
      if !view.entries.isEmpty { throw ExitCode(ExitStatus.refused) }
    }
  }

  private func difference() async throws -> DifferenceView {
    let language = try options.language()
    switch (policies.first.flatMap { Int64($0) }, policies.dropFirst().first) {
    case (nil, let second?):
      let (before, after) = (try Self.policy(policies[0], language), try Self.policy(second, language))
      return DifferenceView(PolicyDifference(from: before.spec, to: after.spec), language: language)
    case (nil, nil): return try await compared(policies[0], to: nil)
    case (let from?, let second?):
      if let to = Int64(second) {
        return try await options.client().send(.GET, "/api/v1/policy/versions/\(from)/difference/\(to)").decode()
      }
      return try await compared(second, to: from)
    case (_?, nil): throw ValidationError("une version ne suffit pas / one version is not enough")
    }
  }

  private func compared(_ file: String, to base: Int64?) async throws -> DifferenceView {
    let policy = try Self.policy(file, try options.language())
    return try await options.client().send(
      .POST, "/api/v1/policy:difference\(base.map { "?base=\($0)" } ?? "")",
      body: try ModelJSON.encoder.encode(AnyResource.policy(policy))
    ).decode()
  }

  /// The one policy of a file.
  ///
  /// - Throws: `ExitCode` 2, having said why.
  static func policy(_ path: String, _ language: Language) throws -> Resource<PolicySpec> {
    let files = try OfflineFiles.read([path])
    try files.requireSound(language)
    let found = files.resources.compactMap { if case .policy(let policy) = $0 { policy } else { nil } }
    guard let policy = found.first, found.count == 1 else {
      Console.note(
        language == .fr
          ? "regie: \(path) : il faut une politique, et une seule" : "regie: \(path): exactly one policy is needed")
      throw ExitCode(ExitStatus.unreadable)
    }
    return policy
  }
}

/// Differences as a table.
enum DifferenceText {
  static func render(_ view: DifferenceView, _ language: Language) -> String {
    guard !view.entries.isEmpty else { return language == .fr ? "Rien ne diffère." : "Nothing differs." }
    var table = Table(language == .fr ? ["", "PARTIE", "NOM", "CE QUI CHANGE"] : ["", "PART", "NAME", "WHAT CHANGES"])
    for entry in view.entries {
      table.add(sign(entry.change), entry.part.rawValue, entry.name ?? "-", entry.sentence)
    }
    return table.render()
  }

  /// The first column.
  static func sign(_ change: PolicyDifference.Change) -> String {
    switch change {
    case .added: "+"
    case .removed: "-"
    case .changed: "~"
    }
  }
}
