import Events
public import Foundation
public import Identity
import Model
import Postgres
public import Requests

extension GovernanceStore {
  /// Asks for a network flow. Where every operator concerned opens flows by itself it is open at once.
  ///
  /// - Parameter reach: how far the caller's reach goes: the project must be within it.
  /// - Throws: ``StoreError``: `forbidden`, `conflict` where the environment or the system is nowhere, `invalid`,
  ///   `idempotencyMismatch`.
  public func requestFlow(
    _ wish: FlowWish, by actor: RequestActor, within reach: Scope = .everything, idempotencyKey: String? = nil,
    context: RequestContext
  ) async throws -> FlowRecord {
    guard reach.covers(project: wish.project) else { throw StoreError.notOwn(.project, wish.project) }
    let key = try IdempotencyRecord(idempotencyKey, action: "flow", context: context, request: wish)
    return try await pool.withTransaction { connection in
      if let stored = try await claimFlow(key, in: connection) { return stored }
      try await refuseTwice(wish, in: connection)
      let moment = try await flowMoment(for: wish, in: connection)
      let flow = try StoreError.asking { () throws(RequestRefusal) in
        try NetworkFlow(
          id: mint(), wish: wish, ground: moment.ground, policyDelay: moment.policyDelay, by: actor, at: moment.at)
      }
      let record = try await insert(flow, at: moment, context: context, in: connection)
      if let key { try await connection.execute(try key.store(record)) }
      return record
    }
  }

  /// Stores a flow that is asked for, and tells of it.
  ///
  /// - Parameter replaced: the move that asks for it, and the flow of the move's source that it replaces.
  func insert(
    _ flow: NetworkFlow, at moment: FlowMoment, replacing replaced: (move: UUID, flow: UUID)? = nil,
    context: RequestContext, in connection: PostgresConnection
  ) async throws -> FlowRecord {
    let wish = flow.wish
    var flow = flow
    try await takeOver(for: &flow, at: moment, context: context, in: connection)
    let rows = try await connection.pipeline([
      """
      INSERT INTO network_flows (id, project, environment, system, peer_project, peer_environment, operators, state,
        revision, ground, next_at, body, move, instead_of)
      VALUES (\(flow.id), \(wish.project), \(wish.environment), \(wish.system), \(wish.peer?.project),
        \(wish.peer?.environment), \(flow.operators), \(flow.state.rawValue), 1, \(moment.stored),
        \(flow.nextOpening?.date), \(try PostgresJSON(model: flow)), \(replaced?.move), \(replaced?.flow))
      RETURNING number
      """,
      Self.tasks(of: flow), try FlowDetail(flow).entry("requested", at: moment.at, context),
    ])
    let told: [FlowAction] = flow.state == .opened ? [.tell(.opened)] : [.ask(flow.waiting)]
    if let statement = try WebhookWriter.insert(WebhookNote.notes(of: flow, after: told), at: moment.at) {
      try await connection.execute(statement)
    }
    return FlowRecord(flow, revision: 1, number: try rows[0].only.decode("number"), asOf: moment.at)
  }

  /// Whoever closed one of two alike would cut the other.
  private func refuseTwice(_ wish: FlowWish, in connection: PostgresConnection) async throws {
    guard let id = try await liveFlow(like: wish, in: connection)?.uuidString.lowercased() else { return }
    throw StoreError(
      .conflict, path: "system", "the same is asked for already: \(id)", fr: "la même chose est déjà demandée : \(id)",
      accepted: "other ports, or that one withdrawn / d’autres ports, ou le retrait de celle-là")
  }

  /// The flow by which the same is asked for already, if there is one. Until the end of the transaction nobody else asks for a flow
  /// of the environment: two that ask at once do so one after the other.
  func liveFlow(like wish: FlowWish, in connection: PostgresConnection) async throws -> UUID? {
    let rows = try await connection.pipeline([
      StoreLocks.shareAskedFlows(),
      "SELECT pg_advisory_xact_lock(hashtextextended(\("flow/\(wish.project)/\(wish.environment)"), 0))",
      """
      SELECT id FROM network_flows WHERE \(Self.isLive) AND \(try Self.isAlike(wish)) LIMIT 1
      """,
    ])
    return try rows[2].first?.decode(UUID.self, "id")
  }

  /// What ended flows that asked for the same have left open where this one's ends are is this one's from now on: nobody closes
  /// it meanwhile.
  private func takeOver(
    for flow: inout NetworkFlow, at moment: FlowMoment, context: RequestContext, in connection: PostgresConnection
  ) async throws {
    for ended in try await endedAlike(flow, in: connection) {
      let places = ended.flow.leftOpen(for: flow)
      flow.takeOver(places)
      try await handOver(places, of: ended, at: moment, context: context, in: connection)
    }
  }

  /// Flows that have ended, asked for the same, and have left something open.
  private func endedAlike(_ flow: NetworkFlow, in connection: PostgresConnection) async throws -> [FlowRecord] {
    let rows = try await connection.query(
      """
      SELECT \(FlowRecord.columns), clock_timestamp() AS now FROM network_flows
      WHERE NOT \(Self.isLive) AND jsonb_array_length(body -> 'openEnds') > 0
        AND \(try Self.isAlike(flow.wish)) ORDER BY id FOR UPDATE
      """)
    return try rows.map { try FlowRecord(row: $0, asOf: Timestamp(try $0.decode(Date.self, "now"))) }
  }

