public import Model
public import Placement

/// Works out the impact of a proposed policy, some projects at a time, so that whoever runs it may tell how far it is,
/// stop, and let others have the processor in between. How it is cut into slices makes no difference.
///
/// What is asked for every project: whether its replicas may stay, whether it can be placed, and where it would be best if
/// it were free to move. All of that on the ledger as it is. Only the migrations that compliance would require are looked
/// at together, in the order of the projects: each on what those before it would take, and none gives back its old place
/// before it has moved.
public struct ImpactComputation: Sendable {
  /// Of so many projects that could not be placed it is worked out why.
  public static let mostExplained = 200
  /// The most nodes that working it out may cost.
  static let explainingBudget = 2_000

  private let present: Engine?
  private let proposed: Engine
  private let stateBefore: PlacementState?
  private let stateAfter: PlacementState
  private var moving: PlacementState
  private var impact: Impact
  private var lastProject: String?

  /// Compiles the proposed policy for the offer of the moment.
  ///
  /// - Parameters:
  ///   - present: the policy in force, compiled for the same day and the same clusters; nil where there is none.
  ///   - version: the number that the proposed policy is told by in what the engine says.
  ///   - offer: the offer, with what was measured that counts by the proposed policy.
  ///   - staleZones: the zones that are silent by the proposed policy.
  ///   - staleBefore: those that are by the policy in force; nil for the same.
  public init(
    of policy: PolicySpec, version: Int64, instead present: Engine?, offer: Offer, ledger: Ledger,
    staleZones: [String], before staleBefore: [String]? = nil, day: CalendarDay
  ) {
    let proposed = Engine(offer: offer, policy: EffectivePolicy(version: version, spec: policy), day: day)
    self.present = present
    self.proposed = proposed
    stateBefore = present.map { PlacementState(ledger: ledger, staleZones: staleBefore ?? staleZones, for: $0) }
    stateAfter = PlacementState(ledger: ledger, staleZones: staleZones, for: proposed)
    moving = stateAfter
    impact = Impact(
      engineVersion: EngineVersion.current, day: day, summary: Impact.Summary(), nonCompliances: [], regionChanges: [],
      unplaceable: [],
      capacity: RegionCapacities(before: present, after: proposed, committed: stateAfter).regions, migrations: [])
  }

  /// How many projects were looked at.
  public var projects: Int { impact.summary.projects }

  /// What was found, of the projects looked at so far.
  public var result: Impact { impact }

  /// Looks at the next projects, all of whose placements are judged. They come in the order of their names.
  public mutating func take(_ requests: some Sequence<DecisionRequest>) {
    take(requests.lazy.map { ImpactSubject($0) })
  }

  /// Looks at the next projects. They come in the order of their names.
  public mutating func take(_ subjects: some Sequence<ImpactSubject>) {
    for subject in subjects {
      let name = subject.request.project.name
      assert(lastProject.map { $0 < name } ?? true, "projects come in the order of their names")
      lastProject = name
      take(subject)
    }
  }

  private mutating func take(_ subject: ImpactSubject) {
    let request = subject.request
    let after = Prospect(request, proposed, stateAfter)
    let before = present.flatMap { present in stateBefore.map { Prospect(request, present, $0) } }
    impact.summary.projects += 1
    impact.summary.placements += subject.placements
    let breaches = subject.counted(after.compliance.breaches)
    note(request, breaches, before: subject.counted(before?.compliance.breaches ?? []))
    notePlaceability(request, isPlaceable: after.isPlaceable, was: before?.isPlaceable)
    if let before { noteRegions(request, before.best, after.best) }
    // What only has the wrong chain is decided on again, and what nobody asks for any more is removed: neither moves anywhere.
    let driven = breaches.filter {
      !$0.mayStay && request.wants(environment: $0.environment, replica: $0.replica)
    }
    if !driven.isEmpty { noteMigrations(subject, driven) }
  }

  private mutating func note(_ request: DecisionRequest, _ breaches: [Breach], before: [Breach]) {
    let old = Dictionary(before.map { ($0.place, $0.mayStay) }, uniquingKeysWith: { $0 && $1 })
    let new = Set(breaches.map(\.place))
    impact.summary.compliantAgain += old.keys.count { !new.contains($0) }
    for breach in breaches.sorted(by: Self.precedes) {
      let already = !breach.isNews(after: old[breach.place])
      if already { impact.summary.alreadyNonCompliant += 1 } else { impact.summary.nonCompliant += 1 }
      let place = proposed.site(named: breach.cluster).map(proposed.place)
      impact.nonCompliances.append(
        Impact.NonCompliance(
          project: request.project.name, environment: breach.environment, replica: breach.replica,
          cluster: breach.cluster, region: place?.region ?? "", operator: place?.operator ?? "", already: already,
          rules: breach.rules, reasons: breach.reasons, mayStay: breach.mayStay ? true : nil))
    }
  }

  private mutating func notePlaceability(_ request: DecisionRequest, isPlaceable: Bool, was: Bool?) {
    if isPlaceable {
      if was == false { impact.summary.placeableAgain += 1 }
      return
    }
    guard was != false else { return }
    impact.summary.noLongerPlaceable += 1
    var bounded = request
    bounded.nodeBudget = min(request.nodeBudget, Self.explainingBudget)
    let reasons =
      impact.unplaceable.count < Self.mostExplained ? proposed.explain(bounded, on: stateAfter).plan.reasons : []
    impact.unplaceable.append(Impact.Unplaceable(project: request.project.name, reasons: reasons))
  }

  private mutating func noteRegions(_ request: DecisionRequest, _ before: [Assignment], _ after: [Assignment]) {
    guard before.count == after.count else { return }
    let replicas = zip(before, after).filter { $0.region != $1.region }.map { before, after in
      Impact.RegionChange.Replica(
        environment: before.environment, replica: before.replica, from: before.region, to: after.region)
    }
    guard !replicas.isEmpty else { return }
    impact.summary.regionChanges += 1
    impact.regionChanges.append(Impact.RegionChange(project: request.project.name, replicas: replicas))
  }

  private mutating func noteMigrations(_ subject: ImpactSubject, _ breaches: [Breach]) {
    // What it asks is where all of it would be, not what could be written today.
    var request = subject.request
    request.mayMove = true
    let plan = proposed.plan(request, on: moving)
    let moves = plan.assignments.filter(subject.counts)
    for move in moves {
      impact.migrations.append(
        Impact.Migration(
          project: request.project.name, environment: move.environment, replica: move.replica,
          from: move.movedFrom ?? "", to: move.cluster, toRegion: move.region))
      if let site = proposed.site(named: move.cluster) { moving.add(move.quota, to: site) }
    }
    impact.summary.migrations += moves.count
    // Without a full assignment nothing of the project moves. With one, what does not move may stay as what is asked for by now.
    guard plan.outcome != .placed else { return }
    for breach in breaches.sorted(by: Self.precedes) {
      impact.summary.migrations += 1
      impact.summary.migrationsThatDoNotFit += 1
      impact.migrations.append(
        Impact.Migration(
          project: request.project.name, environment: breach.environment, replica: breach.replica, from: breach.cluster,
          to: nil, toRegion: nil))
    }
  }

  private static func precedes(_ left: Breach, _ right: Breach) -> Bool {
    (left.environment, left.replica, left.cluster) < (right.environment, right.replica, right.cluster)
  }
}
