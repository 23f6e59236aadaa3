extension ResourceKind {
  /// The object with what an API server fills in before it stores it.
  func defaulted(_ object: JSONValue) -> JSONValue {
    var result = FieldSchema.filling(object, with: zeroValue)
    switch self {
    case .namespace:
      if result[path: ["status", "phase"]] == nil { result[path: ["status", "phase"]] = "Active" }
    case .networkPolicy: Self.defaultNetworkPolicy(&result)
    case .limitRange: Self.defaultLimitRange(&result)
    case .pod: Self.defaultPod(&result)
    case .persistentVolumeClaim:
      if result[path: ["status", "phase"]] == nil { result[path: ["status", "phase"]] = "Pending" }
    case .resourceQuota, .configMap, .event, .application: break
    }
    return result
  }

  private static func defaultNetworkPolicy(_ object: inout JSONValue) {
    for direction in ["ingress", "egress"] {
      guard let rules = object[path: ["spec", direction]]?.list else { continue }
      object[path: ["spec", direction]] = .array(
        rules.map { rule in
          guard let ports = rule["ports"]?.list else { return rule }
          var rule = rule
          rule["ports"] = .array(ports.map { FieldSchema.filling($0, with: ["protocol": "TCP"]) })
          return rule
        })
    }
    guard object[path: ["spec", "policyTypes"]] == nil else { return }
    let hasEgress = object[path: ["spec", "egress"]] != nil
    object[path: ["spec", "policyTypes"]] = hasEgress ? ["Ingress", "Egress"] : ["Ingress"]
  }

  /// Container limits: the default is the maximum, the default request is the default or else the minimum.
  private static func defaultLimitRange(_ object: inout JSONValue) {
    guard let limits = object[path: ["spec", "limits"]]?.list else { return }
    object[path: ["spec", "limits"]] = .array(
      limits.map { item in
        guard item["type"] == "Container" else { return item }
        var item = item
        for (target, source) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
          let filled = FieldSchema.filling(item[target] ?? [:], with: item[source] ?? [:])
          if !filled.isEmptyContainer { item[target] = filled }
        }
        return item
      })
  }

  private static func defaultPod(_ object: inout JSONValue) {
    let spec: JSONValue = [
      "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
      "serviceAccountName": "default", "securityContext": [:], "schedulerName": "default-scheduler",
    ]
    object["spec"] = FieldSchema.filling(object["spec"] ?? [:], with: spec)
    object["status"] = FieldSchema.filling(object["status"] ?? [:], with: ["phase": "Pending"])
  }
}

extension FieldSchema {
  /// The value with the members of `defaults` that it lacks, at any depth.
  static func filling(_ value: JSONValue, with defaults: JSONValue) -> JSONValue {
    guard case .object(let members) = value, case .object(let missing) = defaults else { return value }
    return .object(members.merging(missing) { present, fallback in filling(present, with: fallback) })
  }
}
