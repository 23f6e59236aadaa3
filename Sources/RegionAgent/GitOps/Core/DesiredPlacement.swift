public import Foundation
public import Model

/// One placement as the repository must show it: what was decided, and its objects already rendered.
public struct DesiredPlacement: Sendable, Hashable {
  /// The placement; names its folder.
  public let placement: UUID
  /// The cluster; names the folder above.
  public let cluster: String
  /// The namespace's name.
  public let namespace: String
  /// What people call it in a commit, such as `ccaf/prod`.
  public let title: String
  /// What is wanted.
  public let phase: PlacementPhase
  /// Orders the states of this placement.
  public let version: PlacementVersion
  /// The decision it follows from.
  public let decision: UUID
  /// For `removed`: nothing is taken out before this moment, nor ever without one.
  public let notBefore: Date?
  /// For `removed`: whether the Namespace may go too. It must not while it holds volumes that nobody gave up.
  public let mayRemoveNamespace: Bool
  /// For `removed`: whether the last step may be taken now, once its moment has come. Until then the Namespace waits for it.
  public let mayFinish: Bool
  /// In the phases `frozen` and `draining`, how many pods were counted, once they were: the same version is written twice.
  public let podsInUse: Int64?
  /// Comes back with what became of it.
  public let attempt: Int
  let objects: [Manifest]
  let namespaceManifest: NamespaceManifest

  /// A desired placement.
  ///
  /// - Parameter objects: Everything but the Namespace.
  /// - Throws: ``GitOpsInputError`` when cluster or namespace can not name a folder, an object lies in another namespace,
  ///   or two have the same file.
  public init(
    placement: UUID, cluster: String, namespace: String, namespaceLabels: [String: String], objects: [Manifest],
    title: String, phase: PlacementPhase, version: PlacementVersion, decision: UUID, notBefore: Date? = nil,
    mayRemoveNamespace: Bool = false, mayFinish: Bool = false, podsInUse: Int64? = nil, attempt: Int = 0
  ) throws {
    guard FileName.isSafe(cluster) else {
      throw GitOpsInputError(
        field: "cluster", found: cluster, accepted: "lower-case letters, digits, - and ., no way up")
    }
    guard FileName.isSafe(namespace) else {
      throw GitOpsInputError(field: "namespace", found: namespace, accepted: "a name that Kubernetes takes")
    }
    var files: Set<String> = Set(PlacementFolder.fixedNames)
    for object in objects {
      guard object.namespace == namespace else {
        throw GitOpsInputError(
          field: "\(object.kind)/\(object.name)", found: object.namespace, accepted: "the namespace \(namespace)")
      }
      guard files.insert(object.file).inserted else {
        throw GitOpsInputError(
          field: "\(object.kind)/\(object.name)", found: object.file, accepted: "each object once")
      }
    }
    self.placement = placement
    self.cluster = cluster
    self.namespace = namespace
    self.title = title
    self.phase = phase
    self.version = version
    self.decision = decision
    self.notBefore = notBefore
    self.mayRemoveNamespace = mayRemoveNamespace
    self.mayFinish = mayFinish
    self.podsInUse = podsInUse
    self.attempt = attempt
    self.objects = objects.sorted { $0.file < $1.file }
    namespaceManifest = try NamespaceManifest(name: namespace, labels: namespaceLabels)
  }

  var id: String { placement.uuidString.lowercased() }
}
