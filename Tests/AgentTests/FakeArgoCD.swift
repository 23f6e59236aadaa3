import Foundation
import Kubernetes
import NIOConcurrencyHelpers
import TestSupport
import Yams

@testable import Agent

/// What Argo CD does with the folders of one cluster: applies what the branch holds, and prunes what it does not hold any
/// more, unless the live object says that it must not be pruned.
struct FakeArgoCD: Sendable {
  static let manager = "argocd-controller"
  /// Where its Applications are.
  static let namespace = "argocd"
  private static let kinds: [String: APIResource] = [
    "Namespace": .namespaces, "ResourceQuota": .resourceQuotas, "LimitRange": .limitRanges,
    "NetworkPolicy": .networkPolicies,
  ]

  /// The bare repository.
  let repository: String
  let cluster: String
  let client: KubernetesClient
  /// The kinds of what it has pruned, in that order.
  let pruned = NIOLockedValueBox<[String]>([])
  /// The commit that the cluster was last brought to.
  let followed = NIOLockedValueBox<String?>(nil)

  /// Brings the cluster to what the branch holds, commit by commit: the first of a removal's two takes the protection
  /// off the namespace, which would stand for ever if the second were seen alone. Argo CD has an hour between them;
  /// here one may follow the other at once.
  func synchronise() async throws {
    for commit in try await due() {
      try await synchronise(to: commit)
      followed.withLockedValue { $0 = commit }
    }
  }

  /// The commits that were not followed yet, oldest first; the latest where all were.
  private func due() async throws -> [String] {
    guard try await !git("for-each-ref", "refs/heads/main").isEmpty else { return [] }
    let head = try await head()
    let last = followed.withLockedValue { $0 }
    guard last != head else { return [head] }
    let range = last.map { "\($0)..\(head)" } ?? head
    return try await git("rev-list", "--reverse", range).split(separator: "\n").map(String.init)
  }

  private func synchronise(to commit: String) async throws {
    var kept: Set<String> = []
    for path in try await paths(at: commit) where path.hasSuffix("/kustomization.yaml") {
      let folder = path.dropLast("/kustomization.yaml".count)
      let names = try await document(path, at: commit)["resources"] as? [String] ?? []
      for name in names { kept.insert(try await apply(document("\(folder)/\(name)", at: commit))) }
    }
    for (kind, resource) in Self.kinds.sorted(by: { $0.key > $1.key }) {
      let query = ListQuery(labelSelector: "regie.cloud-pi-native.fr/placement")
      for item in try await client.list(resource, query, as: Sighting.self).items {
        let identity = item.identity
        guard !kept.contains("\(kind)/\(identity.namespace ?? "")/\(identity.name)") else { continue }
        let options = item.value.metadata.annotations?["argocd.argoproj.io/sync-options"] ?? ""
        guard !options.contains("Prune=false") else { continue }
        pruned.withLockedValue { $0.append(kind) }
        do {
          try await client.delete(ObjectPath(resource, identity.name, in: identity.namespace))
        } catch let error as KubernetesError where error.kind == .notFound {
          continue
        }
      }
    }
  }

  /// Synchronises again and again until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      try? await synchronise()
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Says this of a placement in its Application, which is made where there is none.
  func say(_ sync: String, _ health: String, of placement: UUID, more: [String: JSONValue] = [:]) async throws {
    let name = Self.application(of: placement)
    let status: [String: JSONValue] = [
      "sync": .object(["status": .string(sync), "revision": .string(try await head())]),
      "health": .object(["status": .string(health)]),
    ]
    let body: [String: JSONValue] = [
      "apiVersion": .string(APIResource.applications.apiVersion), "kind": .string(APIResource.applications.kind),
      "metadata": .object(["name": .string(name), "namespace": .string(Self.namespace)]),
      "spec": .object(["project": .string("default")]), "status": .object(status.merging(more) { $1 }),
    ]
    try await client.ensureNamespace(Self.namespace)
    let _: JSONValue = try await client.apply(
      JSONValue.object(body), to: ObjectPath(.applications, name, in: Self.namespace), fieldManager: Self.manager,
      force: true)
  }

  /// Has a placement's Application no more.
  func forget(_ placement: UUID) async throws {
    try await client.delete(ObjectPath(.applications, Self.application(of: placement), in: Self.namespace))
  }

  static func application(of placement: UUID) -> String { "regie-\(placement.uuidString.lowercased())" }

  /// The branch's latest commit.
  func head() async throws -> String {
    try await git("rev-parse", "main").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Commits' messages on the branch, newest first.
  func log() async throws -> String { try await git("log", "--format=%B", "main") }

  /// The files of the cluster's folders, as the branch holds them.
  func paths() async throws -> [String] {
    guard try await !git("for-each-ref", "refs/heads/main").isEmpty else { return [] }
    return try await paths(at: "main")
  }

  private func paths(at commit: String) async throws -> [String] {
    try await git("ls-tree", "-r", "--name-only", commit).split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("regie/\(cluster)/") }
  }

  private func apply(_ body: [String: Any]) async throws -> String {
    let metadata = body["metadata"] as? [String: Any] ?? [:]
    let kind = body["kind"] as? String ?? ""
    let (name, namespace) = (metadata["name"] as? String ?? "", metadata["namespace"] as? String)
    guard let resource = Self.kinds[kind] else { throw CocoaError(.featureUnsupported) }
    let value = try JSONDecoder().decode(JSONValue.self, from: JSONSerialization.data(withJSONObject: body))
    let _: JSONValue = try await client.apply(
      value, to: ObjectPath(resource, name, in: namespace), fieldManager: Self.manager, force: true)
    return "\(kind)/\(namespace ?? "")/\(name)"
  }

  private func document(_ path: String, at commit: String) async throws -> [String: Any] {
    try Yams.load(yaml: try await git("show", "\(commit):\(path)")) as? [String: Any] ?? [:]
  }

  private func git(_ arguments: String...) async throws -> String {
    try await ChildProcess.run(ChildProcess.locate("git") ?? "/usr/bin/git", ["--git-dir=\(repository)"] + arguments)
  }

  private struct Sighting: Decodable, Sendable {
    struct Metadata: Decodable, Sendable {
      var annotations: [String: String]?
    }
    var metadata: Metadata
  }
}
