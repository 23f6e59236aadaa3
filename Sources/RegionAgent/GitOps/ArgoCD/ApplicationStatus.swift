public import Foundation

/// What Argo CD says of one of its Applications: whether it has brought about what Git holds, and how that fares.
public struct ApplicationStatus: Sendable, Hashable {
  /// Whether the cluster is as Git says.
  public enum Sync: String, Sendable, CaseIterable {
    case synced = "Synced"
    case outOfSync = "OutOfSync"
    case unknown = "Unknown"
  }

  /// How the objects fare.
  public enum Health: String, Sendable, CaseIterable {
    case healthy = "Healthy"
    case progressing = "Progressing"
    case degraded = "Degraded"
    case suspended = "Suspended"
    case missing = "Missing"
    case unknown = "Unknown"
  }

  /// An object that Argo CD keeps for the Application.
  public struct Resource: Sendable, Hashable {
    /// The kind.
    public var kind: String
    /// The name.
    public var name: String
    /// Whether it is as Git says.
    public var sync: Sync
    /// How it fares; nil where Argo CD has no way to tell, as for a quota.
    public var health: Health?
    /// Whether it is not in Git any more and waits to be pruned.
    public var requiresPruning: Bool
  }

  /// Whether the cluster is as Git says.
  public var sync: Sync
  /// The commit that was compared with the cluster; nil before the first comparison, and with several sources.
  public var revision: String?
  /// How the objects fare.
  public var health: Health
  /// What Argo CD says of the health.
  public var healthMessage: String?
  /// The last operation's phase, such as `Succeeded`, `Failed` or `Running`.
  public var operation: String?
  /// What it says.
  public var operationMessage: String?
  /// Errors and warnings about the Application itself: `type: message`, in the order given.
  public var conditions: [String]
  /// The objects, in the order given.
  public var resources: [Resource]

  /// The status in an `Application` as the Kubernetes API gives it.
  ///
  /// What is absent, or a word that this version does not know, is `unknown`: nothing is taken for healthy that was not
  /// said to be.
  ///
  /// - Throws: ``GitOpsInputError`` when `json` is no Application.
  public init(application json: Data) throws(GitOpsInputError) {
    let accepted = "a JSON object of kind Application of the group argoproj.io"
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: json)
    } catch {
      throw GitOpsInputError(field: "application", found: "\(error)", accepted: accepted)
    }
    guard document.kind == "Application", document.apiVersion.hasPrefix("argoproj.io/") else {
      throw GitOpsInputError(
        field: "application", found: "\(document.apiVersion) \(document.kind)", accepted: accepted)
    }
    let status = document.status
    sync = status?.sync?.status.flatMap(Sync.init) ?? .unknown
    revision = status?.sync?.revision.flatMap { $0.isEmpty ? nil : $0 }
    health = status?.health?.status.flatMap(Health.init) ?? .unknown
    healthMessage = status?.health?.message
    operation = status?.operationState?.phase
    operationMessage = status?.operationState?.message
    conditions = (status?.conditions ?? []).map { "\($0.type): \($0.message ?? "")" }
    resources = (status?.resources ?? []).map { resource in
      Resource(
        kind: resource.kind, name: resource.name, sync: resource.status.flatMap(Sync.init) ?? .unknown,
        health: resource.health.map { $0.status.flatMap(Health.init) ?? .unknown },
        requiresPruning: resource.requiresPruning ?? false)
    }
  }

  /// Whether Argo CD says that the cluster is as `commit` has it. Of another commit it says nothing.
  public func hasBroughtAbout(_ commit: String) -> Bool { sync == .synced && revision == commit }
}

extension ApplicationStatus {
  private struct Document: Decodable {
    var apiVersion: String
    var kind: String
    var status: Status?
  }

  private struct Status: Decodable {
    struct Sync: Decodable {
      var status: String?
      var revision: String?
    }
    struct Operation: Decodable {
      var phase: String?
      var message: String?
    }
    struct Condition: Decodable {
      var type: String
      var message: String?
    }

    var sync: Sync?
    var health: HealthText?
    var operationState: Operation?
    var conditions: [Condition]?
    var resources: [ResourceText]?
  }

  private struct HealthText: Decodable {
    var status: String?
    var message: String?
  }

  private struct ResourceText: Decodable {
    var kind: String
    var name: String
    var status: String?
    var health: HealthText?
    var requiresPruning: Bool?
  }
}
