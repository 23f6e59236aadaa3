import Foundation
import Testing

@Suite("Words that programs say")
struct MessageTests {
  private static func sources(_ folders: String...) throws -> [String] {
    try folders.flatMap { try Repository.files(below: $0, suffix: ".swift").map { try Repository.text($0) } }
  }

  @Test("messages that the pages explain are messages of the programs")
  func messages() throws {
    let page = try Page("docs/operations/troubleshooting.md")
    let sources = try Self.sources("Sources")
    let rows = page.table(under: "governance does not start") + page.table(under: "regie dev does not start")
    var count = 0
    for row in rows {
      guard let message = row[0].firstMatch(of: /`([^`]+)`/)?.1 else { continue }
      let parts = message.split(separator: "…").map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0.count > 4 }
      #expect(!parts.isEmpty)
      for part in parts { #expect(sources.contains { $0.contains(part) }, "“\(part)” of “\(message)”") }
      count += 1
    }
    #expect(count >= 7)
  }

  @Test("states and reasons of placements that the pages explain are those of agents and API")
  func reasons() throws {
    let sources = try Self.sources("Sources/RegionAgent", "Sources/Governance/Contract", "Sources/Shared/Events")
    let placements = try Page("docs/concepts/placements.md")
    let rows =
      placements.table(under: "From decided to ready") + placements.table(under: "Refusals")
      + (try Page("docs/operations/troubleshooting.md").table(under: "A placement does not become Ready"))
      + (try Page("docs/concepts/drift.md").table(under: "Drift"))
    let words = rows.flatMap { row in row[0].matches(of: /`([A-Z][A-Za-z]+)`/).map { String($0.1) } }
    #expect(Set(words).count >= 12)
    let known = Set(sources.flatMap { $0.matches(of: /"([A-Z][A-Za-z]+)"/).map { String($0.1) } })
    #expect(Set(words).subtracting(known).sorted() == [])
    let core = "Sources/RegionAgent/Reconciler/Core"
    let failures = try Repository.text("\(core)/ApplyOrder.swift").matches(of: /case [a-zA-Z]+ = "([A-Z][A-Za-z]+)"/)
    let refusals = try Repository.text("\(core)/Admission.swift").matches(of: /reason: "([A-Z][A-Za-z]+)"/)
    let told = Set(failures.map { String($0.1) } + refusals.map { String($0.1) })
    #expect(told.count >= 12)
    #expect(told.subtracting(words).sorted() == [])
  }
}
