internal import Model

/// One object of a placement, written as YAML. What its spec means is its maker's business: it is taken as it comes, so
/// that what a cluster gets by Git is what it would get by server-side apply.
public struct Manifest: Sendable, Hashable {
  static let quotaKind = "ResourceQuota"

  /// The kind.
  public let kind: String
  /// The object's name.
  public let name: String
  /// The namespace it lies in.
  public let namespace: String
  /// The file's name in the placement's folder.
  public let file: String
  let content: [UInt8]
  /// With the Namespace's own protection: it goes with the Namespace, and not before.
  let protected: [UInt8]

  /// An object in a namespace.
  ///
  /// - Throws: ``GitOpsInputError`` when the kind or name can not name a file; what encoding the spec throws.
  public init(
    apiVersion: String, kind: String, namespace: String, name: String, labels: [String: String],
    spec: some Encodable & Sendable
  ) throws {
    let file = "\(kind.lowercased())-\(name).yaml"
    guard FileName.isSafe(name), FileName.isSafe(file) else {
      throw GitOpsInputError(
        field: "\(kind)/\(name)", found: file, accepted: "a kind and a name of lower-case letters, digits, - and .")
    }
    func content(_ annotations: [String: String]?) throws -> [UInt8] {
      let body = ObjectBody(
        apiVersion: apiVersion, kind: kind,
        metadata: .init(name: name, namespace: namespace, labels: labels, annotations: annotations), spec: spec)
      return Array(try YAMLWriter.text(body).utf8)
    }
    self.kind = kind
    self.name = name
    self.namespace = namespace
    self.file = file
    self.content = try content(nil)
    // Only of the quota is that form ever written.
    protected = kind == Self.quotaKind ? try content(NamespaceManifest.protection) : self.content
  }
}

/// The one object that is never left out, and goes last.
struct NamespaceManifest: Sendable, Hashable {
  static let file = "namespace.yaml"
  /// Says to Argo CD that the Namespace outlives its absence from Git, and its Application.
  static let protection = ["argocd.argoproj.io/sync-options": "Prune=false,Delete=false"]

  let protected: [UInt8]
  /// Without protection: Argo CD reads it off the live object, so it must be taken off before the Namespace goes.
  let released: [UInt8]

  init(name: String, labels: [String: String]) throws {
    func content(_ annotations: [String: String]?) throws -> [UInt8] {
      let body = ObjectBody<String>(
        apiVersion: "v1", kind: "Namespace", metadata: .init(name: name, labels: labels, annotations: annotations))
      return Array(try YAMLWriter.text(body).utf8)
    }
    protected = try content(Self.protection)
    released = try content(nil)
  }
}

private struct ObjectBody<Spec: Encodable>: Encodable {
  struct Metadata: Encodable {
    var name: String
    var namespace: String?
    var labels: [String: String]
    var annotations: [String: String]?
  }

  var apiVersion: String
  var kind: String
  var metadata: Metadata
  var spec: Spec?
}
