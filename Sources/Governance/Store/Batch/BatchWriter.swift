import Events
import Foundation
import Model
import Placement
import Postgres

/// What a batch writes, worked out decision by decision on what is locked; ``statements()`` then says it in SQL, one
/// statement per table.
struct BatchWriter {
  /// One decision of the batch.
  struct Entry: Sendable {
    let trial: Trial
    var id: UUID
    var number: Int64
    /// The project as it comes along, where it is not what is stored; and what it takes the place of.
    var put: Put?
    var identity: IdentityPlan?
    /// Nil where the project could not be placed.
    var plan: PlacementPlan?
    var hold: Hold?
    /// The ledger it was made on, as it is stored.
    var ledger: LedgerTrail.Place
    /// The decision that holds already, where this one says nothing else: it is not stored then.
    var repeats: DecisionSummary?

    var job: DecisionJob { trial.job }
    var isWritten: Bool { repeats == nil }
    var document: [UInt8] { trial.document }
  }

  /// What is stored of a project, and what it takes the place of. One object, since it is large and mostly there is none.
  final class Put: Sendable {
    let new: Resource<ProjectSpec>
    let old: Resource<ProjectSpec>?

    init(_ new: Resource<ProjectSpec>, over old: Resource<ProjectSpec>?) {
      self.new = new
      self.old = old
    }
  }

  let ground: BatchGround
  let truth: BatchTruth
  private(set) var entries: [Entry] = []
  private let contents: StoredContents
  private var trail: LedgerTrail
  let mint: () -> UUID
  private var open: [BatchMachine.Ticket: Entry] = [:]

  /// - Parameter trail: tells the ledger that the first decision was made on.
  init(
    ground: BatchGround, truth: BatchTruth, trail: LedgerTrail, contents: StoredContents, mint: @escaping () -> UUID
  ) {
    self.ground = ground
    self.truth = truth
    self.contents = contents
    self.mint = mint
    self.trail = trail
  }

  var isEmpty: Bool { entries.isEmpty }
  var tickets: [BatchMachine.Ticket] { entries.map(\.job.ticket) }
  var reservations: [PlacementPlan.Reservation] {
    entries.filter(\.isWritten).flatMap { $0.plan?.reservations ?? [] }
  }
  /// The projects that are not as they were.
  var changed: [String] { entries.filter { $0.put != nil || $0.plan?.isEmpty == false }.map(\.job.project) }

  /// What has to be stored beside the decisions, as far as it is not known to be.
  var missing: [StoredContent] {
    guard entries.contains(where: \.isWritten) else { return [] }
    return contents.missing(ground.prepared, trail.checkpoints)
  }

  /// The digests of what is stored once this has committed.
  var stored: [[UInt8]] {
    entries.contains(where: \.isWritten) ? [ground.prepared.digest] + trail.checkpoints.map(\.digest) : []
  }

  /// The decisions in the order of `jobs`, where there is one on each.
  func inOrder(of jobs: [DecisionJob]) -> [Entry] {
    let entries = Dictionary(entries.map { ($0.job.ticket, $0) }, uniquingKeysWith: { first, _ in first })
    return jobs.compactMap { entries[$0.ticket] }
  }

  /// Adds a decision.
  ///
  /// - Returns: false where it changes nothing: see ``repeat(_:latest:)``.
  /// - Throws: ``StoreError`` where it contradicts what is there.
  mutating func add(_ trial: Trial) throws -> Bool {
    let (now, mint) = (truth.head.now, self.mint)
    let (job, held) = (trial.job, truth.held[trial.job.project, default: []])
    var entry = Entry(
      trial: trial, id: .ordered(at: now, mint()), number: truth.numbers[entries.count + open.count],
      ledger: trail.place)
    entry.put = try put(job)
    if trial.isPlaced {
      let identity = try IdentityPlan(
        trial.subject.project, known: truth.identities[job.project], inUse: ProjectIdentity.Use(held), mint: mint)
      entry.identity = identity
      let plan = try PlacementPlan(
        trial.plan.assignments.filter(job.writes), project: trial.subject.project, held: held,
        origin: PlacementPlan.Origin(
          decision: entry.id, epoch: truth.head.epoch, now: truth.head.now, traceparent: job.context.traceparent,
          projectID: identity.identity.projectID, environmentIDs: identity.identity.environmentIDs,
          chain: trial.plan.chain, moved: identity.identity.moved, prepared: ground.prepared, purpose: job.purpose,
          ended: truth.ended),
        mint: { .orderedInBucket(at: now, mint()) })
      if let move = plan.pendingMoves.first(where: { Self.isChosen($0, by: job.request, among: held) }) {
        throw Self.choiceMoves(move)
      }
      entry.plan = plan
      if !plan.isEmpty { entry.hold = job.purpose.hold(id: { .ordered(at: now, mint()) }, at: now) }
      trail.take(trial.taken)
      if plan.isEmpty, plan.pendingMoves.isEmpty {
        open[job.ticket] = entry
        return false
      }
    }
    entries.append(entry)
    return true
  }

