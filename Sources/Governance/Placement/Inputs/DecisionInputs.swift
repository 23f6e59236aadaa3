public import Model

/// All that a decision was made on beside the offer and the policy: with those, it can be made again.
public struct DecisionInputs: Codable, Sendable, Hashable {
  /// What was asked.
  public var request: DecisionRequest
  /// What clusters had promised.
  public var ledger: Ledger
  /// The names of the zones whose agent was not heard for too long.
  public var staleZones: [String]
  /// The day of the decision, in Paris.
  public var day: CalendarDay

  /// Inputs.
  public init(request: DecisionRequest, ledger: Ledger = Ledger(), staleZones: [String] = [], day: CalendarDay) {
    self.request = request
    self.ledger = ledger
    self.staleZones = staleZones
    self.day = day
  }

  /// Makes the decision, again or for the first time.
  public func decision(offer: Offer, policy: EffectivePolicy) -> Decision {
    Engine(offer: offer, policy: policy, day: day).decide(self)
  }
}
