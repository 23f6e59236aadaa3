import Contract
import Foundation
import Testing

/// The codes of problems, explained as they are where they are declared.
enum ProblemTable {
  static func text() throws -> String {
    let source = try Repository.text("Sources/Governance/Contract/ProblemCode.swift")
    let cases = source.matches(of: /\/\/\/ ([^\n]+)\n  case `?([A-Za-z]+)`?(?: = "([a-z-]+)")?/)
    let rows = cases.map { match -> [String] in
      let code = String(match.3 ?? match.2)
      let meaning = String(match.1)
      let parts = meaning.firstMatch(of: /^(.*): (\d{3})\.$/)
      return ["`\(code)`", parts.map { String($0.2) } ?? "4xx", parts.map { "\($0.1)." } ?? meaning]
    }
    #expect(Set(rows.map { $0[0] }) == Set(ProblemCode.allCases.map { "`\($0.rawValue)`" }))
    return GeneratedTable.text(["code", "status", "when"], rows)
  }
}
