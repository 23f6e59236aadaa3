import Foundation
import Logging
import TestSupport
import Testing

@testable import Kubernetes

/// What tests against a real API server share.
enum RealServer {
  static let isThere = KubernetesServer.isAvailable
  static let needs = Comment(rawValue: KubernetesServer.needs)
  static let hasControllers = KubernetesServer.hasControllerManager
  static let needsControllers = Comment(rawValue: KubernetesServer.needsControllerManager)

  static func admin() async throws -> KubernetesConfiguration {
    try .kubeconfig(paths: [await KubernetesServer.shared().adminKubeconfigPath])
  }

  /// Runs `body` with the administrator's client and the name of a fresh namespace.
  static func inNamespace<Result: Sendable>(
    _ body: (KubernetesClient, String) async throws -> Result
  ) async throws -> Result {
    try await KubernetesClient.withClient(try await admin()) { client in
      let name = "t-\(UUID().uuidString.lowercased())"
      try await client.create(Namespace(metadata: ObjectMeta(name: name)))
      return try await body(client, name)
    }
  }

  /// The failure of `body`; nil when it succeeds.
  static func failure<Result>(_ body: () async throws -> Result) async throws -> KubernetesError? {
    do {
      _ = try await body()
      return nil
    } catch let error as KubernetesError {
      return error
    }
  }
}

extension ResourceQuota {
  init(_ name: String, in namespace: String, pods: String, labels: [String: String]? = nil) {
    self.init(
      metadata: ObjectMeta(name: name, namespace: namespace, labels: labels), spec: Spec(hard: ["pods": pods]))
  }
}
