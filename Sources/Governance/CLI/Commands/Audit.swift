import ArgumentParser
import Contract
import Events
import Foundation
import Model
import NIOHTTP1

/// `regie audit …`.
struct Audit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lire le journal d'audit, et vérifier qu'il est intact. / Read the audit trail, and verify it.",
    subcommands: [AuditVerify.self, AuditList.self, AuditExport.self])
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
    var table = Table("ID", "POSITION", "AT", "PRINCIPAL", "ROLES", "ACTION", "KIND", "NAME", "TRACE", "REASON")
    for entry in entries {
      let roles = entry.roles.flatMap { $0.isEmpty ? nil : $0.joined(separator: ",") }
      let trace = entry.traceparent?.split(separator: "-", omittingEmptySubsequences: false).dropFirst().first
      table.add(
        "\(entry.id)", entry.seal.map { "\($0.position)" } ?? "-", entry.at.description, entry.principal,
        roles ?? "-", entry.action, entry.kind, entry.name, trace.map(String.init) ?? "-",
        entry.reason ?? "-")
    }
    return table.render()
  }
}
