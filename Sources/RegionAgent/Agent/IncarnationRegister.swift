import Kubernetes

/// Counts the lives of a zone's agent in a ConfigMap of its own namespace, so that the centre can order what different
/// lives report (protocol rule 14), whatever their clocks say.
struct IncarnationRegister: Sendable {
  let client: KubernetesClient
  let namespace: String
  let zone: String

  private var name: String { "regie-agent-\(zone)" }
  private static let field = "incarnation"

  /// Begins a new life: a number that no life before had.
  ///
  /// - Throws: `KubernetesError` when the cluster does not answer or the agent has no right to its own ConfigMap.
  func begin() async throws -> Int64 {
    while true {
      do {
        return try await increment()
      } catch let error as KubernetesError where error.kind == .conflict || error.kind == .alreadyExists {
        // Another life began at the same moment: count on from it.
        continue
      }
    }
  }

  private func increment() async throws -> Int64 {
    do {
      var register = try await client.get(ConfigMap.self, name, in: namespace)
      let next = (register.data?[Self.field].flatMap { Int64($0) } ?? 0) + 1
      register.data = (register.data ?? [:]).merging([Self.field: String(next)]) { $1 }
      register.metadata.managedFields = nil
      _ = try await client.update(register)
      return next
    } catch let error as KubernetesError where error.kind == .notFound {
      try await ensureNamespace()
      var register = ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace))
      register.data = [Self.field: "1"]
      _ = try await client.create(register)
      return 1
    }
  }

  private func ensureNamespace() async throws {
    do {
      _ = try await client.create(Namespace(metadata: ObjectMeta(name: namespace)))
    } catch let error as KubernetesError where error.kind == .alreadyExists || error.kind == .forbidden {
      // There already, or made by the operator beforehand; the ConfigMap's own error says if it is not.
    }
  }
}
