public import Events
internal import Model

extension GuardPolicy {
  /// Why a state must not be acted on here; nil when it may.
  ///
  /// A removal frees what the operator may no longer want: only the namespaces' names, and whether anything may be
  /// removed at all, are held against it. Its quota is cut down to the ceiling instead, see ``ClusterRules/ceiling``.
  public func refusal(of state: DesiredState) -> Refusal? {
    if let namespaces, !namespaces.contains(where: { Self.matches(state.namespace, $0) }) {
      return refusal("GuardNamespace", "namespace", state.namespace, namespaces)
    }
    if state.phase == .removed {
      return removals == false
        ? Refusal(
          reason: "GuardRemoval", message: "the operator's guard allows no removal of namespaces", isOfGuard: true)
        : nil
    }
    if let sensitivities, !sensitivities.contains(state.sensitivity) {
      return refusal("GuardSensitivity", "sensitivity", state.sensitivity.rawValue, sensitivities.map(\.rawValue))
    }
    if let organisations, !organisations.contains(state.project.organisation) {
      return refusal("GuardOrganisation", "organisation", state.project.organisation, organisations)
    }
    for resource in CountedResource.allCases {
      guard let ceiling = quota?[resource] else { continue }
      // GPUs that are not asked for are none; the others are not limited then.
      let asked = state.quota[resource] ?? (resource == .gpu ? Quantity(0) : nil)
      if asked.map({ $0 > ceiling }) ?? true {
        return refusal("GuardQuota", resource.rawValue, asked?.description ?? "not limited", ["at most \(ceiling)"])
      }
    }
    return nil
  }

  private func refusal(_ reason: String, _ field: String, _ found: String, _ accepted: [String]) -> Refusal {
    let accepted = accepted.isEmpty ? "none" : accepted.joined(separator: ", ")
    return Refusal(
      reason: reason, message: "the operator's guard refuses \(field) “\(found)”; accepted: \(accepted)",
      isOfGuard: true)
  }

  /// Whether `name` is as `pattern` says.
  private static func matches(_ name: String, _ pattern: String) -> Bool {
    var parts = pattern.split(separator: "*", omittingEmptySubsequences: false)[...]
    guard parts.count > 1, let first = parts.popFirst(), let last = parts.popLast() else { return name == pattern }
    guard name.hasPrefix(first), name.hasSuffix(last), name.count >= first.count + last.count else { return false }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}
