import Events
import Foundation
import Model
import Testing

@testable import Board

/// What a count of votes is stored as.
struct TallyTests {
  @Test func `a count is stored with all that the version before of the program reads`() throws {
    let rules = VotingRules(.init(quorum: 2), operators: Fixture.operators)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // Whether somebody else than the author's operator is silent.
    let table: [(silent: [String], mayBeBacked: Bool)] = [
      ([], false), (["dtnum"], false), (["alize"], true), (["alize", "dtnum"], true), (["anfsi", "ants"], true),
    ]
    for (silent, mayBeBacked) in table {
      let votes = Fixture.operators.filter { !silent.contains($0) }.map { name in
        Vote(operator: name, choice: .abstain, reason: nil, principal: "user:\(name)", at: Fixture.at(1))
      }
      let tally = Tally(
        votes, rules: rules, operators: Fixture.operators, author: "dtnum", writers: ["user:dtnum"])
      let stored = String(decoding: try encoder.encode(tally), as: UTF8.self)
      let wanted =
        "{\"abstain\":\(votes.count),\"against\":0,\"for\":0,\"isBacked\":false,"
        + "\"mayBeBacked\":\(mayBeBacked),\"silent\":\(silent.count)}"
      #expect(stored == wanted, "\(silent)")
    }
  }
}
