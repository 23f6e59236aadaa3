import ArgumentParser
import Foundation
import Kubernetes
import Model

/// What will be started, and where its data are.
struct DevPlan: Sendable {
  let offer: DemoOffer
  let port: Int?
  let directory: String
  /// Cluster name → kubeconfig path; every other cluster is simulated.
  let realClusters: [String: String]

  init(offer: DemoOffer, kubeconfigs: [String], port: Int?, dataDirectory: String) throws {
    self.offer = offer
    self.port = port
    self.directory = URL(fileURLWithPath: dataDirectory).path
    self.realClusters = try Self.assign(kubeconfigs, to: offer.clusters.map(\.name))
  }

  /// `CLUSTER=FILE` names the cluster; a bare file takes the next one without, by name.
  private static func assign(_ kubeconfigs: [String], to clusters: [String]) throws -> [String: String] {
    var assigned: [String: String] = [:]
    var bare: [String] = []
    for text in kubeconfigs {
      let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard halves.count == 2 else {
        bare.append(text)
        continue
      }
      guard clusters.contains(halves[0]) else {
        let known = clusters.sorted().joined(separator: ", ")
        throw ValidationError(
          "--kubeconfig \(text) : l'offre n'a pas de cluster « \(halves[0]) » / no such cluster ; elle a : \(known)")
      }
      guard assigned.updateValue(halves[1], forKey: halves[0]) == nil else {
        throw ValidationError("--kubeconfig \(text) : « \(halves[0]) » est nommé deux fois / is named twice")
      }
    }
    var free = clusters.sorted().filter { assigned[$0] == nil }
    for file in bare {
      guard !free.isEmpty else {
        throw ValidationError("--kubeconfig \(file) : plus de clusters dans l'offre / no cluster left")
      }
      assigned[free.removeFirst()] = file
    }
    for (cluster, file) in assigned.sorted(by: { $0.key < $1.key }) {
      guard FileManager.default.isReadableFile(atPath: file) else {
        throw ValidationError("--kubeconfig \(file) (\(cluster)) : fichier illisible / can not be read")
      }
      do {
        _ = try KubernetesConfiguration.kubeconfig(paths: [file])
      } catch {
        throw ValidationError("--kubeconfig \(file) (\(cluster)) : \(error)")
      }
    }
    return assigned.mapValues { URL(fileURLWithPath: $0).path }
  }
}
