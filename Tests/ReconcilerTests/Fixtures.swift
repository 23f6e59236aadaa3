import Crypto
import Events
import Foundation
import Model
import Reconciler

/// Values that every test of the reconciler needs.
enum Fixtures {
  static let placement = UUID(uuidString: "00000000-0000-4000-8000-00000000000A") ?? UUID()
  static let project = UUID(uuidString: "00000000-0000-4000-8000-00000000000B") ?? UUID()
  static let environment = UUID(uuidString: "00000000-0000-4000-8000-00000000000C") ?? UUID()
  static let namespace = NamespaceName.make(environment: environment, project: project)
  static let start = Timestamp(microseconds: 1_795_000_000_000_000)

  static func desired(
    _ revision: Int64, epoch: Int64 = 1, phase: PlacementPhase = .active, mode: ClusterSpec.Mode = .own, cpu: Int64 = 4,
    cluster: String = "c1", namespace: String = Fixtures.namespace, notBefore: Timestamp? = nil,
    removePersistentVolumes: Bool? = nil
  ) -> DesiredState {
    DesiredState(
      placement: placement, zone: "z1", cluster: cluster, phase: phase, revision: revision, epoch: epoch,
      decision: environment, decidedAt: start, sensitivity: .usuel, mode: mode, namespace: namespace,
      project: DesiredState.Project(id: project, name: "basegun", organisation: "mi"),
      environment: DesiredState.Environment(id: environment, name: "prod", stage: "prod"),
      quota: ResourceList(cpu: Quantity(cpu), memory: Quantity("8Gi")), notBefore: notBefore,
      removePersistentVolumes: removePersistentVolumes)
  }

  static func ref(_ kind: ManagedKind, _ name: String) -> ObjectRef {
    ObjectRef(kind: kind, namespace: namespace, name: name)
  }
  static let namespaceRef = ref(.namespace, namespace)
  static let quotaRef = ref(.resourceQuota, DesiredObjects.quotaName)
}

extension Timestamp {
  /// Seconds later.
  func after(_ seconds: Double) -> Timestamp {
    Timestamp(microseconds: microseconds + Int64(seconds * 1_000_000))
  }
}

extension ManagedObject {
  /// The object as a cluster shows it, as wanted.
  func live(
    uid: String = "u1", _ version: Int, isTerminating: Bool = false, filled: Bool = true,
    used: [String: String] = [:]
  ) -> LiveObject {
    LiveObject(
      ref: ref, uid: uid, resourceVersion: String(version), isTerminating: isTerminating, labels: labels,
      annotations: annotations, spec: spec,
      statusHard: filled ? spec?["hard"]?.texts ?? [:] : [:], statusUsed: used)
  }
}

extension [PlacementMachine.Action] {
  var orders: [ApplyOrder] { compactMap { if case .apply(let order) = $0 { order } else { nil } } }
  var removals: [RemovalOrder] { compactMap { if case .remove(let order) = $0 { order } else { nil } } }
  var commits: [CommitOrder] { compactMap { if case .commit(let order) = $0 { order } else { nil } } }
  var looks: [VolumeLook] { compactMap { if case .look(let order) = $0 { order } else { nil } } }
  var withdrawals: [WithdrawalOrder] { compactMap { if case .withdraw(let order) = $0 { order } else { nil } } }
  var reports: [PlacementReport] { compactMap { if case .report(let report) = $0 { report } else { nil } } }
  var wakes: [Timestamp] { compactMap { if case .wake(let moment) = $0 { moment } else { nil } } }
}

extension PlacementReport {
  /// `True Applied`, …; empty when the condition is not there.
  func says(_ type: String) -> String {
    conditions.first { $0.type == type }.map { "\($0.status.rawValue) \($0.reason)" } ?? ""
  }
}

/// SplitMix64: the same seed gives the same numbers everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
  mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &self)] }
}

extension PlacementMachine {
  /// As where the centre's clock and the machine's are the same.
  mutating func handle(_ event: Event, at now: Timestamp) -> [Action] { handle(event, at: now, centre: now) }
}
