import Events
import Foundation
import Model
import Testing

@testable import Migration

/// What every runbook is like, whomever it is for.
struct RunbookFormTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

  /// Facts of every sort: blank, at each step, on the way back, with the source lost, halted.
  static func worlds() -> [RunbookFacts] {
    var rigs = MigrationStep.allCases.map { Runbooks.rig(at: $0) }
    let back = Runbooks.rig(at: .verified)
    back.feed(.rolledBack(acceptedLoss: nil))
    back.see(.source, .active)
    let backed = Runbooks.rig(at: .approved)
    backed.feed(.rolledBack(acceptedLoss: nil))
    let lost = Runbooks.rig(at: .firstCopy)
    lost.feed(.sourceLost(acceptedLoss: "tout"))
    let halted = Runbooks.rig(at: .finalCopy)
    halted.see(.target, .removed)
    halted.feed(.paused, after: 9)
    rigs += [back, backed, lost, halted]
    return rigs.map { Runbooks.facts($0) } + [Runbooks.facts(), Runbooks.facts(isEmergency: true)]
  }

  /// A few in which everything is there that a runbook can say.
  static func someWorlds() -> [RunbookFacts] {
    let rig = Runbooks.rig(at: .targetReady)
    rig.finish(.secrets)
    rig.see(.target, .active, faults: ["quota"])
    let restored = Runbooks.rig(at: .finalCopy)
    restored.feed(.recovered(source: .frozen), by: Moves.nobody)
    var shared = Runbooks.facts(restored)
    shared.waves[0].moves[0].sourceHasOthers = true
    let all = worlds()
    return [Runbooks.facts(rig), shared] + all.suffix(6)
  }

  private static func texts(_ facts: RunbookFacts, _ format: RunbookFormat) throws -> [Runbook] {
    let writer = try Runbooks.standard.get()
    return RunbookLanguage.allCases.flatMap { language in
      RunbookReader.all(of: facts).map { writer.runbook(facts, for: $0, in: language, as: format) }
        + ["ccaf", "vigie"].map { writer.guide(facts, project: $0, in: language, as: format) }
    }
  }

  @Test func `no brace, no empty name and no gap is left in any`() throws {
    let writer = try Runbooks.standard.get()
    let each = Self.worlds().flatMap { facts in
      [(Runbooks.team, RunbookLanguage.fr), (.serviceBody, .en)].map { reader, language in
        writer.runbook(facts, for: reader, in: language, as: .markdown)
      }
    }
    for runbook in try each + Self.someWorlds().flatMap({ try Self.texts($0, .markdown) }) {
      #expect(runbook.text.matches(of: /(?m)^```/).count.isMultiple(of: 2) && !runbook.text.contains(/[^`]``[^`]/))
      for trace in ["{{", "}}", "« »", "“”", "( )", "(, ", "****", "\n\n\n"] {
        #expect(!runbook.text.contains(trace), "\(runbook.fileName): \(trace)")
      }
      #expect(runbook.text.hasPrefix("# ") && runbook.text.hasSuffix("\n"))
    }
  }

  @Test func `every page is whole, readable without sight, and runs nothing`() throws {
    for facts in Self.someWorlds() {
      for runbook in try Self.texts(facts, .html) {
        let page = runbook.text
        try HTMLCheck.expectBalanced(page, runbook.fileName)
        #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"\(runbook.language.rawValue)\">"))
        #expect(page.matches(of: /<h1[ >]/).count == 1 && page.matches(of: /<main\s/).count == 1)
        #expect(
          page.contains("@media print") && !page.contains("<script") && !page.contains("src=")
            && !page.contains("href=\"http"))
        let ids = page.matches(of: /id="([^"]*)"/).map { String($0.1) }
        #expect(Set(ids).count == ids.count && !ids.contains(""), "\(runbook.fileName)")
        // No heading skips a level.
        let levels = page.matches(of: /<h([1-6])\s/).compactMap { Int($0.1) }
        for (above, below) in zip(levels, levels.dropFirst()) { #expect(below <= above + 1, "\(runbook.fileName)") }
        let boxes = page.matches(of: /<input\s/).count
        #expect(boxes == page.matches(of: /<label><input type="checkbox"( checked disabled)?> <span>/).count)
        #expect(!page.contains("[ ] ") && !page.contains("[x] "), "each box is one")
      }
    }
  }

  @Test func `what people have written stays words: no element, no link, no heading and no new line`() throws {
    let evil = "<script>alert(1)</script> [x](javascript:alert(1)) **a** `b` | c\n# d & \"e\" 'f' <!-- {{move}}"
    let rig = Runbooks.rig(at: .targetReady)
    rig.feed(.done(.secrets, evidence: evil), by: MigrationActor(evil, as: [.projectTeam]))
    rig.see(.target, .active, faults: [evil])
    var facts = Runbooks.facts(rig)
    facts.contacts = [.init(.serviceBody, evil)]
    facts.motiveText = evil
    facts.migration = "a`b\nc"
    facts.waves[0].moves[0].interconnections = [evil]
    facts.waves[0].moves[0].services = [.init(evil, from: evil, to: evil)]
    facts.waves[0].moves[0].targetNamespace = "x`\n```\n# y"
    let writer = try Runbooks.standard.get()
    for page in [
      writer.runbook(facts, for: Runbooks.team, in: .fr, as: .html).text,
      writer.guide(facts, project: "ccaf", in: .fr, as: .html).text,
    ] {
      try HTMLCheck.expectBalanced(page, "evil")
      #expect(!page.contains("<script") && !page.contains("href=\"javascript") && !page.contains("<!-- "))
      #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1)) **a** `b` | c # d &amp;"))
      #expect(page.contains("{{move}}"), "and no placeholder either")
    }
    let markdown = try Runbooks.markdown(facts)
    #expect(!markdown.contains(/[^\\]<script/) && !markdown.contains("\n# d") && !markdown.contains("\n# y"))
    #expect(markdown.contains("regie migrate status ab c\n"))
    #expect(
      markdown.contains(##"\<script\>alert(1)\</script\> \[x\](javascript:alert(1)) \*\*a\*\* \`b\` \| c \# d \&"##))
  }

  @Test func `the same facts give the same text`() throws {
    let facts = Runbooks.facts(Runbooks.rig(at: .cutOver))
    #expect(try Self.texts(facts, .html) == Self.texts(facts, .html))
  }

  private static var samples: [(facts: RunbookFacts, reader: RunbookReader, isGuide: Bool)] {
    let rig = Runbooks.rig(at: .firstCopy)
    rig.finish(.secrets)
    return [
      (Runbooks.facts(rig), Runbooks.team, false), (Runbooks.facts(), .serviceBody, false),
      (Runbooks.facts(), Runbooks.team, true),
    ]
  }

  /// Read by eye when they change; `REGIE_UPDATE_DOCS=1` writes them anew.
  @Test func `the samples are what they were when somebody last read them`() throws {
    let isWriting = ProcessInfo.processInfo.environment["REGIE_UPDATE_DOCS"] != nil
    let writer = try Runbooks.standard.get()
    for (facts, reader, isGuide) in Self.samples {
      for language in RunbookLanguage.allCases {
        for format in RunbookFormat.allCases {
          let runbook =
            isGuide
            ? writer.guide(facts, project: "ccaf", in: language, as: format)
            : writer.runbook(facts, for: reader, in: language, as: format)
          let file = Self.folder.appending(path: runbook.fileName)
          if isWriting { try runbook.text.write(to: file, atomically: true, encoding: .utf8) }
          let was = try String(contentsOf: file, encoding: .utf8)
          let (now, then) = (runbook.text.split(separator: "\n"), was.split(separator: "\n"))
          #expect(runbook.text == was, "\(runbook.fileName): \(zip(now, then).first { $0 != $1 } ?? ("", ""))")
        }
      }
    }
  }
}

/// Whether elements are closed in the order in which they were opened.
enum HTMLCheck {
  static func expectBalanced(_ page: String, _ name: String) throws {
    let void: Set = ["meta", "input", "hr", "br"]
    var open: [String] = []
    let body = page.replacing(/<style>[^<]*<\/style>/, with: "").replacing("<!DOCTYPE html>", with: "")
    for match in body.matches(of: /<(\/?)([a-z0-9]*)([^<>]*)>/) {
      let element = String(match.2)
      if match.1.isEmpty {
        if !void.contains(element) { open.append(element) }
      } else {
        #expect(open.popLast() == element, "\(name): \(match.0)")
      }
    }
    #expect(open == [], "\(name)")
    #expect(body.count { $0 == "<" } == body.matches(of: /<[^<>]*>/).count, "\(name): a sign that is no element's")
  }
}
