import Kubernetes

/// Numbers the lives of a zone's agent by a ConfigMap of its own namespace, so that the centre can order what different
/// lives report (protocol rule 14).
///
/// A number is higher than the one before, whatever the clock says, and at least the time in seconds: should the
/// ConfigMap be lost or the cluster be restored from a backup, the next life is still above those the centre has seen, unless
/// one of them began with a clock that was ahead. Then the centre says that an earlier life is heard.
struct IncarnationRegister: Sendable {
  let client: KubernetesClient
  let namespace: String
  let zone: String
  /// Seconds since 1970.
  let now: @Sendable () -> Int64

  /// The ConfigMap's name. A slug may end with a hyphen, and no name of an object does: what stands behind it then is longer
  /// than any slug, so that it is no other zone's.
  var name: String { "regie-agent-\(zone)" + (zone.hasSuffix("-") ? "incarnation" : "") }
  private static let field = "incarnation"
  /// Other lives that may come first, one after the other, before this one gives up for now.
  private static let rivals = 16

  /// Begins a new life: a number that no life before had.
  ///
  /// - Throws: `KubernetesError` when the cluster does not answer or the agent has no right to its own ConfigMap,
  ///   ``IncarnationError`` when what is there is no number.
  func begin() async throws -> Int64 {
    for _ in 1..<Self.rivals {
      do {
        return try await increment()
      } catch let error as KubernetesError where error.kind == .conflict || error.kind == .alreadyExists {
        // Another life began at the same moment: count on from it.
        continue
      }
    }
    return try await increment()
  }

  private func increment() async throws -> Int64 {
    do {
      var register = try await client.get(ConfigMap.self, name, in: namespace)
      let next = try successor(of: register.data?[Self.field])
      register.data = (register.data ?? [:]).merging([Self.field: String(next)]) { $1 }
      register.metadata.managedFields = nil
      _ = try await client.update(register)
      return next
    } catch let error as KubernetesError where error.kind == .notFound {
      try await client.ensureNamespace(namespace)
      let first = try successor(of: nil)
      var register = ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace))
      register.data = [Self.field: String(first)]
      _ = try await client.create(register)
      return first
    }
  }

  /// What was written by hand and is no number is not guessed at: too low a number would silence this agent for good.
  private func successor(of text: String?) throws -> Int64 {
    guard let text else { return max(1, now()) }
    guard let last = Int64(text), (0..<Int64.max).contains(last) else {
      throw IncarnationError(configMap: "\(namespace)/\(name)", field: Self.field, found: text)
    }
    return max(last + 1, now())
  }
}

/// The register holds something that is no number of a life.
struct IncarnationError: Error, CustomStringConvertible {
  let configMap: String
  let field: String
  let found: String

  var description: String {
    "ConfigMap \(configMap), data.\(field): “\(found.prefix(40))” is no whole number of 0 or more; "
      + "delete the ConfigMap, and it is made again with the time in seconds: above all numbers used, unless a clock was ahead"
  }
}
