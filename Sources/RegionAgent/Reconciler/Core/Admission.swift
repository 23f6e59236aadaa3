public import Events
internal import Model

/// What this agent can act on: its clusters and the modes it knows, and what their operator
/// allows. What it can not or must not do it refuses aloud.
public struct Admission: Sendable {
  private let clusters: Set<String>
  private let guardPolicy: GuardPolicy

  /// An admission for an agent that reaches these clusters, and obeys their operator's guard.
  public init(clusters: Set<String>, guardPolicy: GuardPolicy = GuardPolicy()) {
    self.clusters = clusters
    self.guardPolicy = guardPolicy
  }

  /// Why `state` must not be acted on; nil when it may.
  public func refusal(of state: DesiredState) -> Refusal? {
    guard clusters.contains(state.cluster) else {
      let known = clusters.sorted().joined(separator: ", ")
      return Refusal(
        reason: "UnknownCluster", message: "this agent has no cluster “\(state.cluster)”; it has: \(known)")
    }
    switch state.mode {
    case .own: break
    case .observe:
      return Refusal(reason: "ObservedOnly", message: "the cluster is run by others: nothing is written to it")
    case .adopt, .gitops:
      return Refusal(
        reason: "ModeNotSupported", message: "mode “\(state.mode.rawValue)” is not acted on by this version; “own” is")
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
