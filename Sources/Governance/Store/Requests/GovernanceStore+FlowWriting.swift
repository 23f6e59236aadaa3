import Board
import Events
import Foundation
import Identity
import Model
import Postgres
import Requests

/// What the rules of flows look at besides the flow.
struct FlowMoment: Sendable {
  /// Now, by the database's clock.
  var at: Timestamp
  /// What the policy in force guarantees, in working days.
  var policyDelay: Int?
  /// Where the ends are.
  var ground: FlowGround
  /// The same as the database says it, to be compared with what it says later.
  var stored: PostgresJSON
}

extension GovernanceStore {
  /// The moment as the rules of flows see it, by the database's clock.
  func flowMoment(for wish: FlowWish, in connection: PostgresConnection) async throws -> FlowMoment {
    let board = try await boardMoment(in: connection)
    let peer = wish.peer
    let answers = try await connection.pipeline([
      """
      SELECT flow_ground(\(wish.project), \(wish.environment), \(wish.system), \(peer?.project), \(peer?.environment))
        AS ground
      """,
      """
      SELECT name, spec -> 'flowOpening' AS opening FROM resources
      WHERE kind = 'Operator' AND deleted_at IS NULL AND jsonb_typeof(spec -> 'flowOpening') = 'object'
      """,
    ])
    let stored = try answers[0].only.decode(PostgresJSON.self, "ground")
    let openings = try answers[1].map { row in
      (
        try row.decode(String.self, "name"),
        try row.decode(PostgresJSON.self, "opening").model(OperatorSpec.FlowOpening.self)
      )
    }
    let sites = try stored.model(FlowSites.self)
    return FlowMoment(
      at: board.at, policyDelay: board.line.inForce(at: board.at)?.spec.flowDelayDays,
      ground: sites.ground(Dictionary(openings) { first, _ in first }), stored: stored)
  }

  /// A stored flow.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  func storedFlow(_ id: UUID, locked: Bool, in connection: PostgresConnection) async throws -> FlowRecord {
    let select: PostgresQuery = """
      SELECT \(FlowRecord.columns), clock_timestamp() AS now FROM network_flows WHERE id = \(id)
      """
    guard let row = try await connection.query(locked ? "\(select) FOR UPDATE" : select).first else {
      throw StoreError.noFlow(id)
    }
    return try FlowRecord(row: row, asOf: Timestamp(try row.decode(Date.self, "now")))
  }

  /// Stores what a flow has become, and what follows from it.
  func store(
    _ flow: NetworkFlow, after present: FlowRecord, _ actions: [FlowAction], at moment: FlowMoment,
    context: RequestContext, in connection: PostgresConnection
  ) async throws {
    let revision = present.revision + 1
    var statements: [PostgresQuery] = [
      """
      UPDATE network_flows SET state = \(flow.state.rawValue), revision = \(revision), operators = \(flow.operators),
        ground = \(moment.stored), next_at = \(flow.nextOpening?.date), closing_at = \(flow.nextClosing?.date),
        body = \(try PostgresJSON(model: flow)),
        updated_at = \(moment.at.date)
      WHERE id = \(flow.id)
      """,
      "DELETE FROM flow_tasks WHERE flow = \(flow.id)", Self.tasks(of: flow),
    ]
    for case .tell(let deed) in actions {
      statements.append(try FlowDetail(flow).entry(deed.rawValue, at: moment.at, context))
    }
    // What the board was told of is told to the end; of the rest nothing is.
    if Self.hasCome(flow) || Self.hasCome(present.flow), let state = FlowFact.State(rawValue: flow.state.rawValue) {
      let writer = try await FactWriter(at: moment.at, traceparent: context.traceparent, mint: mint, in: connection)
      let late = flow.state == .pending ? flow.tasks.filter { $0.isWaiting && $0.escalatedAt != nil } : []
      statements.append(
        try writer.insert([
          FlowFact(
            epoch: writer.epoch, revision: revision, flow: flow.id, state: state, late: late.map(\.operator))
        ]))
    }
    let notes = WebhookNote.notes(of: flow, after: actions)
    if let statement = try WebhookWriter.insert(notes, at: moment.at) { statements.append(statement) }
    try await connection.pipeline(statements)
  }

  /// Whether it is, or has been, before the board.
  private static func hasCome(_ flow: NetworkFlow) -> Bool {
    flow.wasBeforeBoard == true || flow.tasks.contains { $0.escalatedAt != nil }
  }

  /// The statement that writes down what operators have yet to do.
  static func tasks(of flow: NetworkFlow) -> PostgresQuery {
    let waiting = flow.open
    // Who has to open one end and to close another is late with whichever comes first.
    return """
      INSERT INTO flow_tasks (flow, operator, due_at, escalated)
      SELECT \(flow.id), t.operator, min(t.due_at), bool_or(t.escalated)
      FROM unnest(\(waiting.map(\.operator)), \(waiting.map(\.dueAt.date)), \(waiting.map { $0.escalatedAt != nil }))
        AS t (operator, due_at, escalated) GROUP BY t.operator
      """
  }
}

