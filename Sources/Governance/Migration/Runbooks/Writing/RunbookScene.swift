import Events
import Foundation
import Model
import Mustache

/// Makes the values that templates put in: everything escaped for Markdown already.
struct RunbookScene {
  let facts: RunbookFacts
  let reader: RunbookReader
  let language: RunbookLanguage
  let templates: RunbookTemplates
  let commands: RunbookCommands

  /// - Parameter facts: only what the reader may read.
  init(
    _ facts: RunbookFacts, _ reader: RunbookReader, _ language: RunbookLanguage, _ templates: RunbookTemplates
  ) {
    self.facts = facts
    self.reader = reader
    self.language = language
    self.templates = templates
    commands = RunbookCommands(migration: MarkdownText.code(facts.migration), language: language)
  }

  /// The values of a whole text.
  var document: [String: Any] {
    var values = head
    values["contacts"] = facts.contacts.map { contact in
      ["contactRole": heading(contact.party.title), "contact": prose(contact.text)]
    }
    values["waves"] = facts.waves.map { wave -> [String: Any] in
      ["wave": "\(wave.number)", "waveDay": day(of: wave), "moves": wave.moves.map { listed($0) }]
    }
    values["blocked"] = facts.blocked.map { blocked in
      [
        "blockedProject": prose(blocked.project), "blockedEnvironment": prose(blocked.environment),
        "blockedCluster": prose(blocked.cluster), "blockedCause": say(blocked.cause.sentence),
      ]
    }
    return values
  }

  /// What is said once. Texts that may be missing are, so that a section of them is not there.
  private var head: [String: Any] {
    var values: [String: Any] = [
      "migration": MarkdownText.code(facts.migration), "motive": say(facts.motive.title),
      "writtenAt": moment(facts.writtenAt), "isLiving": facts.isLiving, "party": say(reader.party.title),
      "isProjectTeam": reader.party == .projectTeam, "isSourceOperator": reader.party == .sourceOperator,
      "isTargetOperator": reader.party == .targetOperator, "isServiceBody": reader.party == .serviceBody,
      "moveCount": "\(facts.moves.count)", "endedCount": "\(facts.moves.count { $0.state?.step.isEnd == true })",
      "startCommand": commands.start, "statusCommand": commands.status, "watchCommand": commands.watch,
      "pauseCommand": commands.pause, "resumeCommand": commands.resume,
    ]
    values["motiveText"] = facts.motiveText.map(prose)
    values["partyName"] = reader.name.map(prose)
    return values
  }

  /// A move with its tasks. Their texts know all that is said around them, but for the lists of the whole.
  private func listed(_ move: RunbookFacts.Move) -> [String: Any] {
    var values = self.values(of: move)
    let around = head.merging(values) { _, inner in inner }
    let (own, others) = (move.tasks.filter { isOwn($0) }, move.tasks.filter { !isOwn($0) })
    values["tasks"] = own.map { task -> [String: Any] in
      var values = self.values(of: task, in: move)
      let text = templates.render(
        RunbookTemplateName(.task(task.kind), language), around.merging(values) { _, inner in inner })
      values["taskText"] = text.trimmingCharacters(in: .whitespacesAndNewlines)
      return values
    }
    values["otherTasks"] = others.map { task -> [String: Any] in
      var values: [String: Any] = [
        "otherTask": say(task.kind.title), "otherOwner": say(task.kind.owner.title),
        "otherBox": task.evidence == nil ? " " : "x",
      ]
      values["otherDueAt"] = task.isOpen ? task.dueAt.map(moment) : nil
      return values
    }
    return values
  }

  private func isOwn(_ task: MigrationTask) -> Bool { task.kind.owner == reader.party }

  private func day(of wave: RunbookFacts.Wave) -> String {
    if let date = wave.date { return prose("\(date)") }
    return language == .fr ? "jour \(wave.day + 1)" : "day \(wave.day + 1)"
  }

  func say(_ text: LocalizedText) -> String { prose(language == .fr ? text.fr : text.english) }

  /// The text with a capital, as it stands alone.
  func heading(_ text: LocalizedText) -> String {
    let words = say(text)
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  func prose(_ text: String) -> String { MarkdownText.prose(text) }

  /// A moment to the minute, in UTC: nobody has to know by whose clock.
  func moment(_ moment: Timestamp) -> String {
    let text = moment.description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }
}
