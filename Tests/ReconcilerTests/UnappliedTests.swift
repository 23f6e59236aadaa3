import Events
import Model
import Reconciler
import Testing

/// The age of a revision that is not in place.
struct UnappliedTests {
  private let published = Fixtures.start.after(-3_600)

  @Test func `a revision is as old as its publication, until it was in place once`() {
    var rig = Rig()
    #expect(rig.machine.unappliedSince == nil)
    rig.feed(.desired(Fixtures.desired(1), publishedAt: published, refusal: nil))
    rig.feed(.clusterListed)
    #expect(rig.machine.unappliedSince == published)
    rig.fail(.unavailable)
    #expect(rig.machine.unappliedSince == published)
    rig.feed(.alarm, after: 1)
    rig.succeed()
    #expect(rig.machine.unappliedSince == nil)
    rig.feed(.gone(Fixtures.quotaRef), after: 60)
    #expect(rig.machine.unappliedSince == nil)
  }

  @Test func `before the cluster was looked at, it counts from when this life of the agent had it`() {
    var rig = Rig()
    rig.feed(.desired(Fixtures.desired(1), publishedAt: published, refusal: nil), after: 5)
    #expect(rig.machine.unappliedSince == Fixtures.start.after(5))
  }

  @Test func `a refused revision is never in place, and what follows it counts anew`() {
    var rig = Rig.settled()
    let refusal = Refusal(reason: "GuardRefused", message: "no")
    rig.feed(.desired(Fixtures.desired(2), publishedAt: published, refusal: refusal), after: 5)
    #expect(rig.machine.unappliedSince == published)
    rig.feed(.desired(Fixtures.desired(3, cpu: 5), publishedAt: published.after(60), refusal: nil), after: 5)
    #expect(rig.machine.unappliedSince == published.after(60))
    rig.succeed()
    #expect(rig.machine.unappliedSince == nil)
  }

  @Test func `a removal that waits for its moment is not late before it`() {
    var rig = Rig.settled()
    let moment = Fixtures.start.after(600)
    rig.feed(
      .desired(Fixtures.desired(2, phase: .removed, notBefore: moment), publishedAt: Fixtures.start, refusal: nil),
      after: 5)
    rig.succeed()
    #expect(rig.machine.unappliedSince == moment)
  }
}
