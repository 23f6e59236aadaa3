/// What an operator's policies say of pods, written from the Pod Security Standards and from the offer rather than from
/// the probes.
enum PodPolicy {
  /// The profile `restricted` as far as probes touch it, and ports from 1024 on.
  @Sendable static func restricted(_ spec: [String: Any]) -> String? {
    for container in containers(of: spec) {
      let ports = container["ports"] as? [[String: Any]] ?? []
      if ports.contains(where: { ($0["containerPort"] as? Int ?? 0) < 1024 }) {
        return "forbidden by the operator: ports below 1024"
      }
    }
    return withoutPorts(spec)
  }

  /// The profile `restricted` alone.
  @Sendable static func withoutPorts(_ spec: [String: Any]) -> String? {
    for volume in spec["volumes"] as? [[String: Any]] ?? [] where volume["hostPath"] != nil {
      return "forbidden by the operator: hostPath volumes"
    }
    for container in containers(of: spec) {
      let security = container["securityContext"] as? [String: Any] ?? [:]
      guard security["runAsNonRoot"] as? Bool == true, security["runAsUser"] as? Int != 0 else {
        return "forbidden by the operator: runAsNonRoot != true"
      }
      let capabilities = security["capabilities"] as? [String: Any] ?? [:]
      let added = Set(capabilities["add"] as? [String] ?? [])
      guard added.isSubset(of: ["NET_BIND_SERVICE"]), (capabilities["drop"] as? [String])?.contains("ALL") == true
      else { return "forbidden by the operator: unrestricted capabilities" }
      guard security["allowPrivilegeEscalation"] as? Bool == false else {
        return "forbidden by the operator: allowPrivilegeEscalation != false"
      }
      guard (security["seccompProfile"] as? [String: Any])?["type"] as? String == "RuntimeDefault" else {
        return "forbidden by the operator: seccompProfile"
      }
    }
    return nil
  }

  private static func containers(of spec: [String: Any]) -> [[String: Any]] {
    spec["containers"] as? [[String: Any]] ?? []
  }
}
