import Conformity
import Crypto
import Events
import Foundation
import Kafka
import KafkaMock
import Kubernetes
import Model
import Reconciler
import SimulatedCluster
import TestSupport
import Testing
import Yams

@testable import Agent

/// What the agent is allowed by `deploy/kubernetes/region-agent`, on a real API server with RBAC.
@Suite(.timeLimit(.minutes(5)))
struct AgentRightsTests {
  private static let isThere = KubernetesServer.hasControllerManager
  private static let needs = Comment(rawValue: KubernetesServer.needsControllerManager)
  private static let account = "system:serviceaccount:regie-system:regie-region-agent"

  private static func documents(_ file: String) throws -> [[String: Any]] {
    // This file is Tests/AgentTests/AgentRightsTests.swift.
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let text = try String(
      contentsOf: root.appendingPathComponent("deploy/kubernetes/region-agent/\(file)"), encoding: .utf8)
    return try Yams.load_all(yaml: text).compactMap { $0 as? [String: Any] }
  }

  private static let kinds: [String: APIResource] = [
    "Namespace": .namespaces,
    "ServiceAccount": APIResource(
      group: "", version: "v1", plural: "serviceaccounts", kind: "ServiceAccount", isNamespaced: true),
    "ClusterRole": rbac("ClusterRole", isNamespaced: false), "Role": rbac("Role", isNamespaced: true),
    "ClusterRoleBinding": rbac("ClusterRoleBinding", isNamespaced: false),
    "RoleBinding": rbac("RoleBinding", isNamespaced: true),
  ]

  private static func rbac(_ kind: String, isNamespaced: Bool) -> APIResource {
    APIResource(
      group: "rbac.authorization.k8s.io", version: "v1", plural: kind.lowercased() + "s", kind: kind,
      isNamespaced: isNamespaced)
  }

  /// Applies the files as an administrator would, after `change`.
  static func deploy(
    _ server: KubernetesServer, _ files: [String] = ["namespaces.yaml", "rbac.yaml"],
    changing change: (inout [String: Any]) -> Void = { _ in }
  ) async throws {
    try await KubernetesClient.withClient(try .kubeconfig(paths: [server.adminKubeconfigPath])) { client in
      for var document in try files.flatMap({ try documents($0) }) {
        change(&document)
        let metadata = try #require(document["metadata"] as? [String: Any])
        let kind = try #require(document["kind"] as? String)
        let resource = try #require(kinds[kind])
        let name = try #require(metadata["name"] as? String)
        let body = try JSONDecoder().decode(JSONValue.self, from: JSONSerialization.data(withJSONObject: document))
        let _: JSONValue = try await client.apply(
          body, to: ObjectPath(resource, name, in: metadata["namespace"] as? String), fieldManager: "operator",
          force: true)
      }
    }
  }

  static func configuration(_ server: KubernetesServer) async throws -> KubernetesConfiguration {
    let path = try await server.kubeconfig(
      user: account, groups: ["system:serviceaccounts", "system:serviceaccounts:regie-system", "system:authenticated"])
    return try .kubeconfig(paths: [path])
  }

  private static func check(_ rig: AgentRig, reading: Duration = .seconds(30)) async throws -> CheckReport {
    let keys = try AgentRig.keys()
    return await AgentCheck(
      zone: AgentRig.zone, home: "regie-system", keys: keys, bus: rig.kafka, clusters: rig.agentClusters,
      readingTime: reading, logger: AgentRig.quiet
    ).run()
  }

  /// The report that is as it should be: an API server goes by the roles that it was given in its own time.
  private static func check(_ rig: AgentRig, until holds: (CheckReport) -> Bool) async throws -> CheckReport {
    var report = try await check(rig)
    try await eventually("the check finds what it should") {
      if holds(report) { return true }
      report = try await check(rig)
      return holds(report)
    }
    return report
  }

