import Foundation
import Postgres
import Testing
import Trail

@testable import Store

/// What is stored of decisions is compared with what it has to be: by whoever explains one, and by whoever verifies the trail.
struct DecisionVerificationTests {
  /// Whoever reads an offer or a ledger passes over what is appended, and comes to the same answer.
  static let contents = [
    "UPDATE offer_snapshots SET bytes = bytes || ' '::bytea",
    "UPDATE ledger_checkpoints SET bytes = bytes || ' '::bytea",
    """
    UPDATE offer_snapshots SET bytes = bytes || ' '::bytea;
    UPDATE decisions SET engine_version = 'regie-placement/99'
    """,
  ]

  @Test(arguments: contents)
  func `a decision is made again and explained by what its digests name, and by nothing else`(sql: String) async throws
  {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let id = try await fixture.place("alpha").decision.id
      try await fixture.tamper(sql)
      let unexplained = try await refusal { _ = try await fixture.store.explanation(of: id) }
      #expect(unexplained?.kind == .conflict && unexplained?.message.contains("digest") == true)
      let unmade = try await refusal { _ = try await fixture.store.replay(id) }
      #expect(unmade != nil && unmade == unexplained)
    }
  }
}
