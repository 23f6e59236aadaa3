import Contract
import Events
import Foundation
import Model
import Testing

@testable import CLI

/// `regie recover`: what is shown before and after.
struct RecoverTests {
  private func view(restored: Bool = true, recovered: Bool = false) -> RecoveryView {
    RecoveryView(
      plan: "0f", restored: restored, needed: restored, recovered: recovered, suspendedAt: nil,
      signs: restored ? ["zone r1: ahead"] : [],
      epoch: 1, nextEpoch: restored ? 2 : 1, unchanged: 3,
      changes: restored
        ? [
          RecoveryView.Change(
            placement: Self.id, action: .adopted, project: "vigie", environment: "prod", zone: "r1", cluster: "a",
            namespace: "n", from: nil, to: "2.8")
        ] : [],
      findings: restored
        ? [RecoveryView.Finding(kind: "ProjectUnknown", zone: "r1", placement: Self.id, message: "apply it again")] : []
    )
  }

  private static let id = UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID()

  @Test func `a plan says that, why and how the database changes, and what to look at`() {
    #expect(
      RecoveryText.render(view(), language: .en) == """
        The database was RESTORED: it is behind the bus. Epoch 1 → 2.
          zone r1: ahead
        1 placement changes, 3 stand:
        ACTION   PROJECT  ENVIRONMENT  CLUSTER  FROM  TO   PLACEMENT
        adopted  vigie    prod         a        -     2.8  0a000000-0000-4000-8000-00000000000a
        To look at:
          ProjectUnknown r1 0a000000-0000-4000-8000-00000000000a: apply it again
        """)
  }

  @Test func `what was done, and that nothing was to do, is said in one line each`() {
    #expect(RecoveryText.render(view(recovered: true), language: .fr).hasPrefix("La base est à jour : époque 2."))
    #expect(
      RecoveryText.render(view(restored: false), language: .fr)
        == "Rien à faire : la base est à jour du bus (époque 1).")
  }
}
