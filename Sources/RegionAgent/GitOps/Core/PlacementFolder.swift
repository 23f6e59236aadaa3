internal import Foundation
internal import Model

/// The files of one placement as they must be, by name.
struct PlacementFolder: Sendable, Hashable {
  static let kustomizationFile = "kustomization.yaml"
  /// Files that every folder has.
  static let fixedNames = [kustomizationFile, NamespaceManifest.file, PlacementRecord.file]

  /// Contents by file name.
  let files: [String: [UInt8]]

  /// A folder at a stage of its life.
  init(_ desired: DesiredPlacement, stage: PlacementRecord.Stage, releasedAt: Date? = nil) throws {
    // The quota keeps new volumes out of a namespace that goes, until it is gone: Argo CD does not prune it before.
    let objects = stage == .complete ? desired.objects : desired.objects.filter { $0.kind == Manifest.quotaKind }
    let resources = [NamespaceManifest.file] + objects.map(\.file)
    let kustomization = Kustomization(resources: resources)
    let record = PlacementRecord(
      desired, stage: stage, files: (resources + [Self.kustomizationFile]).sorted(), releasedAt: releasedAt)
    var files = Dictionary(
      uniqueKeysWithValues: objects.map { ($0.file, stage == .complete ? $0.content : $0.protected) })
    files[NamespaceManifest.file] =
      stage == .released ? desired.namespaceManifest.released : desired.namespaceManifest.protected
    files[Self.kustomizationFile] = Array(try YAMLWriter.text(kustomization).utf8)
    files[PlacementRecord.file] = try record.content()
    self.files = files
  }

  private struct Kustomization: Encodable {
    var apiVersion = "kustomize.config.k8s.io/v1beta1"
    var kind = "Kustomization"
    var resources: [String]
  }
}
