public import Events
import Model
public import Placement
import Postgres

/// What a question about one project is answered on, all at one moment. Ask `engine`, with `request` on `state`; other
/// requests about the same project may be made from it, and other engines asked with it.
public struct PlacementBasis: Sendable {
  /// The offer under the policy in force, of the database's day.
  public var engine: Engine
  /// What is promised, and which zones are not heard.
  public var state: PlacementState
  /// The project, where it is placed already, and its derogations.
  public var request: DecisionRequest
  /// Counts the changes of the offer.
  public var offerVersion: Int64
  /// The policy's version.
  public var policyVersion: Int64
  /// SHA-256 of the offer's canonical bytes, hexadecimal.
  public var snapshotDigest: String
  /// Which life of the database it is.
  public var epoch: Int64
  /// The moment up to which everything committed is in it, by the database's clock.
  public var asOf: Timestamp
}

extension GovernanceStore {
  /// What a question about a project is answered on: from memory where that is kept true, without any word with the
  /// database; else from the database; and while that is away, from what was known last.
  ///
  /// - Throws: ``StoreError``: `notFound`, `noPolicy`, `invalid` for a project that comes along.
  public func basis(_ request: PlacementRequest) async throws -> PlacementBasis {
    if let inline = request.inline { try Self.checkByItself(.project(inline)) }
    if let known = try basis(request, from: try world.view(of: request.project)) { return known }
    do {
      return try await readBasis(request)
    } catch let error as PostgresError {
      guard let known = try basis(request, from: try world.view(of: request.project, stale: true)) else { throw error }
      return known
    }
  }

  /// Whether questions are answered from memory now.
  public var isWorldLive: Bool { world.snapshot != nil }

  /// The engine's answer as things stand, without storing anything: what a console asks before it creates something.
  public func preview(_ request: PlacementRequest) async throws -> Decision {
    let basis = try await basis(request)
    return basis.engine.decide(basis.request, on: basis.state)
  }

  /// Nil where memory does not know the project, or no policy.
  private func basis(_ request: PlacementRequest, from view: World.View?) throws -> PlacementBasis? {
    guard let view, let prepared = view.snapshot.prepared, let state = view.snapshot.state,
      let project = request.inline ?? view.project?.document
    else { return nil }
    let subject = BatchGround.Subject(project: project, held: view.project?.held ?? [])
    return PlacementBasis(prepared, state, subject, epoch: view.snapshot.head.epoch, asOf: view.asOf)
  }

  private func readBasis(_ request: PlacementRequest) async throws -> PlacementBasis {
    let job = DecisionJob(
      request: request, purpose: .place, key: nil, context: RequestContext(principal: ""), deadline: nil)
    let (ground, subject) = try await ground(for: job)
    return PlacementBasis(
      ground.prepared, ground.state, subject, epoch: ground.head.epoch, asOf: ground.head.now)
  }
}

extension PlacementBasis {
  fileprivate init(
    _ prepared: PreparedOffer, _ state: PlacementState, _ subject: BatchGround.Subject, epoch: Int64, asOf: Timestamp
  ) {
    self.init(
      engine: prepared.engine, state: state, request: prepared.request(subject, at: asOf),
      offerVersion: prepared.offerVersion, policyVersion: prepared.policyVersion,
      snapshotDigest: Digest.hexadecimal(prepared.digest), epoch: epoch, asOf: asOf)
  }
}
