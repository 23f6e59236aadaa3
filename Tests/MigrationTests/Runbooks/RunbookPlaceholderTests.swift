import Events
import Foundation
import Model
import Testing

@testable import Migration

/// The list of placeholders, held against what is put in.
struct RunbookPlaceholderTests {
  /// Facts with something of everything.
  private static func scenes() throws -> [[String: Any]] {
    let templates = try RunbookTemplates(overrides: [:])
    return RunbookFormTests.someWorlds().flatMap { facts in
      RunbookReader.all(of: facts).map { RunbookScene(facts.asRead(by: $0), $0, .fr, templates).document }
    }
  }

  /// The names that are put in, each with the list around it and what stands behind it.
  private static func names(_ values: [String: Any], in list: String) -> [String: Set<String>] {
    values.reduce(into: [:]) { found, entry in
      let form =
        switch entry.value {
        case is Bool: "flag"
        case let text as String: text.isEmpty ? "empty" : "text"
        case let items as [[String: Any]]:
          items.reduce(into: "list") { _, item in
            for (name, forms) in names(item, in: entry.key) { found[name, default: []].formUnion(forms) }
          }
        case let items as [Any]: items.isEmpty ? "list" : "unknown"
        default: "unknown"
        }
      found["\(list).\(entry.key)", default: []].insert(form)
    }
  }

  @Test func `what is put in is what is listed, where it is listed, and of the form that is told`() throws {
    var found: [String: Set<String>] = [:]
    for scene in try Self.scenes() {
      for (name, forms) in Self.names(scene, in: "") { found[name, default: []].formUnion(forms) }
    }
    var listed: [String: Set<String>] = [:]
    for placeholder in RunbookPlaceholder.all where placeholder.scope != .page {
      let lists = RunbookPlaceholder.all.filter { $0.opens.contains(placeholder.scope) }.map(\.name)
      let around = placeholder.scope == .document ? [""] : lists
      let form = placeholder.form.isValue ? "text" : placeholder.form.rawValue
      for list in around { listed["\(list).\(placeholder.name)"] = [form] }
    }
    #expect(Set(listed.keys).subtracting(found.keys).sorted() == [], "listed, and never put in")
    #expect(Set(found.keys).subtracting(listed.keys).sorted() == [], "put in, and not listed")
    for (name, forms) in found { #expect(listed[name] == forms, "\(name)") }
  }

  @Test func `what is not optional is always there`() throws {
    func check(_ values: [String: Any], _ scopes: [RunbookPlaceholder.Scope]) {
      for placeholder in RunbookPlaceholder.all where scopes.contains(placeholder.scope) {
        #expect(values[placeholder.name] != nil || placeholder.form == .optionalText, "\(placeholder.name)")
        for item in values[placeholder.name] as? [[String: Any]] ?? [] { check(item, placeholder.opens) }
      }
    }
    for scene in try Self.scenes() { check(scene, [.document]) }
  }

  @Test func `no name is there twice, and each is explained in two languages`() {
    let all = RunbookPlaceholder.all
    #expect(Set(all.map(\.name)).count == all.count)
    for placeholder in all {
      #expect(placeholder.meaning.fr.count > 5 && (placeholder.meaning.en?.count ?? 0) > 2, "\(placeholder.name)")
      #expect(placeholder.opens.isEmpty == (placeholder.form != .list), "\(placeholder.name)")
    }
    #expect(Set(all.map(\.scope)) == Set(RunbookPlaceholder.Scope.allCases))
    #expect(Set(all.map(\.form)) == Set(RunbookPlaceholder.Form.allCases))
  }

  @Test func `every placeholder is of use to the house's own texts, or can be used by another's`() throws {
    let used = RunbookTemplateName.all.reduce(into: Set<String>()) { used, name in
      let tags = RunbookTemplates.standard(name).matches(of: /\{\{[{#^&]?([A-Za-z]+)/)
      used.formUnion(tags.map { String($0.1) })
    }
    // Those that only an operator's own texts may want.
    let spare: Set = ["isInConsole", "task", "taskOwner"]
    let unused = Set(RunbookPlaceholder.all.map(\.name)).subtracting(used)
    #expect(unused.subtracting(spare).sorted() == [])
  }
}
