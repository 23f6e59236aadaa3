import Model

/// What a flow crosses, and so whether anybody has to open it, within which delay: the strictest of all rules that concern it.
///
/// A flow is opened by itself only where every operator opens flows by itself, it stays in one sensitivity and does not lead to
/// another project: an answer at once would say who hosts that, and of which sensitivity it is. Of several delays the shortest
/// holds for all: a flow is open once all its ends are, so a longer one at one end would take from the applicant what was
/// guaranteed at the other.
public struct FlowRule: Codable, Sendable, Hashable {
  /// Whether it leads from one sensitivity into another.
  public let crossesSensitivities: Bool
  /// Whether it leads from one region into another.
  public let crossesRegions: Bool
  /// Whether nobody has to act.
  public let isAutomatic: Bool
  /// The guaranteed delay, in working days.
  public let delayDays: Int

  /// The delay where neither policy nor operator says anything.
  public static let standardDelay = 5

  /// The rule for a flow with these ends.
  ///
  /// - Parameters:
  ///   - policyDelay: the delay that the policy says.
  ///   - isForeign: whether the system is an environment of another project.
  public init(ends: [FlowEnd], policyDelay: Int?, isForeign: Bool = false) {
    // An environment in several places is reached in each: that crosses nothing.
    let (near, far) = (ends.filter { $0.side == .environment }, ends.filter { $0.side == .system })
    func crosses(_ differ: (FlowEnd, FlowEnd) -> Bool) -> Bool {
      near.contains { end in far.contains { differ(end, $0) } }
    }
    crossesSensitivities = crosses { $0.sensitivity != $1.sensitivity }
    crossesRegions = crosses { $0.region != $1.region }
    isAutomatic =
      !ends.isEmpty && !isForeign && !crossesSensitivities && ends.allSatisfy { $0.opening?.mode == .automatic }
    let common = policyDelay ?? Self.standardDelay
    delayDays = ends.map { $0.opening?.maximumDelayDays ?? common }.min() ?? common
  }
}
