import Board
import Contract
import Events
import Foundation
import Model
import NIOHTTP1

/// The board of a demo: who represents an operator proposes, the others look at what would change, and vote.
struct DemoBoard: Sendable {
  let people: DemoPeople
  /// The policy in force.
  let policy: Resource<PolicySpec>
  /// The operators that vote, the one that proposes first.
  let voters: [String]

  private static let patience: Duration = .seconds(120)

  /// Has the board decide that nothing goes to a region any more.
  ///
  /// - Returns: Whether it did.
  func close(_ region: String) async throws -> Bool {
    guard let author = voters.first else { return false }
    var next = policy
    next.spec.rules.append(Self.closing(region))
    let own = BoardClient(client: try people.client(of: author))
    let draft: ProposalView = try await own.write(
      .POST, "drafts", try ModelJSON.encoder.encode(AnyResource.policy(next)))
    let motive = LocalizedText(fr: "La région \(region) a fermé", en: "Region \(region) has closed")
    let opened = try await own.propose(draft.id.uuidString, ProposalWish(motive: motive, operator: author))
    let id = APIClient.part(opened.id.uuidString.lowercased())
    guard try await isImpactKnown(id, own) else { return false }
    for voter in voters {
      let client = BoardClient(client: try people.client(of: voter))
      let vote = try ModelJSON.encoder.encode(VoteWish(choice: .for))
      let view: ProposalView = try await client.write(.PUT, "proposals/\(id)/votes/\(APIClient.part(voter))", vote)
      guard view.state == .open else { break }
    }
    let ended: ProposalView = try await own.read("proposals/\(id)")
    Console.print(ProposalText.render(ended, language: .fr))
    return ended.state == .ratified
  }

  /// Nobody votes before it is known what would change.
  private func isImpactKnown(_ id: String, _ client: BoardClient) async throws -> Bool {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      let view: ProposalView = try await client.read("proposals/\(id)")
      if view.impact?.result != nil { return true }
      try await Task.sleep(for: .milliseconds(100))
    }
    Console.print("on ne sait pas à temps ce qu'il en serait / what would change is not known in time")
    return false
  }

  private static func closing(_ region: String) -> PolicySpec.Rule {
    PolicySpec.Rule(
      id: "fermee-\(region)",
      title: LocalizedText(fr: "Plus rien en \(region)", en: "Nothing in \(region) any more"),
      motive: LocalizedText(fr: "La région \(region) a fermé.", en: "Region \(region) has closed."),
      effect: .forbid, places: LabelSelector(matchLabels: ["region.name": region]))
  }
}
