import Events
import Foundation
import GitOps
import Model
import Reconciler
import Testing

@testable import Agent

/// What waits for the writer of the repository, and what comes back.
struct GitOpsMailTests {
  private let moment = Timestamp(microseconds: 1_795_000_000_000_000)

  private func order(
    _ number: UInt8 = 1, attempt: Int, _ phase: PlacementPhase = .removed, isUndated: Bool = false
  ) -> CommitOrder {
    var state = AgentRig.state(number)
    state.phase = phase
    state.notBefore = isUndated || phase != .removed ? nil : moment
    return CommitOrder(attempt: attempt, state: state, objects: [], mayRemoveNamespace: true, mayFinish: true)
  }

  /// As the bridge asks: what has a moment waits for leave.
  private func leave(_ isGiven: Bool) -> (CommitOrder) -> Bool {
    { isGiven || $0.state.notBefore == nil }
  }

  /// Whether removals are posted again.
  private func review(_ mail: inout GitOpsMail, _ isGiven: Bool) -> Bool {
    mail.reviewRemovals(isLetThrough: leave(isGiven))
  }

  private func attempts(_ outgoing: GitOpsMail.Outgoing) -> [Int] { outgoing.deliveries.map(\.order.attempt) }

  @Test func `a removal that was called off does not come back when leave for it changes`() {
    var mail = GitOpsMail()
    mail.post(order(attempt: 1))
    #expect(attempts(mail.takeOrders(isLetThrough: leave(true))) == [1])
    mail.post(order(attempt: 2, isUndated: true))
    #expect(attempts(mail.takeOrders(isLetThrough: leave(true))) == [2])
    // The writer has not been handed the second yet: it waits for what was taken out before it.
    #expect(review(&mail, false) == false)
    #expect(mail.takeOrders(isLetThrough: leave(false)).isEmpty)
  }

  @Test func `a removal whose placement stays after all is followed no more`() {
    var mail = GitOpsMail()
    mail.post(order(attempt: 1))
    _ = mail.takeOrders(isLetThrough: leave(false))
    mail.post(order(attempt: 2, .active))
    _ = mail.takeOrders(isLetThrough: leave(false))
    #expect(review(&mail, true) == false)
  }

  @Test func `leave that changes hands a removal over again, once each time`() {
    var mail = GitOpsMail()
    mail.post(order(attempt: 1))
    #expect(mail.takeOrders(isLetThrough: leave(false)).deliveries.map(\.isLetThrough) == [false])
    for isGiven in [true, false] {
      #expect(review(&mail, isGiven) == true)
      let outgoing = mail.takeOrders(isLetThrough: leave(isGiven))
      #expect(attempts(outgoing) == [1] && outgoing.deliveries.map(\.isLetThrough) == [isGiven])
      #expect(review(&mail, isGiven) == false)
    }
    mail.finish(order(attempt: 1).placement)
    #expect(review(&mail, true) == false)
  }

  @Test func `a removal that was held as it was handed over is handed over again once leave for it is back`() {
    var mail = GitOpsMail()
    mail.post(order(attempt: 1))
    #expect(mail.takeOrders(isLetThrough: leave(true)).deliveries.map(\.isLetThrough) == [true])
    mail.hold(order(attempt: 1).placement)
    #expect(review(&mail, false) == false)
    #expect(review(&mail, true) == true)
    #expect(mail.takeOrders(isLetThrough: leave(true)).deliveries.map(\.isLetThrough) == [true])
    #expect(review(&mail, true) == false)
  }

  @Test func `what waits is not replaced by what was handed over before it`() {
    var mail = GitOpsMail()
    mail.post(order(attempt: 1))
    _ = mail.takeOrders(isLetThrough: leave(true))
    mail.post(order(attempt: 2, isUndated: true))
    _ = review(&mail, false)
    #expect(attempts(mail.takeOrders(isLetThrough: leave(false))) == [2])
  }

  @Test func `only the latest of each placement is handed over, and who is forgotten before who comes anew`() {
    var mail = GitOpsMail()
    for attempt in 1...3 { mail.post(order(1, attempt: attempt)) }
    mail.post(order(2, attempt: 9))
    mail.forget(order(1, attempt: 3).placement)
    mail.post(order(1, attempt: 1, .active))
    let outgoing = mail.takeOrders(isLetThrough: leave(true))
    #expect(outgoing.forgotten == [order(1, attempt: 1).placement])
    #expect(Set(attempts(outgoing)) == [1, 9])
    #expect(mail.takeOrders(isLetThrough: leave(true)).isEmpty)
  }

  @Test func `news of a placement that was forgotten reach nobody`() {
    var mail = GitOpsMail()
    let placement = order(attempt: 1).placement
    mail.post(order(attempt: 1))
    mail.post([placement: PlacementNews(standing: .removed, attempt: 1)])
    mail.forget(placement)
    let told = mail.takeNews()
    #expect(told.news.isEmpty && told.clusters.isEmpty)
  }
}