  /// Whether a flow is asked for still; see `NetworkFlow.State.isLive`.
  static let isLive: PostgresQuery = "(state IN ('pending', 'opened', 'suspended'))"

  private static func isAlike(_ wish: FlowWish) throws -> PostgresQuery {
    """
    project = \(wish.project) AND environment = \(wish.environment) AND system = \(wish.system)
      AND (body -> 'wish') - 'motive' = \(try PostgresJSON(model: wish)) - 'motive'
    """
  }

  private func handOver(
    _ places: [FlowEnd], of ended: FlowRecord, at moment: FlowMoment, context: RequestContext,
    in connection: PostgresConnection
  ) async throws {
    var flow = ended.flow
    let actions = try StoreError.asking { () throws(RequestRefusal) in
      try flow.handle(.handedOver(places), by: Self.flowClock, at: moment.at)
    }
    guard !actions.isEmpty else { return }
    try await store(flow, after: ended, actions, at: moment, context: context, in: connection)
  }

  /// What happens to a flow otherwise: an operator opens its ends or rejects it, or it is withdrawn.
  ///
  /// - Parameters:
  ///   - reach: how far the caller's reach goes: a flow outside of it is not told from none.
  ///   - condition: what must be so for it to take place. An operator names the revision whose ends it has seen to: without one
  ///     it says that of whatever ends there are by now.
  /// - Throws: ``StoreError``: `notFound`, `forbidden`, `requestState`, `invalid`, `versionMismatch`, `idempotencyMismatch`.
  public func act(
    _ event: FlowEvent, onFlow id: UUID, if condition: WriteCondition = .always, by actor: RequestActor,
    within reach: Scope = .everything, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> FlowRecord {
    let wish = FlowActDigest(event: "\(event)", id: id)
    let key = try IdempotencyRecord(idempotencyKey, action: "flow-act", context: context, request: wish)
    return try await pool.withTransaction { connection in
      if let stored = try await claimFlow(key, in: connection) { return stored }
      let present = try await storedFlow(id, locked: true, in: connection)
      guard present.flow.isWithin(reach) else { throw StoreError.noFlow(id) }
      var actor = actor
      // The team at the other end knows of it, and does not speak for the one that has asked.
      actor.isApplicant = actor.isApplicant && reach.covers(project: present.flow.wish.project)
      do throws(StoreError) {
        try condition.check(against: String(present.revision))
      } catch {
        throw error.showing(event, on: present.flow)
      }
      let moment = try await flowMoment(for: present.flow.wish, in: connection)
      let record = try await act([event], on: present, by: actor, at: moment, context: context, in: connection) {
        looked in
        // Whoever has seen to what is elsewhere by now has not opened what is wanted: he is asked anew.
        guard looked.ends(meantBy: event) != present.flow.ends(meantBy: event) else { return }
        throw StoreError(
          .requestState, path: "ends", "its ends have moved since they were read",
          fr: "ses bouts ont bougé depuis qu’ils ont été lus", accepted: "GET /api/v1/flows/{id}"
        ).showing(event, on: looked)
      }
      if let key { try await connection.execute(try key.store(record)) }
      return record
    }
  }

  /// The machine's answer to what happens at a moment, stored with all that follows from it. Offer and placements are looked at
  /// first: nobody opens what is elsewhere by now.
  ///
  /// - Parameter check: what is asked of the flow then, before anything else happens.
  func act(
    _ events: [FlowEvent], on present: FlowRecord, by actor: RequestActor, at moment: FlowMoment,
    context: RequestContext, in connection: PostgresConnection,
    onceLooked check: (NetworkFlow) throws -> Void = { _ in }
  ) async throws -> FlowRecord {
    var record = present
    let looked = FlowEvent.grounded(moment.ground, policyDelay: moment.policyDelay)
    for (event, actor, context) in [(looked, Self.flowClock, Self.requestClock)] + events.map({ ($0, actor, context) })
    {
      var flow = record.flow
      let actions = try StoreError.asking { () throws(RequestRefusal) in
        try flow.handle(event, by: actor, at: moment.at)
      }
      if event == looked { try check(flow) }
      guard !actions.isEmpty else { continue }
      // It may be where it was asked for before.
      if event == looked, flow.state.isLive {
        try await takeOver(for: &flow, at: moment, context: context, in: connection)
      }
      try await store(flow, after: record, actions, at: moment, context: context, in: connection)
      record = FlowRecord(flow, revision: record.revision + 1, number: record.number, asOf: moment.at)
    }
    return record
  }

  static let flowClock = RequestActor(principal: requestClock.principal)

  private func claimFlow(_ key: IdempotencyRecord?, in connection: PostgresConnection) async throws -> FlowRecord? {
    guard let key else { return nil }
    let answers = try await connection.pipeline([key.claim, key.select])
    guard answers[0].affected == 0 else { return nil }
    return try key.answer(in: answers[1], as: FlowRecord.self)?.replayed
  }
}

/// What is done to a flow, as the digest of an `Idempotency-Key` is over.
private struct FlowActDigest: Encodable {
  var event: String
  var id: UUID
}

extension StoreError {
  /// Of another's flow it is not even told whether it is there.
  static func noFlow(_ id: UUID) -> StoreError {
    let id = id.uuidString.lowercased()
    return StoreError(
      .notFound, path: "id", "there is no network flow \(id)", fr: "il n’existe pas de flux réseau \(id)")
  }
}
