import Model

/// What the offer and the placements say of a flow's ends at a moment.
public enum FlowGround: Sendable, Hashable {
  /// Its ends are here.
  case ends([FlowEnd])
  /// The environment is placed, at these ends, and the system is reached from nowhere.
  case noSystem(environment: [FlowEnd])
  /// The environment is placed nowhere.
  case unplaced

  /// The ends, in the one order that they are kept in; none where there are none.
  public var ends: [FlowEnd] {
    guard case .ends(let ends) = self else { return [] }
    return ends.sorted {
      ($0.side.rawValue, $0.operator, $0.region, $0.sensitivity.rawValue)
        < ($1.side.rawValue, $1.operator, $1.region, $1.sensitivity.rawValue)
    }
  }
}
