import Crypto
import Events
import Foundation
import Model

/// States with every optional field, and with none.
enum Samples {
  static let placement = UUID(uuidString: "0A000000-0000-4000-8000-00000000000A") ?? UUID()
  static let other = UUID(uuidString: "0B000000-0000-4000-8000-00000000000B") ?? UUID()
  static let moment = Timestamp(microseconds: 1_795_000_000_123_456)
  static let signer = EventSigner(Curve25519.Signing.PrivateKey())

  static let minimalDesired = DesiredState(
    placement: placement, zone: "z1", cluster: "c1", phase: .active, revision: 7, epoch: 2, decision: other,
    decidedAt: moment, sensitivity: .restricted, mode: .own, namespace: "a--b",
    project: DesiredState.Project(id: other, name: "basegun", organisation: "mi"),
    environment: DesiredState.Environment(id: other, name: "prod", stage: "prod"), quota: ResourceList())

  static let fullDesired: DesiredState = {
    var state = minimalDesired
    state.phase = .removed
    state.quota = amounts
    state.notBefore = moment
    state.removePersistentVolumes = true
    return state
  }()

  static let amounts = ResourceList(
    cpu: Quantity(4), memory: Quantity("8Gi"), gpu: Quantity(1), storage: Quantity("1Ti"), pods: Quantity(20))

  static let minimalObserved = ObservedState(
    placement: placement, zone: "z1", cluster: "c1", incarnation: 3, sequence: 9, observedEpoch: 2,
    observedRevision: 7, phase: .active, conditions: [])

  static let fullObserved = ObservedState(
    placement: placement, zone: "z1", cluster: "c1", incarnation: 3, sequence: 9, observedEpoch: 2,
    observedRevision: 7, phase: .active,
    conditions: [
      Condition(
        type: ConditionType.ready, status: .unknown, reason: "QuotaPending", message: "…", observedRevision: 7,
        lastTransitionTime: moment)
    ], used: amounts, enforced: amounts,
    drifts: [
      ObservedState.Drift(
        object: "ResourceQuota/regie-quota", path: "spec.hard.pods", live: "1", wanted: "20", manager: "kubectl",
        firstSeen: moment, correctedAt: moment),
      bareDrift,
    ], driftsOmitted: 1,
    timeline: ObservedState.Timeline(
      publishedAt: moment, receivedAt: moment, appliedAt: moment, readyAt: moment, reportedAt: moment))

  static let bareDrift = ObservedState.Drift(
    object: "LimitRange/regie-limits", path: "", live: nil, wanted: nil, manager: nil, firstSeen: moment)

  private static let digest = String(repeating: "0f", count: 32)

  static let openProposal = ProposalFact(
    epoch: 2, revision: 3, proposal: placement, state: .open, kind: "version", operator: "dtnum", base: 4,
    digest: digest, proposedAt: moment, closesAt: moment)

  static let ratifiedProposal: ProposalFact = {
    var fact = openProposal
    fact.state = .ratified
    (fact.effectiveAt, fact.restores, fact.amends, fact.amendedBy) = (moment, 2, other, other)
    fact.rejection = "votes"
    fact.result = ProposalFact.Result(for: 3, against: 0, abstain: 1, silent: 0)
    fact.version = 5
    return fact
  }()

  static let vote = VoteFact(
    epoch: 2, revision: 4, proposal: placement, operator: "dtnum", choice: "for", at: moment)

  static let comment = CommentFact(epoch: 2, revision: 5, proposal: placement, operator: "dtnum", at: moment)

  static let awaitedVersion = PolicyVersionFact(
    epoch: 2, version: 5, state: .awaited, origin: "applied", effectiveAt: moment, digest: digest)

  static let supersededVersion = PolicyVersionFact(
    epoch: 2, version: 5, state: .superseded, origin: "ratified", effectiveAt: moment, digest: digest, proposal: other,
    supersededBy: 6)

  static let openFinding = FindingFact(
    epoch: 2, finding: other, placement: placement, policyVersion: 5, openedAt: moment, dueOn: day)

