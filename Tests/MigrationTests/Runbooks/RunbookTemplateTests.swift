import Foundation
import Model
import Testing

@testable import Migration

struct RunbookTemplateTests {
  private static func problems(_ overrides: [String: String]) -> [RunbookTemplateProblem] {
    do throws(RunbookTemplateError) {
      _ = try RunbookTemplates(overrides: overrides)
      return []
    } catch {
      return error.problems
    }
  }

  private static let task = "{{doneCommand}}"

  @Test func `an operator's own text stands in the place of the house's, and of no other`() throws {
    let own = "- [ ] Appeler Nadia.\n\n```sh\n{{doneCommand}}\n```\n"
    let writer = try Runbooks.writer(["secrets.fr.md": own])
    let french = writer.runbook(Runbooks.facts(), for: Runbooks.team, in: .fr, as: .html).text
    #expect(french.contains("Appeler Nadia.") && !french.contains("Rechiffrer pour cette clé"))
    #expect(french.contains("Chercher dans le dépôt l’ancien nom"))
    let english = writer.runbook(Runbooks.facts(), for: Runbooks.team, in: .en, as: .html).text
    #expect(!english.contains("Nadia") && english.contains("Encrypt the secrets"))
  }

  @Test func `texts whose lines end as on Windows make the same runbook`() throws {
    let names = RunbookTemplateName.all.filter { $0.part != .page }
    let texts = names.map { ($0.fileName, RunbookTemplates.standard($0).replacing("\n", with: "\r\n")) }
    let writer = try Runbooks.writer(Dictionary(uniqueKeysWithValues: texts))
    for format in RunbookFormat.allCases {
      let own = writer.runbook(Runbooks.facts(), for: Runbooks.team, in: .fr, as: format).text
      let house = try Runbooks.standard.get().runbook(Runbooks.facts(), for: Runbooks.team, in: .fr, as: format).text
      #expect(own == house, "\(format)")
    }
  }

  @Test func `whole runbooks and pages can be another's, too`() throws {
    let own =
      "# Titre {{party}}\n{{#waves}}{{#moves}}{{#tasks}}{{taskText}}{{/tasks}}{{rollbackCommand}}{{/moves}}{{/waves}}"
    let writer = try Runbooks.writer(["runbook.fr.md": own, "page.fr.html": "<p>{{title}}</p>{{body}}"])
    let page = writer.runbook(Runbooks.facts(), for: .serviceBody, in: .fr, as: .html)
    #expect(page.text.hasPrefix("<p>Titre l’organisme qui tient le service</p><h1 id="))
    #expect(page.fileName == "serviceBody.runbook.fr.html")
  }

  @Test func `the house's texts are whole, and can be had to begin with`() throws {
    _ = try RunbookTemplates(overrides: [:])
    #expect(RunbookTemplateName.all.count == 36)
    for name in RunbookTemplateName.all {
      let text = RunbookTemplates.standard(name)
      #expect(!text.isEmpty && Self.problems([name.fileName: text]) == [])
      #expect(!text.contains("'") || text.contains("```") || name.part == .page, "\(name.fileName)")
    }
    #expect(Set(RunbookTemplateName.all.map(RunbookTemplates.standard)).count == 36, "none stands for another")
  }

