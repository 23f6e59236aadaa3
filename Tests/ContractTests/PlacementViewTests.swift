import Contract
import Events
import Foundation
import Model
import Testing

struct PlacementViewTests {
  private static let at = Timestamp(microseconds: 1_795_476_521_000_000)

  private func view(
    ready: Bool = false, current: Bool = false, publishedAt: Timestamp? = nil, removedAt: Timestamp? = nil,
    conditions: [Condition]? = nil, lossDeclared: Bool? = nil
  ) -> PlacementView {
    let id = UUID()
    let spec = PlacementSpec(
      id: id, project: "vigie", projectID: UUID(), organisation: "mi", environment: "prod", environmentID: UUID(),
      stage: "prod", replica: 0, zone: "nord", cluster: "nord-1", namespace: "a--b", phase: .active,
      quota: ResourceList(cpu: Quantity("2")), revision: 1, epoch: 1, decision: UUID())
    let observed = conditions.map {
      ObservedState(
        placement: id, zone: "nord", cluster: "nord-1", incarnation: 1, sequence: 1, observedEpoch: 1,
        observedRevision: 1, phase: .active, conditions: $0)
    }
    return PlacementView(
      spec: spec, createdAt: Self.at,
      status: PlacementView.Status(
        ready: ready, current: current, decidedAt: Self.at, publishedAt: publishedAt, removedAt: removedAt,
        observed: observed, observedAt: observed.map { _ in Self.at }, lossDeclared: lossDeclared))
  }

  private func condition(_ type: String, _ status: Condition.Status, _ reason: String) -> Condition {
    Condition(type: type, status: status, reason: reason, observedRevision: 1, lastTransitionTime: Self.at)
  }

  @Test func `the summary follows a placement's life`() {
    #expect(view().summary == "Decided")
    #expect(view(publishedAt: Self.at).summary == "Published")
    let notReady = [condition("Applied", .yes, "Applied"), condition("Ready", .no, "QuotaNotEnforced")]
    #expect(view(current: true, publishedAt: Self.at, conditions: notReady).summary == "QuotaNotEnforced")
    #expect(view(ready: true, current: true, publishedAt: Self.at, conditions: []).summary == "Ready")
    #expect(view(ready: true, current: true, removedAt: Self.at).summary == "Removed")
    let left = [condition("Applied", .yes, "Removed"), condition("AwaitingOwner", .yes, "NamespaceStands")]
    #expect(view(current: true, removedAt: Self.at, conditions: left).summary == "AwaitingOwner")
    let done = [condition("AwaitingOwner", .no, "Done")]
    #expect(view(current: true, removedAt: Self.at, conditions: done).summary == "Removed")
    #expect(view(removedAt: Self.at, lossDeclared: true).summary == "LossDeclared")
    #expect(view(current: true, removedAt: Self.at, conditions: left, lossDeclared: true).summary == "LossDeclared")
  }

  @Test func `a report of an earlier revision says nothing of this one`() {
    let ready = [condition("Ready", .yes, "Enforced")]
    #expect(view(current: false, publishedAt: Self.at, conditions: ready).summary == "Published")
    #expect(view(current: false, conditions: ready).summary == "Decided")
  }

  @Test func `a current report without a verdict is pending`() {
    #expect(view(current: true, publishedAt: Self.at, conditions: []).summary == "Pending")
    #expect(view(current: true, publishedAt: Self.at).summary == "Published")
  }

  @Test func `it is shaped as Kubernetes is, and named by the identifier`() throws {
    let view = view(publishedAt: Self.at, conditions: [])
    #expect(view.apiVersion == "regie.cloud-pi-native.fr/v1")
    #expect(view.kind == .placement)
    #expect(view.metadata.name == view.spec.id.uuidString.lowercased())
    let bytes = try ModelJSON.encoder.encode(view)
    #expect(try ModelJSON.decoder.decode(PlacementView.self, from: bytes) == view)
    #expect(String(decoding: bytes, as: UTF8.self).contains(#""decidedAt":"2026-11-23T23:28:41.000000Z""#))
  }
}