  static let resolvedFinding = FindingFact(
    epoch: 2, finding: other, placement: placement, policyVersion: 5, openedAt: moment, dueOn: day, resolvedAt: moment,
    resolution: "migrated")

  static let firstOffer = OfferFact(epoch: 2, revision: 1, digest: digest, publishedAt: moment)

  static let offer = OfferFact(epoch: 2, revision: 7, digest: digest, policyVersion: 5, publishedAt: moment)

  static let epoch = EpochFact(epoch: 2, begunAt: moment)

  static let lateFlow = FlowFact(epoch: 2, revision: 3, flow: other, state: .pending, late: ["anfsi", "dtnum"])

  static let openedFlow = FlowFact(epoch: 2, revision: 4, flow: other, state: .opened, late: [])

  static let migration = MigrationFact(epoch: 2, revision: 3, migration: other, state: .running)

  static let plannedMove = MoveFact(
    epoch: 2, revision: 1, move: other, migration: other, source: other, target: nil, step: .planned, standing: .running
  )

  static let blockedMove = MoveFact(
    epoch: 2, revision: 7, move: other, migration: other, source: other, target: other, step: .firstCopy,
    standing: .blocked)

  private static let day: CalendarDay = {
    guard let day = CalendarDay("2026-12-01") else { preconditionFailure("it is a day") }
    return day
  }()

  static let anchor = AuditAnchor(
    epoch: 2, position: 41, link: String(repeating: "0f", count: 32), count: 41, pseudonymsFrom: 7)

  /// From before anchors said since when names are pseudonyms.
  static let earlyAnchor = AuditAnchor(
    epoch: 2, position: 41, link: String(repeating: "0f", count: 32), count: 41)

  static let zoneRecord = ZoneRecord(
    zone: "z1", epoch: 2, sequence: 5, at: moment, count: 1, offsets: [0, 7, 0, 0],
    buckets: (0..<256).map { _ in SetDigest() })

  static let askingRecord: ZoneRecord = {
    var record = zoneRecord
    record.reportAgain = ReportRequest(id: other, incarnation: 3, buckets: [10])
    return record
  }()

  static let minimalStatus = AgentStatus(
    zone: "z1", incarnation: 3, sequence: 9, version: "0.1.0", at: moment, snapshotComplete: false, clusters: [])

  static let fullStatus = AgentStatus(
    zone: "z1", incarnation: 3, sequence: 9, version: "0.1.0", at: moment, snapshotComplete: true, refusedRecords: 1,
    lastRefusal: "unsigned: …",
    clusters: [
      AgentStatus.ClusterStatus(
        name: "c1", reachable: true, version: "v1.20.15", message: "slow", placements: 4,
        conformity: ClusterConformity(
          at: moment, problem: "quota",
          answers: [ClusterConformity.Answer(rule: "root", result: .enforced, message: "no", at: moment)]),
        capacity: MeasuredCapacity(
          asOf: moment, nodes: 3, amounts: ResourceAmounts(cpu: 4000, memory: 1 << 30, gpu: 1, pods: 100))),
      AgentStatus.ClusterStatus(name: "c2", reachable: false, placements: 0),
    ], republication: AgentStatus.RepublicationRequest(id: other, reason: "low watermark", buckets: [10]),
    guardPolicy: GuardPolicy(
      sensitivities: [.usuel], organisations: ["mi"], namespaces: ["*--*"],
      quota: ResourceList(
        cpu: Quantity(8), memory: Quantity("16Gi"), gpu: Quantity(0), storage: Quantity("1Ti"), pods: Quantity(50)),
      removals: false),
    zoneRecord: ZoneAgreement(
      verdict: .suspect, since: moment, epoch: 2, sequence: 5, count: 3, buckets: [10]),
    reports: ReportDigests(count: 1, offsets: [0, 7, 0, 0], buckets: (0..<256).map { _ in SetDigest() }),
    orphans: AgentStatus.Orphans([
      AgentStatus.Orphan(
        placement: placement, cluster: "c1", namespace: "a--b", remembered: StateVersion(epoch: 2, revision: 7)),
      AgentStatus.Orphan(placement: other, cluster: "c2"),
    ]))
}