  @Test func `both languages use the same placeholders, in the same order`() {
    for part in RunbookTemplateName.Part.all {
      let tags = RunbookLanguage.allCases.map { language in
        RunbookTemplates.standard(RunbookTemplateName(part, language)).matches(of: /\{\{[^}]*\}\}/).map { String($0.0) }
      }
      #expect(tags[0] == tags[1], "\(part)")
    }
  }

  @Test func `an unknown placeholder is refused with its line and all that there is`() throws {
    let problem = try #require(Self.problems(["flows.fr.md": Self.task + "\n\n{{ adress }}"]).first)
    #expect(problem.code == .unknownPlaceholder && problem.template == "flows.fr.md")
    #expect(problem.line == 3 && problem.placeholder == "adress")
    #expect(problem.accepted.contains("toCluster") && problem.accepted.contains("project"))
    #expect(
      !problem.accepted.contains("services") && !problem.accepted.contains("taskText"), "which are no values here")
    #expect(problem.sentence.fr.hasPrefix("flows.fr.md:3 : {{adress}} n’existe pas ici. Accepté : acceptedLoss, "))
    #expect(problem.sentence.english.hasPrefix("flows.fr.md:3: there is no {{adress}} here. Accepted: "))
  }

  @Test func `every fault is found, each with its line`() {
    let faults: [(String, RunbookTemplateProblem.Code, Int?, String?, [String])] = [
      ("\n{{#services}}{{/services}}{{services}}", .notAValue, 2, "services", ["{{#services}}…{{/services}}"]),
      ("{{#project}}{{/project}}", .notASection, 1, "project", ["{{project}}"]),
      ("{{isLiving}}", .notAValue, 1, "isLiving", ["{{#isLiving}}…{{/isLiving}}"]),
      ("\n\n{{#isLiving}}", .unbalanced, 3, "isLiving", ["{{/isLiving}}"]),
      ("\n{{/isLiving}}", .unbalanced, 2, "/isLiving", []),
      ("{{#isLiving}}{{/isDone}}", .unbalanced, 1, "/isDone", []),
      ("\n\n\n{{project", .unbalanced, 4, nil, []),
      ("{{{project}}", .unbalanced, 1, nil, []),
      ("{{>secrets}}", .notAllowed, 1, ">secrets", []),
      ("{{=<% %>=}}", .notAllowed, 1, "=<% %>=", []),
      ("{{% CONTENT_TYPE:HTML}}", .notAllowed, 1, "% CONTENT_TYPE:HTML", []),
      ("{{upper(project)}}", .unknownPlaceholder, 1, "upper(project)", []),
      ("{{}}", .unknownPlaceholder, 1, "", []), ("{{.}}", .unknownPlaceholder, 1, ".", []),
      ("{{^services}}{{service}}{{/services}}", .unknownPlaceholder, 1, "service", []),
      ("{{#services}}{{/services}}{{service}}", .unknownPlaceholder, 1, "service", []),
    ]
    for (text, code, line, placeholder, accepted) in faults {
      let found = Self.problems(["flows.en.md": Self.task + text])
      let problem = found.first { $0.code == code }
      #expect(problem?.line == line && problem?.placeholder == placeholder, "\(text): \(found)")
      #expect(accepted.isEmpty || problem?.accepted == accepted, "\(text): \(found)")
      #expect(problem?.sentence.fr.hasPrefix("flows.en.md:\(line ?? 0) : ") == true)
    }
  }

  @Test func `what lists have is known within them, and so is what is around`() {
    let fine = "{{#services}}{{service}} {{project}}{{#isDatabase}}{{serviceFrom}}{{/isDatabase}}{{/services}}"
    #expect(Self.problems(["flows.en.md": Self.task + fine + "{{! a word\nto readers }}{{&move}}{{{move}}}"]) == [])
    let after = Self.problems(["flows.en.md": Self.task + "{{! two\nlines }}{{x}}"])
    #expect(after.map(\.line) == [2])
  }

  @Test func `what a template is for may not be missing from it`() {
    for name in RunbookTemplateName.all {
      let found = Self.problems([name.fileName: "rien"])
      #expect(found.map(\.placeholder) == name.required.map(\.self), "\(name.fileName)")
      #expect(found.allSatisfy { $0.code == .missing && $0.line == nil && $0.template == name.fileName })
      #expect(found.first?.sentence.fr.contains("il manque {{\(name.required[0])}}.") == true)
    }
  }

  @Test func `a template that there is not is refused, and everything wrong is told at once`() throws {
    let found = Self.problems(["secret.fr.md": "x", "flows.fr.md": "{{a}}\n{{b}}", "page.en.html": "{{c}}"])
    #expect(found.map(\.template) == ["secret.fr.md", "page.en.html", "flows.fr.md", "flows.fr.md"])
    try #require(found.count == 4)
    #expect(found[0].code == .unknownTemplate && found[0].accepted.contains("secrets.fr.md") && found[0].line == nil)
    #expect(found[0].sentence.fr.hasPrefix("secret.fr.md : il n’y a pas de modèle de ce nom. Accepté : "))
    #expect(found[1].accepted == ["body", "title"])
  }

  @Test func `every fault has a sentence of its own`() {
    let sentences = RunbookTemplateProblem.Code.allCases.map { code in
      RunbookTemplateProblem(code: code, template: "t", line: 1, placeholder: "p", accepted: []).sentence
    }
    #expect(Set(sentences.map(\.fr)).count == sentences.count && Set(sentences.map(\.en)).count == sentences.count)
  }
}