  /// What each mode is deployed with, besides namespaces.
  static let roles: [(rules: ClusterRules, files: [String])] = [
    (ClusterRules(.own), ["rbac.yaml"]), (ClusterRules(.adopt), ["adopt/rbac.yaml"]),
    (ClusterRules(.adopt, addsLimitRange: true), ["adopt/rbac.yaml", "adopt/limitranges.yaml"]),
    (
      ClusterRules(.adopt, addsLimitRange: true, addsNetworkPolicies: true),
      ["adopt/rbac.yaml", "adopt/limitranges.yaml", "adopt/networkpolicies.yaml"]
    ),
    (ClusterRules(.gitops), ["gitops/rbac.yaml"]),
    (ClusterRules(.gitops, addsProbes: true), ["gitops/rbac.yaml", "gitops/probes.yaml"]),
    (ClusterRules(.observe), ["observe/rbac.yaml"]),
  ]

  @Test("the roles of a mode hold exactly the verbs that the agent says it needs there", arguments: roles.indices)
  func table(index: Int) throws {
    let (rules, files) = Self.roles[index]
    let granted = try Self.granted(by: files)
    #expect(granted == Self.needed(AgentRight.all(in: rules)))
    // By their names only what may be written over or deleted is looked at.
    let named = granted.filter { $0.key.hasPrefix("* ") && $0.value.contains("get") }.keys
    switch rules.mode {
    case .own, .gitops: #expect(Set(named) == ["* /namespaces"])
    case .adopt: #expect(named.count == rules.kinds.count)
    case .observe: #expect(named.isEmpty)
    }
  }

  @Test("a home cluster that hosts nothing grants that the agent remembers, and no more")
  func homeAlone() throws {
    #expect(try Self.granted(by: ["home/rbac.yaml"]) == Self.needed([AgentRight.memory]))
  }

  /// The verbs by namespace, or all of them, and resource.
  private static func granted(by files: [String]) throws -> [String: Set<String>] {
    var granted: [String: Set<String>] = [:]
    for document in try files.flatMap({ try documents($0) }) {
      guard let rules = document["rules"] as? [[String: Any]] else { continue }
      let namespace = (document["metadata"] as? [String: Any])?["namespace"] as? String ?? "*"
      for rule in rules {
        for group in rule["apiGroups"] as? [String] ?? [] {
          for resource in rule["resources"] as? [String] ?? [] {
            granted["\(namespace) \(group)/\(resource)", default: []].formUnion(rule["verbs"] as? [String] ?? [])
          }
        }
      }
    }
    return granted
  }

  private static func needed(_ rights: [AgentRight]) -> [String: Set<String>] {
    var needed: [String: Set<String>] = [:]
    for right in rights {
      let namespace = right.attributes("get", home: "regie-system").namespace ?? "*"
      needed["\(namespace) \(right.group)/\(right.resource)", default: []].formUnion(right.verbs)
    }
    return needed
  }

  @Test("where capacity is measured, the rights to do so are what capacity.yaml grants, and are asked for")
  func capacity() async throws {
    let rules = try Self.documents("capacity.yaml").compactMap { $0["rules"] as? [[String: Any]] }.flatMap { $0 }
    #expect(rules.flatMap { $0["resources"] as? [String] ?? [] } == AgentRight.capacity.map(\.resource))
    #expect(rules.allSatisfy { $0["verbs"] as? [String] == AgentRight.capacity[0].verbs })
    try await AgentRig.with { rig in
      let report = await AgentCheck(
        zone: AgentRig.zone, home: "regie-system", keys: try AgentRig.keys(), bus: rig.kafka,
        clusters: rig.agentClusters, measuresCapacity: true, logger: AgentRig.quiet
      ).run()
      #expect(report.findings.suffix(2).map(\.check) == ["nodes", "pods"])
    }
  }

  @Test("where Argo CD is asked, the right to do so is what applications.yaml grants, in its namespace alone")
  func applications() throws {
    let documents = try Self.documents("gitops/applications.yaml")
    #expect(documents.compactMap { $0["kind"] as? String } == ["Role", "RoleBinding"])
    let spaces = documents.compactMap { ($0["metadata"] as? [String: Any])?["namespace"] as? String }
    #expect(spaces == [FakeArgoCD.namespace, FakeArgoCD.namespace])
    let rules = documents.compactMap { $0["rules"] as? [[String: Any]] }.flatMap { $0 }
    let right = AgentRight.applications
    #expect(rules.count == 1 && rules[0]["apiGroups"] as? [String] == [right.group])
    #expect(rules[0]["resources"] as? [String] == [right.resource] && rules[0]["verbs"] as? [String] == right.verbs)
    #expect(right.attributes("list", home: "regie-system", argoCD: "argocd").namespace == "argocd")
  }

