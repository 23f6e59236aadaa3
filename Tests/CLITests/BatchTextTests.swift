import Contract
import Foundation
import Model
import Testing

@testable import CLI

/// What becomes of a batch, as people read it.
struct BatchTextTests {
  /// A project for each of these decisions, every one of which was planned to be placed.
  private static func view(_ commits: [String?], dryRun: Bool = false) throws -> BatchView {
    let objective = #"{"placed":\#(commits.count),"terms":0,"preference":0,"fullest":0}"#
    let entries = commits.enumerated().map { position, commit in
      let decided = commit.map { #","commit":\#($0)"# } ?? ""
      return """
        {"project":"p\(position)","position":\(position),"status":"placed","isFirstChoice":true,
        "places":[\(Samples.place)],"reasons":[]\(decided)}
        """
    }
    let text = """
      {"basis":\(Samples.basis),"dryRun":\(dryRun),"committed":false,"outcome":"optimal","value":\(objective),
      "bound":\(objective),"provenLevels":3,"oneByOne":\(objective),"nodes":7,
      "entries":[\(entries.joined(separator: ","))]}
      """
    return try ModelJSON.decoder.decode(BatchView.self, from: Data(text.utf8))
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

  @Test func `where nothing was to be decided the plan is told as it is`() throws {
    let text = BatchText.render(try Self.view([nil], dryRun: true), language: .fr, wide: false)
    #expect(text.contains("\n1/1 placés : rien de mieux n'est possible\n\nPROJECT"), "\(text)")
    let row = text.split(separator: "\n").last.map(String.init) ?? ""
    #expect(row.contains("placé") && row.contains("prod: idf-usuel-1") && !row.contains("prévu"), "\(row)")
  }
}
