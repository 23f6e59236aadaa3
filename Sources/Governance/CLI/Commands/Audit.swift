import ArgumentParser
import Contract
import Events
import Foundation
import Model
import NIOCore
import NIOHTTP1

/// `regie audit …`.
struct Audit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lire le journal d'audit, et vérifier qu'il est intact. / Read the audit trail, and verify it.",
    subcommands: [AuditVerify.self, AuditList.self, AuditExport.self])
}

/// `regie audit verify`.
struct AuditVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Parcourir toute la chaîne et dire ce qui a été altéré. / Walk the whole chain, say what was tampered with.",
    discussion: "Codes de sortie : 0 intact ; 1 altéré. / Exit codes: 0 sound; 1 broken.")

  @OptionGroup var options: ClientOptions

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let answer = try await options.client().send(.GET, "/api/v1/audit/verification", timeout: .minutes(10))
      let verification: AuditVerificationView = try answer.decode()
      Console.print(try output.render(verification) ?? Self.text(verification, language: try options.language()))
      if !verification.sound { throw ExitCode(ExitStatus.refused) }
    }
  }

  /// A verdict, the chain's end, and what was found.
  static func text(_ verification: AuditVerificationView, language: Language) -> String {
    let french = language == .fr
    var lines = [
      verification.sound
        ? (french ? "Le journal d'audit est intact." : "The audit trail is sound.")
        : (french ? "Le journal d'audit a été ALTÉRÉ." : "The audit trail was TAMPERED WITH."),
      french
        ? "  scellées : \(verification.entries), jusqu'à la position \(verification.position)"
        : "  sealed: \(verification.entries), up to position \(verification.position)",
      (french ? "  maillon : " : "  link: ") + verification.link,
      (french ? "  ancrée sur le bus jusqu'à : " : "  anchored on the bus up to: ")
        + "\(verification.anchoredPosition)",
    ]
    let age = verification.oldestUnsealedSeconds.map { french ? " (depuis \(Int($0)) s)" : " (for \(Int($0)) s)" } ?? ""
    lines.append((french ? "  en attente du sceau : " : "  waiting for the seal: ") + "\(verification.unsealed)\(age)")
    guard !verification.findings.isEmpty else { return lines.joined(separator: "\n") }
    var table = Table("POSITION", "ENTRY", "KIND", "MESSAGE")
    for finding in verification.findings {
      table.add("\(finding.position)", finding.entry.map { "\($0)" } ?? "-", finding.kind, finding.message)
    }
    lines.append(table.render(indent: "  "))
    if verification.findingsOmitted > 0 {
      lines.append((french ? "  et d'autres : " : "  and more: ") + "\(verification.findingsOmitted)")
    }
    return lines.joined(separator: "\n")
  }
}

/// `regie audit list`.
struct AuditList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Les entrées les plus récentes. / The most recent entries.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Combien, de 1 à 1000. / How many, 1 to 1000.")
  var limit = 50

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit \(limit) : de 1 à 1000 / 1 to 1000") }
  }

  func run() async throws {
    try await reporting {
      let answer = try await options.client().send(.GET, "/api/v1/audit/entries?limit=\(limit)")
      let entries = try answer.decode(ListView<AuditEntryView>.self).items
      if let text = try output.render(entries) { return Console.print(text) }
      Console.print(Self.text(entries))
    }
  }

  /// A line for each entry. Of a trace its identifier is what one looks for elsewhere.
  static func text(_ entries: [AuditEntryView]) -> String {
    var table = Table("ID", "POSITION", "AT", "PRINCIPAL", "ROLES", "ACTION", "KIND", "NAME", "TRACE")
    for entry in entries {
      let roles = entry.roles.flatMap { $0.isEmpty ? nil : $0.joined(separator: ",") }
      let trace = entry.traceparent?.split(separator: "-", omittingEmptySubsequences: false).dropFirst().first
      table.add(
        "\(entry.id)", entry.seal.map { "\($0.position)" } ?? "-", entry.at.description, entry.principal,
        roles ?? "-", entry.action, entry.kind, entry.name, trace.map(String.init) ?? "-")
    }
    return table.render()
  }
}

/// `regie audit export`.
struct AuditExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract:
      "Tout le journal, une entrée JSON par ligne, du plus récent au plus ancien. / The whole trail, one JSON entry a line."
  )

  @OptionGroup var options: ClientOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      var cursor: String?
      repeat {
        let more = cursor.map { "&cursor=\($0)" } ?? ""
        let answer = try await client.send(.GET, "/api/v1/audit/entries?limit=1000\(more)")
        let page = try answer.decode(ListView<AuditEntryView>.self)
        for entry in page.items { Console.print(String(decoding: try ModelJSON.encoder.encode(entry), as: UTF8.self)) }
        cursor = page.next
      } while cursor != nil
    }
  }
}
