import Events
import Foundation
import Model
import Placement

/// What a batch is planned on: one moment of the ledger, the offer and the policy, and each project as it was then.
struct BatchGround: Sendable {
  /// A project as a decision sees it.
  struct Subject: Sendable {
    var project: Resource<ProjectSpec>
    var held: [HeldReplica]
    /// The project's spec in the JSON that it was read from; nil where it is not at hand.
    var spec: ArraySlice<UInt8>?
    /// The version of the stored project that says what one that comes along leaves unsaid.
    var over: String?
    /// What of it the engine is asked about; nil for all of it.
    var asked: MoveArrangement.Asked?
  }

  var head: DecisionBasis.Head
  var prepared: PreparedOffer
  var ledger: [String: Ledger.Entry]
  var state: PlacementState

  /// Makes decisions one after the other, on threads where they hold up nobody.
  func plan(
    _ subjects: some Sequence<(DecisionJob, Subject)> & Sendable, at now: Timestamp, in line: LongWork.Line = .decisions
  ) async throws -> [Trial] {
    let subjects = Array(subjects)
    return try await LongWork.run(in: line) {
      var planner = BatchPlanner(self)
      return try subjects.map { try planner.plan($0, $1, at: now) }
    }
  }
}

extension DecisionJob {
  /// The project that is decided on.
  ///
  /// - Parameter spec: the document's, as it was read.
  /// - Throws: What is wrong with this one by itself: `notFound`; `invalid` where it does not go with the stored project, or what
  ///   was chosen stands for nothing.
  func subject(
    document: Resource<ProjectSpec>?, spec: ArraySlice<UInt8>? = nil, held: [HeldReplica]
  ) throws(StoreError) -> BatchGround.Subject {
    let project = try request.project(over: document)
    if request.choices != nil, request.pins == nil { throw request.misfit ?? StoreError.unknownChoices }
    return BatchGround.Subject(
      project: project, held: held, spec: request.inline == nil ? spec : nil,
      over: request.unsaid.isEmpty ? nil : document?.metadata.resourceVersion,
      asked: arrangement?.asked(of: project.spec, held: held))
  }
}

extension StoreError {
  /// Clusters were chosen by names that stand for none of the offer, or not for as many as there are replicas.
  fileprivate static let unknownChoices = StoreError(
    .invalid, path: "choices", "what was chosen does not stand for a cluster of the offer for each replica any more",
    fr: "ce qui était choisi ne désigne plus un cluster de l’offre pour chaque réplique")
}

extension PreparedOffer {
  /// What the engine is asked.
  func request(_ subject: BatchGround.Subject, at now: Timestamp) -> DecisionRequest {
    let project = subject.project
    return DecisionRequest(
      project: Resource(
        metadata: Metadata(name: project.name, labels: project.metadata.labels),
        spec: subject.asked?.spec ?? project.spec),
      existing: subject.asked?.existing ?? subject.held.existing,
      derogations: derogations.filter { $0.spec.project == project.name },
      now: now.date, mayMove: subject.asked != nil, leaves: subject.asked?.leaves ?? [],
      mayReturn: subject.asked == nil ? subject.held.mayReturn : [])
  }
}
