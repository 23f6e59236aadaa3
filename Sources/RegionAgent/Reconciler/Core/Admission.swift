public import Events
public import Model

/// What this agent can act on: its clusters, each in one mode, and what their operator allows. What it can not or must
/// not do it refuses aloud.
public struct Admission: Sendable {
  private let modes: [String: ClusterSpec.Mode]
  private let guardPolicy: GuardPolicy

  /// An admission for an agent that keeps these clusters, each in the mode that it was told, and obeys their operator's
  /// guard.
  public init(modes: [String: ClusterSpec.Mode], guardPolicy: GuardPolicy = GuardPolicy()) {
    self.modes = modes
    self.guardPolicy = guardPolicy
  }

  /// Why `state` must not be acted on; nil when it may.
  public func refusal(of state: DesiredState) -> Refusal? {
    guard let mode = modes[state.cluster] else {
      let known = modes.keys.sorted().joined(separator: ", ")
      return Refusal(
        reason: "UnknownCluster", message: "this agent has no cluster “\(state.cluster)”; it has: \(known)")
    }
    // Neither the offer alone nor the agent's settings alone make an agent write where the other forbids it.
    guard state.mode == mode else {
      return Refusal(
        reason: "ModeMismatch",
        message: "decided is mode “\(state.mode.rawValue)”; this agent keeps the cluster “\(state.cluster)” in mode "
          + "“\(mode.rawValue)”: the offer and the agent's settings must say the same")
    }
    if state.phase == .removed, state.notBefore == nil {
      return Refusal(
        reason: "RemovalUndated", message: "a removal without “notBefore” is not acted on; a moment is wanted")
    }
    let expected = NamespaceName.make(environment: state.environment.id, project: state.project.id)
    guard state.namespace == expected else {
      return Refusal(
        reason: "NamespaceName", message: "the namespace “\(state.namespace)” is not the console's “\(expected)”")
    }
    return guardPolicy.refusal(of: state)
  }
}