  @Test("the namespace of the probes carries what the agent would give it")
  func probes() throws {
    for file in ["namespaces.yaml", "adopt/namespaces.yaml", "gitops/probes.yaml"] {
      let spaces = try Self.documents(file).compactMap { $0["metadata"] as? [String: Any] }
      let probe = spaces.first { $0["name"] as? String == ConformityProber.standardNamespace }
      #expect(probe?["labels"] as? [String: String] == Labels.chosenByPolicies, "\(file)")
    }
  }

  @Test("with these rights and no others an agent does all its work", .enabled(if: isThere, needs))
  func suffice() async throws {
    let server = try await KubernetesServer.start()
    try await Self.deploy(server)
    try await AgentRig.with(clusters: [], real: try await Self.configuration(server)) { rig in
      let report = try await Self.check(rig) { $0.isGood }
      #expect(report.findings.count { $0.subject == "cluster real" } == 1 + AgentRight.all(in: ClusterRules()).count)
      let state = AgentRig.state(1, cluster: "real")
      try await rig.publish(state)
      try await rig.withAgent { seen in
        _ = try await seen.placement("the placement becomes ready") {
          $0.placement == state.placement && $0.says(ConditionType.ready).hasPrefix("True")
        }
        let beat = try await seen.agent("the cluster was probed") {
          $0.clusters.first?.conformity?.problem == nil && $0.clusters.first?.conformity != nil
        }
        #expect(beat.clusters[0].reachable)
        try await KubernetesClient.withClient(try .kubeconfig(paths: [server.adminKubeconfigPath])) { admin in
          _ = try await admin.delete(
            ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: state.namespace))
          try await eventually("what was deleted by hand is put back") {
            let path = ObjectPath(.resourceQuotas, DesiredObjects.quotaName, in: state.namespace)
            return (try? await admin.get(path, as: JSONValue.self)) != nil
          }
        }
      }
    }
  }

  @Test("a right that is missing is named, with what it is for", .enabled(if: isThere, needs))
  func missing() async throws {
    let server = try await KubernetesServer.start()
    try await Self.deploy(server) { document in
      guard document["kind"] as? String == "ClusterRole", var rules = document["rules"] as? [[String: Any]] else {
        return
      }
      rules[1]["verbs"] = ["list", "watch"]
      document["rules"] = rules
    }
    try await AgentRig.with(clusters: [], real: try await Self.configuration(server)) { rig in
      let report = try await Self.check(rig) { report in
        report.findings.filter { !$0.isGood }.map(\.check) == ["networkpolicies"]
      }
      let bad = report.findings.filter { !$0.isGood }
      #expect(bad.map(\.check) == ["networkpolicies"])
      #expect(bad.first?.detail == "may not create, patch: needed to keep namespaces closed to the network")
      #expect(report.text().hasSuffix("1 of \(report.findings.count) is missing."))
    }
  }

  @Test("a cluster that is away is told, and the bus and the other clusters are looked at all the same")
  func away() async throws {
    try await AgentRig.with(clusters: ["c1", "c2"]) { rig in
      rig.clusters[0].inject(.status(503), requests: .max)
      let report = try await Self.check(rig)
      #expect(!report.isGood)
      #expect(report.findings.filter { $0.subject == "bus" }.map(\.check) == ["regie.z1.desired", "regie.z1.observed"])
      #expect(report.findings.filter { !$0.isGood }.map(\.subject) == ["cluster c1"])
      #expect(report.findings.contains { $0.subject == "cluster c2" && $0.check == "networkpolicies" })
    }
  }

  @Test("a bus that is away is told, once and for both topics")
  func noBus() async throws {
    try await AgentRig.with { rig in
      let nobody = try ClosedPort()
      var bus = rig.kafka
      bus.bootstrapServers = "127.0.0.1:\(nobody.number)"
      let report = await AgentCheck(
        zone: AgentRig.zone, home: "regie-system", keys: try AgentRig.keys(), bus: bus, clusters: rig.agentClusters,
        logger: AgentRig.quiet
      ).run()
      let bad = report.findings.filter { !$0.isGood }
      #expect(bad.map(\.check) == ["regie.z1.desired", "regie.z1.observed"])
      #expect(bad.last?.detail == "not asked")
      // Nobody else has taken the port meanwhile.
      withExtendedLifetime(nobody) {}
    }
  }

  /// A busy machine reads slowly: its end is what ends the reading here.
  private static func desired(_ rig: AgentRig, reading: Duration = .seconds(150)) async throws -> CheckReport.Finding {
    try #require(try await check(rig, reading: reading).findings.first { $0.check == "regie.z1.desired" })
  }

  private static let strange = Curve25519.Signing.PrivateKey()

  /// Many records of one placement, none of which the zone's record covers.
  private static func fill(_ rig: AgentRig, _ key: Curve25519.Signing.PrivateKey) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for revision in 1...300 as ClosedRange<Int64> {
        group.addTask { try await rig.publish(AgentRig.state(1, revision: revision), key: key, isRecorded: false) }
      }
      try await group.waitForAll()
    }
  }

  @Test("what a key has signed that is mounted no more does no harm where all was signed anew, however much it is")
  func superseded() async throws {
    try await AgentRig.with { rig in
      try await Self.fill(rig, Self.strange)
      try await rig.publish(AgentRig.state(1, revision: 3_000))
      let found = try await Self.desired(rig)
      #expect(found.isGood, "\(found.detail)")
    }
  }

  @Test("what a key signs that is not mounted is found at the topic's end, however much stands before it")
  func atTheEnd() async throws {
    try await AgentRig.with { rig in
      try await Self.fill(rig, AgentRig.key)
      try await rig.publish(AgentRig.state(1, revision: 3_000), key: Self.strange)
      let found = try await Self.desired(rig)
      #expect(!found.isGood && found.detail.contains("unknownKey"), "\(found.detail)")
      let hasty = try await Self.desired(rig, reading: .zero)
      #expect(!hasty.isGood && hasty.detail.contains("it was not read to its end within"), "\(hasty.detail)")
    }
  }

  @Test("the zone's topic is read, and what it holds is verified by the keys that are mounted")
  func records() async throws {
    try await AgentRig.with { rig in
      let empty = try await Self.desired(rig)
      #expect(empty.isGood && empty.detail.hasSuffix("it may be read, and holds nothing yet"))
      try await rig.publish(AgentRig.state(1), key: Curve25519.Signing.PrivateKey())
      let foreign = try await Self.desired(rig)
      #expect(
        !foreign.isGood && foreign.detail.contains("of 1 record(s) none is believed, the last one for: unknownKey"))
      try await rig.publish(AgentRig.state(1))
      let genuine = try await Self.desired(rig)
      #expect(genuine.isGood && genuine.detail.contains("signed by a key that is mounted"))
      // The centre has changed its key since: what comes from now on the agent would refuse.
      try await rig.publish(AgentRig.state(2), key: Curve25519.Signing.PrivateKey())
      let rotated = try await Self.desired(rig)
      #expect(!rotated.isGood && rotated.detail.contains("1 is signed by a key that is not mounted"))
      // The broker's word for a client that may describe the topic and not read it (29).
      try await rig.mock.pushErrors(.fetch, [Int32](repeating: 29, count: 50))
      let forbidden = try await Self.desired(rig)
      #expect(!forbidden.isGood && forbidden.detail.contains("it can not be read"))
    }
  }

  @Test("the report is JSON that says whether all is well")
  func json() throws {
    let finding = CheckReport.Finding(subject: "keys", check: "verification", isGood: true, detail: "d")
    var report = CheckReport(findings: [finding])
    #expect(
      try report.json().contains(#""ok" : true"#)
        && report.text() == "✓  keys  verification  d\nRien ne manque. / Nothing is missing.")
    report.findings[0].isGood = false
    #expect(try report.json().contains(#""ok" : false"#))
    #expect(try JSONDecoder().decode(CheckReport.self, from: Data(try report.json().utf8)) == report)
  }
}
