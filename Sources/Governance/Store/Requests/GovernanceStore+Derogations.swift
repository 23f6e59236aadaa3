import Events
public import Foundation
public import Identity
import Model
import Postgres
public import Requests

extension GovernanceStore {
  /// Notified, without a payload, by every commit that changes a request.
  public static let requestsChannel = "regie_requests"

  /// Asks for a derogation.
  ///
  /// - Parameters:
  ///   - costAcceptedBy: the person who accepts the whole extra cost; without one the request is refused.
  ///   - reach: how far the caller's reach goes: the project must be within it.
  /// - Throws: ``StoreError``: `forbidden`, `conflict` where there is no such project, `invalid`, `noPolicy`,
  ///   `idempotencyMismatch`.
  public func requestDerogation(
    _ scope: DerogationRequest.Scope, motive: String, costAcceptedBy: String?, by actor: RequestActor,
    within reach: Scope = .everything, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> DerogationRecord {
    guard reach.covers(project: scope.project) else { throw StoreError.notOwn(.project, scope.project) }
    let wish = DerogationWishDigest(scope: scope, motive: motive, costAcceptedBy: costAcceptedBy)
    let key = try IdempotencyRecord(idempotencyKey, action: "derogation", context: context, request: wish)
    return try await pool.withTransaction { connection in
      if let stored = try await claimDerogation(key, in: connection) { return stored }
      // Whoever deletes the project sees the request, or is seen by it.
      try await connection.pipeline(Self.locksForWriting(.project, scope.project))
      let moment = try await derogationMoment(in: connection)
      let rows = try await connection.query(Self.selectResource(.project, scope.project))
      guard case .project(let project)? = try rows.first.map({ try AnyResource(row: $0) }) else {
        throw StoreError(
          .conflict, path: "project", "there is no Project of that name", fr: "il n’existe pas de Project de ce nom",
          accepted: "the name of a Project that was applied before")
      }
      let request = try StoreError.asking { () throws(RequestRefusal) in
        try DerogationRequest(
          id: mint(), scope: scope, motive: motive, costAcceptedBy: costAcceptedBy, by: actor, at: moment)
      }
      let (sensitivity, advisers) = try await advice(on: project.spec, among: moment.operators, in: connection)
      let stored = try await connection.pipeline([
        """
        INSERT INTO derogation_requests (id, project, state, revision, next_at, body, project_uid, organisation, sensitivity)
        VALUES (\(request.id), \(scope.project), \(request.state.rawValue), 1, \(request.next?.date),
          \(try PostgresJSON(model: request)), \(project.metadata.uid), \(project.spec.organisation),
          \(sensitivity.rawValue))
        RETURNING number
        """,
        try DerogationDetail(request).entry("requested", at: moment.at, context),
      ])
      if let statement = try WebhookWriter.insert(WebhookNote.notes(of: request, asking: advisers), at: moment.at) {
        try await connection.execute(statement)
      }
      let record = DerogationRecord(
        request, revision: 1, number: try stored[0].only.decode("number"), asOf: moment.at)
      if let key { try await connection.execute(try key.store(record)) }
      return record
    }
  }

  /// What happens to a request otherwise: somebody gives an opinion, decides, notifies, revokes, withdraws.
  ///
  /// - Parameters:
  ///   - reach: how far the caller's reach goes: a request outside of it is not told from none.
  ///   - condition: what must be so for it to take place.
  /// - Throws: ``StoreError``: `notFound`, `forbidden`, `requestState`, `invalid`, `noPolicy`, `versionMismatch`, `conflict`,
  ///   `idempotencyMismatch`.
  public func act(
    _ event: DerogationEvent, on id: UUID, if condition: WriteCondition = .always, by actor: RequestActor,
    within reach: DerogationReach = .everything, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> DerogationRecord {
    let wish = DerogationActDigest(event: "\(event)", id: id)
    let key = try IdempotencyRecord(idempotencyKey, action: "derogation-act", context: context, request: wish)
    let record = try await pool.withTransaction { connection in
      // What decisions are made on changes under this lock only, and it is taken before any row's.
      if event.changesDerogations { try await connection.execute(StoreLocks.takeOffer()) }
      if let stored = try await claimDerogation(key, in: connection) { return stored }
      let present = try await storedDerogation(id, within: reach, locked: true, in: connection)
      try condition.check(against: String(present.revision))
      let record = try await act(event, on: present, by: actor, context: context, in: connection)
      if let key { try await connection.execute(try key.store(record)) }
      return record
    }
    if event.changesDerogations { world.forgetHead() }
    return record
  }

  /// The machine's answer, stored with all that follows from it.
  func act(
    _ event: DerogationEvent, on present: DerogationRecord, by actor: RequestActor, context: RequestContext,
    in connection: PostgresConnection
  ) async throws -> DerogationRecord {
    let moment = try await derogationMoment(in: connection)
    var request = present.request
    var actor = actor
    if event.judges { actor.aliases = try await Self.aliases(of: actor.principal, in: connection) }
    let actions = try StoreError.asking { () throws(RequestRefusal) in
      try request.handle(event, by: actor, at: moment)
    }
    guard !actions.isEmpty else { return present }
    if event.grants || actions.contains(where: \.isApplying) {
      try await checkProject(of: request, in: connection)
    }
    try await store(request, after: present, actions, at: moment, context: context, in: connection)
    return DerogationRecord(
      request, revision: present.revision + 1, number: present.number, asOf: moment.at)
  }

  /// The API keys that somebody has made, and of a key who has made it: whoever makes one has its secret, and would ask by it
  /// as another.
  private static func aliases(of principal: String, in connection: PostgresConnection) async throws -> Set<String> {
    let rows = try await connection.query(
      """
      SELECT 'key:' || id AS principal FROM api_keys WHERE created_by = \(principal)
      UNION ALL SELECT created_by FROM api_keys WHERE 'key:' || id = \(principal)
      """)
    return Set(try rows.map { try $0.decode(String.self, "principal") })
  }

  private func claimDerogation(
    _ key: IdempotencyRecord?, in connection: PostgresConnection
  ) async throws -> DerogationRecord? {
    guard let key else { return nil }
    let answers = try await connection.pipeline([key.claim, key.select])
    guard answers[0].affected == 0 else { return nil }
    return try key.answer(in: answers[1], as: DerogationRecord.self)?.replayed
  }
}

/// What is asked for, as the digest of an `Idempotency-Key` is over.
private struct DerogationWishDigest: Encodable {
  var scope: DerogationRequest.Scope
  var motive: String
  var costAcceptedBy: String?
}

/// What is done to a request, as the digest of an `Idempotency-Key` is over.
private struct DerogationActDigest: Encodable {
  var event: String
  var id: UUID
}

extension DerogationEvent {
  /// Whether somebody says by it what he thinks of the request, or decides on it.
  fileprivate var judges: Bool {
    switch self {
    case .opined, .decided: true
    case .notified, .revoked, .withdrawn, .clock: false
    }
  }

  /// Whether somebody says yes by it.
  fileprivate var grants: Bool {
    if case .decided(.granted, _) = self { true } else { false }
  }

  /// Whether it may write or end what decisions read.
  fileprivate var changesDerogations: Bool {
    switch self {
    case .notified, .revoked, .clock: true
    case .opined, .decided, .withdrawn: false
    }
  }
}

extension DerogationAction {
  /// Whether decisions read what it writes.
  fileprivate var isApplying: Bool {
    if case .apply = self { true } else { false }
  }
}
