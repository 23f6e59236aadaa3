import Events
import Foundation
import Model
import Placement
import Policy
import Postgres

/// What placements are judged on, all of one moment.
struct JudgementGround: Sendable {
  let head: DecisionBasis.Head
  let prepared: PreparedOffer
  let ledger: [String: Ledger.Entry]
  /// Until the head changes by itself: another day, or another policy.
  let next: Duration?
  /// By project.
  private let derogations: [String: [Resource<DerogationSpec>]]

  init(head: DecisionBasis.Head, prepared: PreparedOffer, ledger: [String: Ledger.Entry], next: Duration?) {
    (self.head, self.prepared, self.ledger, self.next) = (head, prepared, ledger, next)
    derogations = Dictionary(grouping: prepared.derogations, by: \.spec.project)
  }

  /// The engine's view of the ledger and the silent zones.
  var state: PlacementState {
    PlacementState(ledger: Ledger(ledger), staleZones: head.staleZones, for: prepared.engine)
  }

  /// The latest notification of a derogation that has effect by now. What is notified for later takes effect by time alone.
  var notifiedAt: Date? { prepared.derogations.compactMap(\.spec.notifiedAt).filter { $0 <= head.now.date }.max() }

  /// When the next derogation takes effect by its notification's date alone.
  var nextNotification: Date? { prepared.derogations.compactMap(\.spec.notifiedAt).filter { $0 > head.now.date }.min() }

  /// How long it is until something changes by time alone.
  var untilNext: Duration? {
    let notification = nextNotification.map { Duration.seconds($0.timeIntervalSince(head.now.date)) }
    return [next, notification].compactMap { $0 }.min()
  }

  /// A project as the engine is asked about it; nil where there is no document.
  func request(_ project: ProjectTable.Project) -> DecisionRequest? {
    project.document.map { document in
      DecisionRequest(
        project: Resource(
          metadata: Metadata(name: document.name, labels: document.metadata.labels), spec: document.spec),
        existing: project.held.existing, derogations: derogations[document.name] ?? [], now: head.now.date)
    }
  }
}

/// What was found of one project's placements.
struct JudgedProject: Sendable {
  /// A placement that does not comply.
  struct Fault: Sendable {
    var placement: UUID
    var breach: Breach
    var region: String
    var `operator`: String
    var zone: String
  }

  /// A rule that a derogation in effect waives, and for which environment.
  struct Waiver: Sendable, Hashable {
    var environment: String
    var rule: String
  }

  var project: String
  /// The version of the document that it was judged by; nil where there is none.
  var version: String?
  /// What it was judged to hold.
  var held: [HeldReplica]
  var faults: [Fault]
  /// What derogations in effect waive for it.
  var waived: Set<Waiver>

  /// Judges what a project holds. What is to be removed is not judged, and neither is what is only reserved.
  ///
  /// A project whose document is gone complies with nothing and breaks nothing: it is to be removed.
  init(_ name: String, _ project: ProjectTable.Project, on ground: JudgementGround, _ state: PlacementState) {
    self.project = name
    (version, held) = (project.document?.metadata.resourceVersion, project.held)
    (faults, waived) = ([], [])
    guard let request = ground.request(project) else { return }
    let engine = ground.prepared.engine
    let inEffect = request.derogations.map(\.spec).filter {
      $0.isInEffect(at: ground.head.now.date, on: ground.prepared.day)
    }
    // What stands is judged as what it was placed as, whatever the document makes of its environment by now.
    waived = Set(
      project.held.filter(\.isJudged).flatMap { held in
        inEffect.filter { $0.isFor(stage: held.stage) }.flatMap { derogation in
          derogation.rules.map { Waiver(environment: held.environment, rule: $0) }
        }
      })
    faults = Compliance(of: request, under: engine, on: state).breaches.flatMap { breach in
      let held = project.held.filter {
        $0.isJudged && $0.environment == breach.environment && $0.replica == breach.replica
          && $0.cluster == breach.cluster
      }
      let place = engine.site(named: breach.cluster).map(engine.place)
      return held.map { held in
        Fault(
          placement: held.id, breach: breach, region: place?.region ?? "", operator: place?.operator ?? "",
          zone: place?.zone ?? "")
      }
    }
  }
}

extension DerogationSpec {
  /// Only the notification of a granted derogation takes effect, within the period given.
  func isInEffect(at now: Date, on day: CalendarDay) -> Bool {
    decision == .granted && notifiedAt.map { $0 <= now } ?? false && validFrom.map { $0 <= day } ?? true
      && validUntil.map { day <= $0 } ?? true
  }
}
