import ArgumentParser
import Foundation
import Model

/// The resources that the scenario plays with.
struct DemoOffer: Sendable {
  let resources: [AnyResource]

  /// Reads files or folders; the built-in examples where none are given.
  static func load(_ paths: [String]) throws -> DemoOffer {
    if !paths.isEmpty { return DemoOffer(resources: try ResourceFiles.read(paths)) }
    var resources: [AnyResource] = []
    for text in Self.builtIn {
      resources += try ResourceDocument.decode(yaml: String(decoding: text, as: UTF8.self))
    }
    let rank = Dictionary(uniqueKeysWithValues: Kind.allCases.enumerated().map { ($1, $0) })
    return DemoOffer(
      resources: resources.sorted { (rank[$0.kind] ?? 0, $0.metadata.name) < (rank[$1.kind] ?? 0, $1.metadata.name) })
  }

  /// The files of `Examples/`, inside the binary.
  private static let builtIn: [[UInt8]] = [
    PackageResources.__operators_yaml, PackageResources.__chains_yaml, PackageResources.__regions_yaml,
    PackageResources.__zones_yaml, PackageResources.__clusters_yaml, PackageResources.policy_yaml,
    PackageResources.annuaire_yaml, PackageResources.basegun_yaml, PackageResources.betaapp_yaml,
    PackageResources.candilib_yaml, PackageResources.ccaf_yaml, PackageResources.megadonnees_yaml,
    PackageResources.pissenlit_yaml, PackageResources.vigie_yaml,
  ]

  /// The operators' names.
  var operators: [String] { resources.filter { $0.kind == .operator }.map(\.metadata.name) }

  var zones: [Resource<ZoneSpec>] {
    resources.compactMap { if case .zone(let zone) = $0 { zone } else { nil } }
  }

  var clusters: [Resource<ClusterSpec>] {
    resources.compactMap { if case .cluster(let cluster) = $0 { cluster } else { nil } }
  }

  var projects: [Resource<ProjectSpec>] {
    resources.compactMap { if case .project(let project) = $0 { project } else { nil } }
  }
}
