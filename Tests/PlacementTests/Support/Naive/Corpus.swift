import Foundation
import Model
import Placement

/// The recorded decisions of one engine version, in a folder of its name. What is recorded is never written again: another
/// answer is another version.
struct Corpus: Sendable {
  struct Refused: Error, CustomStringConvertible {
    var description: String
  }

  /// `Corpus` beside the tests, wherever they were built.
  static var root: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Corpus")
  }

  /// The folder of a version: `regie-placement/2` is in `regie-placement-2`.
  static func folder(_ version: String) -> URL {
    root.appending(path: version.replacingOccurrences(of: "/", with: "-"))
  }

  /// The names of the folders there are.
  static var versions: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: root.path())
    return (names ?? []).filter { !$0.contains(".") }.sorted()
  }

  /// The cases of a folder, by name.
  static func cases(in folder: URL) throws -> [CorpusCase] {
    let suffix = ".inputs.json"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
    return try names.filter { $0.hasSuffix(suffix) }.sorted()
      .map { try CorpusCase(String($0.dropLast(suffix.count)), in: folder) }
  }

  /// Records the answers of the engine as it is now.
  ///
  /// - Throws: ``Refused`` where its version has been recorded already.
  static func record(_ version: String, count: Int) throws {
    let folder = folder(version)
    guard !FileManager.default.fileExists(atPath: folder.path()) else {
      throw Refused(description: "\(folder.path()) is there: a recorded version is never written again")
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for recorded in try chosen(count) { try recorded.write(to: folder) }
  }

  /// Scenarios that differ in what they show: each adds a reason, an outcome or a kind of placement that was not there
  /// yet; then others until there are enough. Before them come those that chance would not bring.
  static func chosen(_ count: Int) throws -> [CorpusCase] {
    var cases = try Scenario.spreads.map { try CorpusCase($0.name, $0.scenario) }
    for seed in 1...4 as ClosedRange<UInt64> { cases.append(try CorpusCase("probed-\(seed)", Scenario.probed(seed))) }
    var others: [CorpusCase] = []
    var seen: Set<String> = []
    for seed in 1...2_000 as ClosedRange<UInt64> {
      let made = try CorpusCase("seed-\(seed)", Scenario.random(seed))
      let shown = try shown(made)
      if !shown.isSubset(of: seen) {
        seen.formUnion(shown)
        cases.append(made)
      } else if others.count < count {
        others.append(made)
      }
    }
    return cases + others.prefix(max(0, count - cases.count))
  }

  /// What a case shows.
  static func shown(_ made: CorpusCase) throws -> Set<String> {
    let decision = try ModelJSON.decoder.decode(Decision.self, from: made.decision)
    let reasons = decision.reasons + decision.environments.flatMap { $0.candidates.flatMap(\.reasons) }
    var shown = Set(reasons.map(\.code.rawValue))
    shown.insert(decision.outcome.rawValue)
    if decision.assignments.contains(where: \.kept) { shown.insert("kept") }
    if decision.assignments.contains(where: { $0.movedFrom != nil }) { shown.insert("moved") }
    if decision.preferenceTerm != nil { shown.insert("term") }
    if !decision.derogations.isEmpty { shown.insert("derogation") }
    if decision.chains.contains(where: { $0.reasons.contains { $0.parameters["held"] == "true" } }) {
      shown.insert("held chain")
    }
    if let conflict = decision.conflict { shown.insert(conflict.rawValue) }
    return shown
  }
}
