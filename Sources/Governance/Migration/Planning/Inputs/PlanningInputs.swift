public import Foundation
public import Model
public import Placement

/// All that a plan depends on. The same inputs give the same bytes.
public struct PlanningInputs: Codable, Sendable, Hashable {
  /// What is on offer.
  public var offer: Offer
  /// The policy in force.
  public var policy: EffectivePolicy
  /// The day that everything is judged for.
  public var day: CalendarDay
  /// The instant: a derogation notified after it has no effect yet.
  public var now: Date
  /// What clusters have promised.
  public var ledger: Ledger
  /// The zones whose agents were not heard for too long; nothing is moved there.
  public var staleZones: [String]
  /// The projects that anything is moved of, with everything they have. Others may be among them.
  public var projects: [PlacedProject]
  /// What no plan moves, of these projects or of others.
  public var withheld: [WithheldPlacement]
  /// What is to be moved.
  public var scope: MoveScope
  /// Why.
  public var motive: MoveMotive
  /// How much at a time, when, and in which order.
  public var limits: MoveLimits

  /// Inputs.
  public init(
    offer: Offer, policy: EffectivePolicy, day: CalendarDay, now: Date, ledger: Ledger, staleZones: [String] = [],
    projects: [PlacedProject], withheld: [WithheldPlacement] = [], scope: MoveScope, motive: MoveMotive,
    limits: MoveLimits = MoveLimits()
  ) {
    self.offer = offer
    self.policy = policy
    self.day = day
    self.now = now
    self.ledger = ledger
    self.staleZones = staleZones
    self.projects = projects
    self.withheld = withheld
    self.scope = scope
    self.motive = motive
    self.limits = limits
  }

  /// The plan: always the same for the same inputs.
  public func plan() throws(PlanningError) -> MigrationPlan {
    try validate()
    return MigrationPlanner(self).plan()
  }
}
