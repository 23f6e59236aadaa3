import Foundation

@testable import SimulatedCluster

/// A store whose identities are numbers and whose time is told.
func makeStore(historyLimit: Int = 100) -> ClusterStore {
  ClusterStore(
    settings: .init(historyLimit: historyLimit, quotaDelay: 1, namespaceDelay: 5),
    identity: .init(uid: { "uid" }, suffix: { "abcde" }), now: Date(timeIntervalSince1970: 0))
}

func caller(_ manager: String = "test", at seconds: TimeInterval = 0, dryRun: Bool = false) -> ClusterStore.Caller {
  .init(now: Date(timeIntervalSince1970: seconds), manager: manager, dryRun: dryRun)
}

func configMap(_ name: String, _ data: [String: JSONValue] = [:], labels: [String: JSONValue] = [:]) -> JSONValue {
  [
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "labels": .object(labels)],
    "data": .object(data),
  ]
}

func key(_ name: String, in namespace: String = "default") -> ClusterStore.Key {
  .init(namespace: namespace, name: name)
}

func selection(_ kind: ResourceKind = .configMap, labels: String = "", fields: String = "") throws
  -> ClusterStore.Selection
{
  .init(
    kind: kind, namespace: kind.isNamespaced ? "default" : nil, labels: try LabelQuery(labels),
    fields: try FieldQuery(fields, kind: kind))
}

enum Fixed {
  static func date(_ seconds: Int) -> Date { Date(timeIntervalSince1970: TimeInterval(seconds)) }
}
