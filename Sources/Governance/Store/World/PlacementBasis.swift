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
  /// Which state of memory it is of, see ``MemoryMoment``; nil where it was read from the database.
  public var generation: Int?
  /// Whether the database could not be asked, and this is what was known last: something else may be true by now.
  public var isStale = false
  /// The versions of the policy whose moment is to come, in their order; nil where they were not read with the rest.
  var scheduled: [ScheduledPolicy]?
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
      return try await readBasis(request, deadline: deadlineWhileCutOff)
    } catch let error as PostgresError {
      guard var known = try basis(request, from: try world.view(of: request.project, stale: true)) else { throw error }
      known.isStale = true
      return known
    }
  }

  /// What questions about many projects at once are answered on, all at one moment: from where ``basis(_:)`` has it.
  ///
  /// - Parameter projects: names of stored projects; each counts once.
  /// - Throws: ``StoreError``: `notFound` for the first that is not there, `noPolicy`.
  public func basis(of projects: [String]) async throws -> PlacementBases {
    if let known = try bases(projects, from: try world.views(of: projects)) { return known }
    do {
      let (ground, subjects) = try await ground(
        of: projects.map { PlacementRequest(project: $0) }, deadline: deadlineWhileCutOff)
      return PlacementBases(ground, subjects)
    } catch let error as PostgresError {
      guard var known = try bases(projects, from: try world.views(of: projects, stale: true)) else { throw error }
      known.isStale = true
      return known
    }
  }

  /// Nil where memory does not know one of the projects, or no policy.
  private func bases(_ projects: [String], from views: World.Views?) throws -> PlacementBases? {
    guard let views, let prepared = views.snapshot.prepared, let state = views.snapshot.state else { return nil }
    var subjects: [BatchGround.Subject] = []
    for project in views.projects {
      guard let document = project?.document else { return nil }
      subjects.append(BatchGround.Subject(project: document, held: project?.held ?? []))
    }
    return PlacementBases(prepared, state, subjects, epoch: views.snapshot.head.epoch, asOf: views.asOf)
  }

  /// By when the database has to have answered, where nothing is heard from it and memory says what was known last: a
  /// console gives up after two seconds, and may have to wait three times. Nil elsewhere.
  var deadlineWhileCutOff: ContinuousClock.Instant? {
    guard world.isCutOff else { return nil }
    return .now + .milliseconds(500)
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
      request.inline != nil || view.project?.document != nil
    else { return nil }
    let project = try request.project(over: view.project?.document)
    let subject = BatchGround.Subject(project: project, held: view.project?.held ?? [])
    var basis = PlacementBases(prepared, state, [subject], epoch: view.snapshot.head.epoch, asOf: view.asOf).basis(
      at: 0)
    basis.generation = view.generation
    basis.scheduled = view.snapshot.scheduled
    return basis
  }

  private func readBasis(
    _ request: PlacementRequest, deadline: ContinuousClock.Instant?
  ) async throws -> PlacementBasis {
    let (ground, subjects) = try await ground(of: [request], deadline: deadline)
    return PlacementBases(ground, subjects).basis(at: 0)
  }
}
