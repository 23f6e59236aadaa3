public import Events
internal import Foundation
public import Kubernetes
public import Logging
internal import Metrics
internal import NIOConcurrencyHelpers

/// Asks one cluster, at the start and then daily, what its admission does with pods that the rules forbid.
public final class ConformityProber: Sendable {
  /// Where probes are offered; nothing ever runs there.
  public static let standardNamespace = "regie-probe"

  private let cluster: String
  private let namespace: String
  private let makesNamespace: Bool
  private let client: KubernetesClient
  private let labels: [String: String]
  private let fieldManager: String
  private let now: @Sendable () -> Timestamp
  private let changed: @Sendable () -> Void
  private let logger: Logger
  private let latest = NIOLockedValueBox<ClusterConformity?>(nil)

  /// A prober.
  ///
  /// - Parameters:
  ///   - labels: What the namespace of the probes carries: the same as the namespaces of placements, by which a cluster's
  ///     policies choose.
  ///   - fieldManager: Who writes these labels.
  ///   - namespace: Where probes are offered.
  ///   - makesNamespace: Whether it is made, and given its labels, where it is not there or lacks them; else its operator does.
  ///   - now: The clock.
  ///   - changed: Told when there is something new to report; must not block.
  public init(
    cluster: String, client: KubernetesClient, labels: [String: String], fieldManager: String,
    namespace: String = ConformityProber.standardNamespace, makesNamespace: Bool = true,
    now: @escaping @Sendable () -> Timestamp,
    logger: Logger, changed: @escaping @Sendable () -> Void = {}
  ) {
    self.cluster = cluster
    self.namespace = namespace
    self.makesNamespace = makesNamespace
    self.client = client
    self.labels = labels
    self.fieldManager = fieldManager
    self.now = now
    self.changed = changed
    self.logger = logger
  }

  /// What is known; nil until the first round has ended.
  public var report: ClusterConformity? { latest.withLockedValue { $0 } }

  /// Probes until the task is cancelled.
  public func run() async {
    var machine = ConformityMachine()
    var events: [ConformityMachine.Event] = [.woke]
    while !Task.isCancelled, let event = events.popLast() {
      for action in machine.handle(event, at: now()) {
        guard let answer = await perform(action) else { continue }
        events.append(answer)
      }
    }
  }

  /// Does what the machine wants, and says what came of it. Nothing is said of what a cancelled task saw.
  private func perform(_ action: ConformityMachine.Action) async -> ConformityMachine.Event? {
    switch action {
    case .prepare: return await prepare()
    case .offer(let probe): return .answered(await offer(probe))
    case .report(let report):
      if !Task.isCancelled { publish(report) }
      return nil
    case .wait(let seconds):
      try? await Task.sleep(for: .milliseconds(Int64.random(in: seconds * 900...seconds * 1_100)))
      return .woke
    }
  }

  private func prepare() async -> ConformityMachine.Event {
    do {
      let there = try await existing()
      if there?.metadata.deletionTimestamp != nil {
        return .notPrepared("the namespace \(namespace) is being deleted")
      }
      let carried = there?.metadata.labels ?? [:]
      // Who may not write is well served by an operator who made the namespace beforehand.
      if there == nil || labels.contains(where: { carried[$0.key] != $0.value }) {
        guard makesNamespace else {
          let wanted = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
          return .notPrepared("the cluster's operator makes the namespace \(namespace), with the labels \(wanted)")
        }
        try await client.apply(
          Namespace(metadata: ObjectMeta(name: namespace, labels: labels)), fieldManager: fieldManager)
      }
      return .prepared
    } catch {
      return .notPrepared("the namespace \(namespace) can not be had: \(error)")
    }
  }

  private func existing() async throws -> Namespace? {
    do {
      return try await client.get(Namespace.self, namespace)
    } catch let error as KubernetesError where error.kind == .notFound {
      return nil
    }
  }

  private func offer(_ probe: Probe) async -> ProbeAnswer {
    do {
      let pod = try await client.create(probe.pod(in: namespace), dryRun: true)
      return .accepted(isHarmless: !probe.isBroken(by: pod))
    } catch let error as KubernetesError {
      return ProbeAnswer(error)
    } catch {
      return .none("\(error)")
    }
  }

  private func publish(_ report: ClusterConformity) {
    let before = latest.withLockedValue { latest in
      defer { latest = report }
      return latest
    }
    if let problem = report.problem {
      logger.warning("Probes say nothing", metadata: ["cluster": "\(cluster)", "problem": "\(problem)"])
    }
    for answer in report.answers {
      Gauge(label: "regie.agent.conformity", dimensions: [("cluster", cluster), ("rule", answer.rule)])
        .record(answer.result.gauge)
      guard report.problem == nil, before?.answers.first(where: { $0.rule == answer.rule })?.result != answer.result
      else { continue }
      logger.log(
        level: answer.result == .enforced ? .info : .warning, "A rule of the offer was probed",
        metadata: [
          "cluster": "\(cluster)", "rule": "\(answer.rule)", "result": "\(answer.result.rawValue)",
          "message": "\(answer.message)",
        ])
    }
    changed()
  }
}

extension ClusterConformity.Result {
  fileprivate var gauge: Int {
    switch self {
    case .enforced: 1
    case .notEnforced: 0
    case .inconclusive: -1
    }
  }
}