/// What the database says of a flow's ends.
private struct FlowSites: Decodable {
  struct Site: Decodable {
    var `operator`: String
    var region: String
    var sensitivity: Sensitivity
  }

  var environment: [Site]
  var system: [Site]
  var reached: Bool

  func ground(_ openings: [String: OperatorSpec.FlowOpening]) -> FlowGround {
    guard !environment.isEmpty else { return .unplaced }
    func ends(_ sites: [Site], _ side: FlowEnd.Side) -> [FlowEnd] {
      sites.map { site in
        FlowEnd(
          side, operator: site.operator, region: site.region, sensitivity: site.sensitivity,
          opening: openings[site.operator])
      }
    }
    guard reached else { return .noSystem(environment: ends(environment, .environment)) }
    return .ends(ends(environment, .environment) + ends(system, .system))
  }
}

/// What the audit trail keeps of an act on a flow: what it is about, and how it stands. Words are kept as digests, and nobody's
/// name at all.
struct FlowDetail: Encodable {
  /// The kind of thing such entries are about.
  static let kind = "NetworkFlow"

  private struct Task: Encodable {
    var `operator`: String
    var dueAt: Timestamp
    var openedAt: Timestamp?
    var remindedAt: Timestamp?
    var escalatedAt: Timestamp?
  }

  private let flow: NetworkFlow

  init(_ flow: NetworkFlow) {
    self.flow = flow
  }

  private enum CodingKeys: String, CodingKey {
    case id, project, environment, system, direction, `protocol`, ports, motive, state, ends, leftOpen, rule, tasks
    case closings, rejectedBy, reason
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let wish = flow.wish
    try container.encode(flow.id, forKey: .id)
    try container.encode(wish.project, forKey: .project)
    try container.encode(wish.environment, forKey: .environment)
    try container.encode(wish.system, forKey: .system)
    try container.encode(wish.direction, forKey: .direction)
    try container.encode(wish.protocol, forKey: .protocol)
    try container.encode(wish.ports, forKey: .ports)
    try container.encode(Self.digest(wish.motive), forKey: .motive)
    try container.encode(flow.state, forKey: .state)
    try container.encode(flow.ends, forKey: .ends)
    try container.encode(flow.leftOpen, forKey: .leftOpen)
    try container.encode(flow.rule, forKey: .rule)
    try container.encode(flow.tasks.map(Self.task), forKey: .tasks)
    try container.encodeIfPresent(flow.closings.map { $0.map(Self.task) }, forKey: .closings)
    try container.encodeIfPresent(flow.rejection?.operator, forKey: .rejectedBy)
    try container.encodeIfPresent(flow.reason.map(Self.digest), forKey: .reason)
  }

  private static func task(_ task: FlowTask) -> Task {
    Task(
      operator: task.operator, dueAt: task.dueAt, openedAt: task.opened?.at, remindedAt: task.remindedAt,
      escalatedAt: task.escalatedAt)
  }

  private static func digest(_ text: String) -> String { Digest.hexadecimal(Digest.sha256(Array(text.utf8))) }

  /// The entry of an act.
  func entry(_ action: String, at: Timestamp, _ context: RequestContext) throws -> PostgresQuery {
    try AuditWriter.entry(
      at: at, context: context, action: action, kind: Self.kind, name: flow.id.uuidString.lowercased(), detail: self)
  }
}
