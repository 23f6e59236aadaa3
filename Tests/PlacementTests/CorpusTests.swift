import Foundation
import Model
import Placement
import Testing

/// Recorded decisions, made again: the same inputs give the same bytes as long as the engine calls itself the same.
/// `make corpus` records those of a new version.
@Suite struct CorpusTests {
  static let isRecording = ProcessInfo.processInfo.environment["REGIE_RECORD_CORPUS"] != nil

  /// What is recorded of a version.
  ///
  /// - Throws: where nothing is.
  private static func cases(of version: String) throws -> [CorpusCase] {
    let folder = Corpus.folder(version)
    let isRecorded = FileManager.default.fileExists(atPath: folder.path())
    try #require(isRecorded, "nothing is recorded of \(version): once its answers are final, run make corpus")
    return try Corpus.cases(in: folder)
  }

  @Test("decisions recorded under the engine's version are made again byte for byte")
  func replay() throws {
    if Self.isRecording { try Corpus.record(EngineVersion.current, count: 40) }
    let cases = try Self.cases(of: EngineVersion.current)
    #expect(cases.count >= 40)
    for recorded in cases {
      let replayed = try CorpusCase(recorded.name, recorded.scenario, in: DecisionDocument.Form(of: recorded.record))
      for (part, was, now) in [
        ("decision", recorded.decision, replayed.decision), ("record", recorded.record, replayed.record),
        ("ranked", recorded.ranked, replayed.ranked),
      ] {
        let difference = CorpusCase.difference(was, now)
        #expect(
          difference == nil,
          """
          \(recorded), \(part): the same inputs have another answer under the same version. If that is meant, change \
          EngineVersion.number and run make corpus.
          """)
      }
    }
  }

  @Test("what was recorded shows every reason, every outcome, and what stays, moves and keeps its chain")
  func variety() throws {
    let shown = try Self.cases(of: EngineVersion.current)
      .reduce(into: Set<String>()) { try $0.formUnion(Corpus.shown($1)) }
    let wanted = ReasonCode.allCases.map(\.rawValue) + Decision.Outcome.allCases.map(\.rawValue)
    #expect(Set(wanted + ["kept", "moved", "term", "derogation", "held chain"]).subtracting(shown).isEmpty)
  }

  @Test("what older versions recorded is still read, and decided one way or the other")
  func olderVersions() throws {
    for version in Corpus.versions {
      for recorded in try Corpus.cases(in: Corpus.root.appending(path: version)) {
        let decision = recorded.scenario.decide()
        #expect(decision.environments.count == recorded.scenario.project.spec.environments.count, "\(version)")
        #expect(try !ModelJSON.decoder.decode(Decision.self, from: recorded.decision).environments.isEmpty)
        let kept = try ModelJSON.decoder.decode(DecisionDocument.self, from: recorded.record)
        #expect(try kept.canonicalBytes() == recorded.record, "\(version)")
        // What is kept got another form under version 8.
        let number = try #require(Int(version.split(separator: "-").last ?? ""))
        #expect(DecisionDocument.Form(of: recorded.record) == (number <= 8 ? .verdicts : .ranked), "\(version)")
      }
    }
  }

  @Test("a single byte that differs is found and shown; a version that is recorded is not recorded again")
  func guards() throws {
    let made = try CorpusCase("one", Scenario.calm)
    #expect(CorpusCase.difference(made.decision, made.decision) == nil)
    var other = Scenario.calm
    other.ledger.clusters["c2"] = .init(committed: ResourceAmounts(cpu: 1_000), version: 1)
    let changed = try CorpusCase("one", other)
    let difference = try #require(CorpusCase.difference(made.decision, changed.decision))
    #expect(difference.contains("at byte"))
    #expect(CorpusCase.difference(made.decision, made.decision.dropLast()) != nil)
    guard let version = Corpus.versions.first else { return }
    #expect(throws: Corpus.Refused.self) { try Corpus.record(version, count: 1) }
  }
}
