import Events
public import Foundation
public import Identity
import Model
import Postgres
public import Requests

extension GovernanceStore {
  /// A network flow.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`, also where it is out of reach.
  public func networkFlow(_ id: UUID, within reach: Scope = .everything) async throws -> FlowRecord {
    let record = try await pool.withConnection { try await storedFlow(id, locked: false, in: $0) }
    guard record.flow.isWithin(reach) else { throw StoreError.noFlow(id) }
    return record
  }

  /// Network flows within reach, the latest first.
  public func networkFlows(
    _ filter: FlowFilter = FlowFilter(), within reach: Scope = .everything, limit: Int = 100, cursor: String? = nil
  ) async throws -> Page<FlowRecord> {
    try Cursor.check(limit: limit)
    let before = try Cursor.decode(cursor, as: Int64.self) ?? .max
    var conditions: [PostgresQuery] = ["number < \(before)"]
    if case .own(let operators, let projects) = reach {
      conditions.append(
        """
        (\(operators.condition(anyOf: "operators")) OR \(projects.condition("project"))
          OR \(projects.condition("peer_project")))
        """)
    }
    if let name = filter.project { conditions.append("(project = \(name) OR peer_project = \(name))") }
    if let name = filter.operator {
      conditions.append("operators @> ARRAY[\(name)::text]")
      // Whose a far end is, a team learns with the flow's opening, and not by asking for one name after the other.
      if !reach.covers(operator: name) { conditions.append("state = 'opened'") }
    }
    if let state = filter.state { conditions.append("state = \(state.rawValue)") }
    let overdue: PostgresQuery = "t.due_at <= \(StoreClock.now)"
    for (isWanted, late) in [(filter.isOverdue, overdue), (filter.isEscalated, "t.escalated")]
      as [(Bool, PostgresQuery)] where isWanted
    {
      // Of an operator that is named, only what that one is late with.
      let whose: PostgresQuery = filter.operator.map { "AND t.operator = \($0)" } ?? ""
      conditions.append("EXISTS (SELECT FROM flow_tasks t WHERE t.flow = network_flows.id AND \(late) \(whose))")
    }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT \(FlowRecord.columns), clock_timestamp() AS now FROM network_flows
        WHERE \(.join(conditions, separator: " AND ")) ORDER BY number DESC LIMIT \(limit + 1)
        """)
    }
    let records = try rows.map { try FlowRecord(row: $0, asOf: Timestamp(try $0.decode(Date.self, "now"))) }
    return try Page(records, limit: limit, key: \.number)
  }

  /// What operators are late with, by name; every operator that there is, also where it is late with nothing.
  public func overdueFlows() async throws -> [OverdueFlows] {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT o.name, count(t.flow) AS count, coalesce(\(Self.age(of: "min(t.due_at)")), 0) AS oldest FROM (
          SELECT name FROM resources WHERE kind = 'Operator' AND deleted_at IS NULL
          UNION SELECT operator FROM flow_tasks) o
        LEFT JOIN flow_tasks t ON t.operator = o.name AND t.due_at <= \(StoreClock.now)
        GROUP BY o.name ORDER BY o.name COLLATE "C"
        """)
    }
    return try rows.map { row in
      OverdueFlows(
        operator: try row.decode("name"), count: Int(try row.decode(Int64.self, "count")),
        oldest: try row.age("oldest") ?? .zero)
    }
  }
}

extension NetworkFlow {
  /// Whether somebody whose reach this is may know of it: an operator that is, or was, concerned, and the teams of both ends.
  public func isWithin(_ reach: Scope) -> Bool {
    operators.contains { reach.covers(operator: $0) } || reach.covers(project: wish.project)
      || wish.peer.map { reach.covers(project: $0.project) } ?? false
  }
}
