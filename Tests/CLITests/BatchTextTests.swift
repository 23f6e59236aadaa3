import Contract
import Foundation
import Model
import Testing

@testable import CLI

/// What becomes of a batch, as people read it.
struct BatchTextTests {
  /// A project for each of these decisions, every one of which was planned to be placed.
  private static func view(_ commits: [String?], dryRun: Bool = false) throws -> BatchView {
    try ModelJSON.decoder.decode(BatchView.self, from: Data(text(commits, dryRun: dryRun).utf8))
  }

  /// - Parameters:
  ///   - reasons: of each project, as its status is.
  ///   - kept: those that are where they are planned to be.
  private static func text(
    _ commits: [String?], dryRun: Bool = false, committed: Bool = false, outcome: String = "optimal",
    reasons: String = "[]", status: String = "placed", kept: Set<Int> = []
  ) -> String {
    let objective = #"{"placed":\#(commits.count),"terms":0,"preference":0,"fullest":0}"#
    let entries = commits.enumerated().map { position, commit in
      let decided = commit.map { #","commit":\#($0)"# } ?? ""
      let place = Samples.place.replacing("\"kept\":false", with: "\"kept\":\(kept.contains(position))")
      return """
        {"project":"p\(position)","position":\(position),"status":"\(status)","isFirstChoice":true,
        "places":[\(place)],"reasons":\(reasons)\(decided)}
        """
    }
    return """
      {"basis":\(Samples.basis),"dryRun":\(dryRun),"committed":\(committed),"outcome":"\(outcome)","value":\(objective),
      "bound":\(objective),"provenLevels":3,"oneByOne":\(objective),"nodes":7,
      "entries":[\(entries.joined(separator: ","))]}
      """
  }

  private static func commit(placed: Bool, asPlanned: Bool, replayed: Bool = false) -> String {
    #"{"decision":"\#(Samples.placementID)","placed":\#(placed),"asPlanned":\#(asPlanned),"replayed":\#(replayed)}"#
  }

  /// The cells of the projects' rows.
  private static func rows(_ text: String) -> [[String]] {
    text.split(separator: "\n").filter { $0.hasPrefix("p") }.map { row in
      row.split(separator: "  ").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
  }

  @Test func `what was decided is told as it went, and not as it was planned`() throws {
    let view = try Self.view([
      Self.commit(placed: true, asPlanned: true), Self.commit(placed: true, asPlanned: false),
      Self.commit(placed: false, asPlanned: false), Self.commit(placed: false, asPlanned: false, replayed: true), nil,
    ])
    let text = BatchText.render(view, language: .en, wide: false)
    #expect(text.contains("\n5/5 planned: nothing better is possible\ndecided as planned: 1/5\n"), "\(text)")
    let (there, lost) = ("prod: idf-usuel-1", "could not go where it was planned to")
    #expect(
      Self.rows(text) == [
        ["p0", "placed", there, "-", "00000000"],
        ["p1", "placed otherwise", "-", "\(lost) (\(there)): regie explain p1", "00000000 (!)"],
        ["p2", "not placed", "-", "\(lost) (\(there)): regie explain p2", "00000000 (!)"],
        ["p3", "not placed", "-", "\(lost): regie explain p3", "00000000 (!)"],
        ["p4", "planned, not decided", there, "-", "-"],
      ], "\(text)")
  }

  @Test func `what is answered once more is told as it was decided, and nothing of what would be planned now`()
    async throws
  {
    let decided = Self.commit(placed: true, asPlanned: true, replayed: true)
    let reasons = """
      [{"code":"CapacityShort","category":"fit","temporary":true,"parameters":{},"sentence":"full","remedy":"more"}]
      """
    let answer = Self.text(
      [decided, decided], committed: true, outcome: "unplaceable", reasons: reasons, status: "unplaceable", kept: [0])
    try await StubService.with({ _ in StubService.Answer(answer) }) { _, url in
      let run = try await Run.regie("batch", "p0", "p1", "--commit", "--server", url, "--lang", "en")
      let text = run.output
      #expect(text.contains("\ndecided as planned: 2/2\n\nPROJECT") && !text.contains("not all fit"), "\(text)")
      // Where something is by now it may have been moved to since.
      let expected = [["p0", "placed", "-", "-", "00000000"], ["p1", "placed", "-", "-", "00000000"]]
      #expect(Self.rows(text) == expected, "\(text)")
      #expect(run.code == 0)
    }
  }

  @Test func `where some of it was decided before, why the rest was not is told all the same`() throws {
    let decided = Self.commit(placed: true, asPlanned: true, replayed: true)
    let answer = Self.text([decided, nil], committed: true, outcome: "undecided", status: "undecided")
    let planned = "\n2/2 planned, a proposal: 2 at most; the search ended at 7 nodes\ndecided as planned: 1/2\n"
    // What is named twice was decided on once, and is no rest.
    let repeated = answer.replacing(
      #""position":1,"status":"undecided""#, with: #""position":1,"status":"repeated""#)
    #expect(repeated != answer)
    for (answer, isPlanTold) in [(answer, true), (repeated, false)] {
      let view = try ModelJSON.decoder.decode(BatchView.self, from: Data(answer.utf8))
      let text = BatchText.render(view, language: .en, wide: false)
      #expect(text.contains(planned) == isPlanTold && text.contains("decided as planned: 1/2\n"), "\(text)")
      #expect(text.contains("a proposal") == isPlanTold, "\(text)")
    }
  }

  @Test func `where nothing was to be decided the plan is told as it is`() throws {
    let text = BatchText.render(try Self.view([nil], dryRun: true), language: .fr, wide: false)
    #expect(text.contains("\n1/1 placés : rien de mieux n'est possible\n\nPROJECT"), "\(text)")
    let row = text.split(separator: "\n").last.map(String.init) ?? ""
    #expect(row.contains("placé") && row.contains("prod: idf-usuel-1") && !row.contains("prévu"), "\(row)")
  }
}
