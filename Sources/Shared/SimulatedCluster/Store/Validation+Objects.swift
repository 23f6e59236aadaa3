import Model

extension Validation {
  typealias Cause = StatusError.Cause

  /// What is wrong with an object that is about to be stored.
  static func causes(_ object: JSONValue, kind: ResourceKind) -> [Cause] {
    let specific: [Cause] =
      switch kind {
      case .configMap: configMap(object)
      case .resourceQuota: quota(object)
      case .limitRange: limitRange(object)
      case .networkPolicy: networkPolicy(object)
      case .namespace, .event, .pod, .persistentVolumeClaim, .application: []
      }
    return metadata(object["metadata"] ?? [:], kind: kind) + specific
  }

  static func wrong(_ field: String, _ value: String, _ why: String) -> Cause {
    Cause(reason: "FieldValueInvalid", message: "Invalid value: \(value): \(why)", field: field)
  }

  private static func quoted(_ text: String) -> String { JSONWriter.text(.string(text)) }

  private static func metadata(_ metadata: JSONValue, kind: ResourceKind) -> [Cause] {
    var causes: [Cause] = []
    let name = metadata["name"]?.text ?? ""
    if kind == .namespace, !isDNSLabel(name) {
      causes.append(
        wrong(
          "metadata.name", quoted(name),
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
            + "end with an alphanumeric character (e.g. 'my-name', or '123-abc', regex used for validation is "
            + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"))
    } else if !isDNSSubdomain(name) {
      causes.append(
        wrong(
          "metadata.name", quoted(name),
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
            + "start and end with an alphanumeric character"))
    }
    for (field, checksValues) in [("labels", true), ("annotations", false)] {
      for (key, value) in (metadata[field]?.textMap ?? [:]).sorted(by: { $0.key < $1.key }) {
        if !isQualifiedName(key) {
          causes.append(wrong("metadata.\(field)", quoted(key), "name part must be a qualified name"))
        }
        if checksValues, !isLabelValue(value) {
          causes.append(wrong("metadata.\(field)", quoted(value), "a valid label must be an empty string or a name"))
        }
      }
    }
    for finalizer in metadata["finalizers"]?.texts ?? [] where !isQualifiedName(finalizer) {
      causes.append(wrong("metadata.finalizers", quoted(finalizer), "name part must be a qualified name"))
    }
    return causes
  }

  private static func configMap(_ object: JSONValue) -> [Cause] {
    var causes: [Cause] = []
    var size = 0
    for field in ["data", "binaryData"] {
      for (key, value) in (object[field]?.textMap ?? [:]).sorted(by: { $0.key < $1.key }) {
        size += value.utf8.count
        guard !isConfigKey(key) else { continue }
        causes.append(
          wrong(
            "\(field)[\(key)]", quoted(key),
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"))
      }
    }
    if size > 1 << 20 {
      causes.append(Cause(reason: "FieldValueTooLong", message: "Too long: must have at most 1048576 bytes", field: ""))
    }
    return causes
  }

  private static let quotaNames: Set<String> = [
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "pods", "services",
    "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
    "services.nodeports", "services.loadbalancers", "storage",
  ]
  private static let countedNames: Set<String> = [
    "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
  ]

  private static func quota(_ object: JSONValue) -> [Cause] {
    let scopes = QuotaScopes(quota: object)
    return (object[path: ["spec", "hard"]]?.textMap ?? [:]).sorted { $0.key < $1.key }.flatMap {
      name, text -> [Cause] in
      let field = "spec.hard[\(name)]"
      guard let amount = Quantity(text) else { return [wrong(field, quoted(text), "must be a quantity")] }
      var causes: [Cause] = []
      if !quotaNames.contains(name), !(name.contains("/") && isQualifiedName(name)) {
        causes.append(wrong(field, quoted(name), "must be a standard resource for quota"))
      }
      if !scopes.allows(name) {
        causes.append(wrong("spec.scopes", quoted(name), "unsupported scope applied to resource"))
      }
      if amount.sign < 0 { causes.append(wrong(field, quoted(text), "must be greater than or equal to 0")) }
      if countedNames.contains(name), !amount.isWhole {
        causes.append(wrong(field, quoted(text), "must be an integer"))
      }
      return causes
    }
  }

  private static func limitRange(_ object: JSONValue) -> [Cause] {
    let limits = object[path: ["spec", "limits"]]?.list ?? []
    return limits.enumerated().flatMap { index, item in
      let field = "spec.limits[\(index)]"
      let types = ["Pod", "Container", "PersistentVolumeClaim"]
      guard let type = item["type"]?.text, types.contains(type) || type.contains("/") else {
        return [wrong("\(field).type", JSONWriter.text(item["type"] ?? ""), "must be one of \(types)")]
      }
      return ordered(item, field, "min", "max", "min value %1 is greater than max value %2")
        + ordered(item, field, "defaultRequest", "max", "default request value %1 is greater than max value %2")
        + ordered(item, field, "default", "max", "default value %1 is greater than max value %2")
        + ordered(item, field, "min", "defaultRequest", "min value %1 is greater than default request value %2")
        + ordered(
          item, field, "defaultRequest", "default", "default request value %1 is greater than default limit value %2")
    }
  }

  private static func ordered(
    _ item: JSONValue, _ field: String, _ low: String, _ high: String, _ message: String
  ) -> [Cause] {
    let highs = item[high]?.textMap ?? [:]
    return (item[low]?.textMap ?? [:]).sorted { $0.key < $1.key }.compactMap { name, text in
      guard let bound = highs[name], let lower = Quantity(text), let upper = Quantity(bound), lower > upper else {
        return nil
      }
      let why = message.replacing("%1", with: text).replacing("%2", with: bound)
      return wrong("\(field).\(low)[\(name)]", quoted(text), why)
    }
  }

  private static func networkPolicy(_ object: JSONValue) -> [Cause] {
    let spec = object["spec"] ?? [:]
    var causes: [Cause] = []
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
      for (index, rule) in (spec[direction]?.list ?? []).enumerated() {
        let field = "spec.\(direction)[\(index)]"
        for (number, port) in (rule["ports"]?.list ?? []).enumerated() {
          if let value = port["port"]?.int, !(1...65535).contains(value) {
            causes.append(
              wrong("\(field).ports[\(number)].port", "\(value)", "must be between 1 and 65535, inclusive"))
          }
        }
        for (number, peer) in (rule[peers]?.list ?? []).enumerated() where peer.isEmptyContainer {
          causes.append(
            Cause(
              reason: "FieldValueRequired", message: "Required value: must specify a peer",
              field: "\(field).\(peers)[\(number)]"))
        }
      }
    }
    for (index, type) in (spec["policyTypes"]?.texts ?? []).enumerated() where !["Ingress", "Egress"].contains(type) {
      causes.append(
        Cause(
          reason: "FieldValueNotSupported",
          message: "Unsupported value: \(quoted(type)): supported values: \"Ingress\", \"Egress\"",
          field: "spec.policyTypes[\(index)]"))
    }
    return causes
  }
}
