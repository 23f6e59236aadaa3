import Events
import GitOps
import Kafka
import Kubernetes
import Logging
import Reconciler
import Telemetry

/// Looks at everything an agent needs, and changes nothing: keys, the bus, each cluster and the rights there.
struct AgentCheck: Sendable {
  let zone: String
  let home: String
  /// Nil where they can not be read, which is one of the faults.
  let keys: JSONWebKeySet?
  /// Nil where the settings do not say, which is one of the faults.
  let bus: KafkaConfiguration?
  let clusters: [AgentCluster]
  /// Where the agent's own namespace is, when it is on none of them.
  var homeCluster: KubernetesClient?
  /// The zone's repository, where a cluster is in mode `gitops`.
  var repository: GitOpsConfiguration?
  var measuresCapacity = false
  /// How long the zone's topic is read at the most: it is judged by its end.
  var readingTime: Duration = .seconds(30)
  /// What can not be looked at, since it is not as it must be described.
  var faults: [Fleet.Fault] = []
  /// Variables that are set and that nothing reads.
  var unread: [String] = []
  let logger: Logger

  /// How long any one answer may take.
  static let patience: Duration = .seconds(10)

  /// Asks; clusters that do not answer slow no others.
  func run() async -> CheckReport {
    async let topics = bus()
    async let git = lookAtRepository()
    var subjects = clusters.map {
      (name: "cluster \($0.name)", client: $0.client, rights: rights(on: $0.rules))
    }
    if let homeCluster { subjects.append((name: "home", client: homeCluster, rights: [AgentRight.memory])) }
    let found = await withTaskGroup(of: (Int, [CheckReport.Finding]).self) { group in
      for (index, subject) in subjects.enumerated() {
        group.addTask { (index, await look(at: subject.client, subject.name, subject.rights)) }
      }
      for (index, cluster) in zip(subjects.count..., clusters) {
        guard let source = cluster.applications else { continue }
        group.addTask { (index, await look(at: source, "Argo CD of \(cluster.name)")) }
      }
      var found: [Int: [CheckReport.Finding]] = [:]
      for await (index, findings) in group { found[index] = findings }
      return found.sorted { $0.key < $1.key }.flatMap(\.value)
    }
    return CheckReport(findings: described() + (await topics) + found + (await git))
  }

  private func rights(on rules: ClusterRules) -> [AgentRight] {
    AgentRight.all(in: rules) + (measuresCapacity ? AgentRight.capacity : [])
  }

  private func lookAtRepository() async -> [CheckReport.Finding] {
    guard let repository else { return [] }
    return await RepositoryCheck(repository).run().map {
      CheckReport.Finding(subject: "repository", check: $0.check, isGood: $0.isGood, detail: $0.detail)
    }
  }

  /// What was read of files and settings.
  func described() -> [CheckReport.Finding] {
    let trust = keys.map { keys in
      CheckReport.Finding(
        subject: "keys", check: "verification", isGood: true,
        detail: "signed by one of: " + keys.keys.map(\.keyID).sorted().joined(separator: ", "))
    }
    return [trust].compactMap { $0 }
      + faults.map {
        CheckReport.Finding(subject: $0.subject, check: "configuration", isGood: false, detail: "\($0.error)")
      } + warnings
  }

  /// What a start tells by the log, and goes on with.
  private var warnings: [CheckReport.Finding] {
    var found: [CheckReport.Finding] = []
    if !unread.isEmpty {
      let detail = "nothing reads \(unread.joined(separator: ", ")): misspelt, or of no use as all else is set"
      found.append(
        CheckReport.Finding(subject: "settings", check: "variables", isGood: true, detail: detail, isWarning: true))
    }
    if let bus, let detail = bus.warning(isLocal: { ListenAddress(host: $0, port: 0).isLoopback }) {
      found.append(
        CheckReport.Finding(subject: "bus", check: "transport", isGood: true, detail: detail, isWarning: true))
    }
    return found
  }

  private func look(
    at client: KubernetesClient, _ subject: String, _ rights: [AgentRight]
  ) async -> [CheckReport.Finding] {
    do {
      let version = try await client.version(timeout: Self.patience)
      let answers = CheckReport.Finding(
        subject: subject, check: "API server", isGood: true, detail: version.gitVersion)
      return try await [answers] + look(for: rights, of: client, subject)
    } catch {
      return [CheckReport.Finding(subject: subject, check: "API server", isGood: false, detail: "\(error)")]
    }
  }

  /// Whether Argo CD's Applications may be read, and are a kind that the API server knows.
  private func look(at source: ApplicationSource, _ subject: String) async -> [CheckReport.Finding] {
    do {
      let rights = try await look(for: [.applications], of: source.client, subject, argoCD: source.namespace)
      guard rights.allSatisfy(\.isGood) else { return rights }
      _ = try await source.client.page(
        .applications, ListQuery(namespace: source.namespace), limit: 1, as: ApplicationStatus.self,
        timeout: Self.patience)
      return rights
    } catch {
      let isUnknown = (error as? KubernetesError)?.mayBeOfUnknownKind ?? false
      let detail = isUnknown ? "the API server does not know the kind: is Argo CD installed there?" : "\(error)"
      return [CheckReport.Finding(subject: subject, check: "applications", isGood: false, detail: detail)]
    }
  }

  private func look(
    for rights: [AgentRight], of client: KubernetesClient, _ subject: String, argoCD: String? = nil
  ) async throws -> [CheckReport.Finding] {
    var findings: [CheckReport.Finding] = []
    for right in rights {
      var missing: [String] = []
      for verb in right.verbs {
        let review = try await client.selfSubjectAccessReview(
          right.attributes(verb, home: home, argoCD: argoCD), timeout: Self.patience)
        if !review.allowed || review.denied { missing.append(verb) }
      }
      let place = right.attributes("", home: home, argoCD: argoCD).namespace.map { " in \($0)" } ?? ""
      findings.append(
        CheckReport.Finding(
          subject: subject, check: right.resource + place, isGood: missing.isEmpty,
          detail: missing.isEmpty
            ? right.verbs.joined(separator: ", ")
            : "may not \(missing.joined(separator: ", ")): needed to \(right.purpose)"))
    }
    return findings
  }
}