  /// Whether what would have to move is a replica whose cluster was chosen. Another one is left where it is, as in any decision.
  private static func isChosen(
    _ move: DecisionOutcome.PendingMove, by request: PlacementRequest, among held: [PlacementRecord]
  ) -> Bool {
    guard request.choices != nil, let record = held.first(where: { $0.spec.id == move.placement }) else { return false }
    return request.pins?.contains { pin in
      pin.environment == record.spec.environment && pin.replica == record.spec.replica
    } ?? false
  }

  /// A decision moves nothing, and what was chosen goes there or nowhere.
  private static func choiceMoves(_ move: DecisionOutcome.PendingMove) -> StoreError {
    StoreError(
      .conflict, path: "choices",
      "what was chosen for \(move.to) is on \(move.from), and no decision moves it; nothing was decided",
      fr: "ce qui était choisi sur \(move.to) est sur \(move.from), et aucune décision ne le déplace ; "
        + "rien n’a été décidé",
      accepted: "the cluster where it is, or a migration (regie migrate plan)")
  }

  /// Adds a decision that changes nothing: the latest one holds, and is not stored once more.
  mutating func `repeat`(_ trial: Trial, latest: DecisionSummary?) {
    guard var entry = open.removeValue(forKey: trial.job.ticket) else { return }
    entry.repeats = latest
    entries.append(entry)
  }

  /// What a project that comes along changes of what is stored; the condition it carries must hold, and so must what its
  /// team may not say otherwise.
  private func put(_ job: DecisionJob) throws -> Put? {
    guard job.request.inline != nil else { return nil }
    let old = truth.documents[job.project]
    let inline = try job.request.project(over: old)
    if job.request.keepsStanding { try ProjectStanding.check(inline, over: truth.standings[job.project]) }
    let condition = WriteCondition.always.or(carriedBy: .project(inline))
    let isSame =
      old.map {
        $0.spec == inline.spec && $0.metadata.labels == inline.metadata.labels
          && $0.metadata.annotations == inline.metadata.annotations
      } ?? false
    if !isSame || !condition.allowsRepetition { try condition.check(against: old?.metadata.resourceVersion) }
    return isSame ? nil : Put(inline, over: old)
  }

  /// Who has to be made again where the ledger, locked by now, has no room for all: in their order, each takes what is
  /// left, and who finds too little has lost. The others come again as they are.
  ///
  /// - Parameter limits: the ledger's own, by cluster, where they bind as well.
  func losers(on present: Ledger, limits: [String: ResourceAmounts], after round: BatchRound) -> BatchRound {
    var round = round
    var committed = present.clusters.mapValues(\.committed)
    let before = round.again.count
    var hasLoser = false
    for entry in entries {
      var after = committed
      var lostAt: String?
      for reservation in entry.isWritten ? entry.plan?.reservations ?? [] : [] where lostAt == nil {
        let sum = (after[reservation.cluster] ?? ResourceAmounts()).combined(with: reservation.added, +)
        let fits = CountedResource.allCases.allSatisfy {
          reservation.added[$0] == 0
            || sum[$0] <= min(reservation.limit[$0], limits[reservation.cluster]?[$0] ?? .max)
        }
        if !fits { lostAt = reservation.cluster }
        after[reservation.cluster] = sum
      }
      if let lostAt {
        hasLoser = true
        round.again.append(entry.job.again("ledger of \(lostAt)"))
      } else {
        committed = after
        round.again.append(entry.job)
      }
    }
    // The database had no room for something that seems to fit: a cluster has no row in the ledger any more.
    if !hasLoser { round.again[before...] = ArraySlice(round.again[before...].map { $0.again("ledger") }) }
    return round
  }
}

/// The identifiers of a project and its environments, and what is to be written for all of them to exist: pure.
struct IdentityPlan: Sendable {
  var identity: ProjectIdentity
  /// The project's identifier is new.
  var isNew = false
  var newEnvironments: [String] = []
  /// The console's identifiers came after ours were minted, and nothing is named after ours yet.
  var adoptsProject = false
  var adoptedEnvironments: [String] = []

  /// - Throws: ``StoreError`` of kind `conflict` when the console's identifier is another than the one that namespaces
  ///   are named after already.
  init(
    _ project: Resource<ProjectSpec>, known: ProjectIdentity?, inUse: ProjectIdentity.Use, mint: () -> UUID
  ) throws(StoreError) {
    identity = known ?? ProjectIdentity(projectID: project.spec.consoleID ?? mint(), environmentIDs: [:])
    isNew = known == nil
    if let wanted = project.spec.consoleID, wanted != identity.projectID {
      guard inUse.environments.isEmpty else {
        throw ProjectIdentity.inUse(identity.projectID, path: "spec.consoleID")
      }
      identity.projectID = wanted
      adoptsProject = true
    }
    for (index, environment) in project.spec.environments.enumerated() {
      guard let present = identity.environmentIDs[environment.name] else {
        identity.environmentIDs[environment.name] = environment.consoleID ?? mint()
        newEnvironments.append(environment.name)
        continue
      }
      guard let wanted = environment.consoleID, wanted != present else { continue }
      guard !inUse.environments.contains(environment.name) else {
        throw ProjectIdentity.inUse(present, path: "spec.environments[\(index)].consoleID")
      }
      identity.environmentIDs[environment.name] = wanted
      adoptedEnvironments.append(environment.name)
    }
  }
}
