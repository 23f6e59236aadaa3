import Contract
import Events
import Foundation
import Kafka
import Migration
import Model
import Postgres
import TestSupport
import Testing

extension MigrationCourse {
  /// Checks that each step of each move was told once, in the trail and on the bus, and that each order was given once and was
  /// another one than that before.
  ///
  /// - Parameter ways: the steps of moves, by their environment. Where the console has not made the source there is nothing to be taken
  ///   out of it: what is removed is done.
  func expectDoneOnce(_ ways: [String: [MigrationStep]]) async throws {
    let (told, facts, acts) = try await system.withDatabase { database in
      (
        try await Self.steps(
          """
          SELECT name AS move, convert_from(body, 'UTF8')::jsonb #>> '{detail,step}' AS step FROM audit_entries
          WHERE kind = 'Move' AND action = 'reached' ORDER BY id
          """, database),
        // How it stands changes more often than the step.
        try await Self.steps(
          """
          SELECT lower(d ->> 'move') AS move, d ->> 'step' AS step FROM (
            SELECT id, convert_from(data, 'UTF8')::jsonb AS d, lag(convert_from(data, 'UTF8')::jsonb ->> 'step')
              OVER (PARTITION BY key ORDER BY revision) AS before FROM public_facts WHERE type = \(EventType.move)) f
          WHERE d ->> 'step' <> 'planned' AND d ->> 'step' IS DISTINCT FROM before ORDER BY id
          """, database),
        try await database.query(
          """
          SELECT name || ' ' || action AS act FROM audit_entries WHERE kind = 'Move'
            AND action NOT IN ('reached', 'ordered') AND action NOT LIKE 'done/%'
          GROUP BY name, action HAVING count(*) > 1
          """
        ).map { try $0.decode(String.self, "act") }
      )
    }
    #expect(acts == [], "seed \(dice.seed): done twice")
    for move in try await moves() {
      let id = move.id.uuidString.lowercased()
      let isInConsole = move.tasks.contains { $0.task == .removeEnvironment }
      let way = ways[move.source.environment]?.filter { isInConsole || $0 != .removed }.map(\.rawValue)
      #expect(told[id] == way, "seed \(dice.seed): \(move.project)/\(move.source.environment), in the trail")
      #expect(facts[id] == way, "seed \(dice.seed): \(move.project)/\(move.source.environment), as facts")
    }
    try await expectOrdersOnce()
    try await expectFactsOnce()
  }

  private static func steps(
    _ query: PostgresQuery, _ database: PostgresConnection
  ) async throws -> [String: [String]] {
    var steps: [String: [String]] = [:]
    for row in try await database.query(query) {
      steps[try row.decode(String.self, "move"), default: []].append(try row.decode(String.self, "step"))
    }
    return steps
  }

  /// Of each placement each revision was ordered once, and what was sent is one of these, in their order: what another has followed
  /// before it was sent is not.
  private func expectOrdersOnce() async throws {
    struct Order: Hashable {
      var revision: Int64
      var phase: String
    }
    var orders: [UUID: [Order]] = [:]
    let (ordered, present) = try await system.withDatabase { database in
      // An act and the step that it leads to tell of the same orders.
      let ordered = try await database.query(
        """
        SELECT DISTINCT (o ->> 'placement')::uuid AS placement, (o ->> 'revision')::bigint AS revision, o ->> 'phase' AS phase
        FROM audit_entries, jsonb_array_elements(convert_from(body, 'UTF8')::jsonb #> '{detail,orders}') AS o
        WHERE kind = 'Move' UNION SELECT placement, 1, 'active' FROM reservations ORDER BY placement, revision
        """)
      return (ordered, try await database.query("SELECT id, revision FROM placements"))
    }
    for row in ordered {
      orders[try row.decode(UUID.self, "placement"), default: []].append(
        Order(revision: try row.decode(Int64.self, "revision"), phase: try row.decode(String.self, "phase")))
    }
    for row in present {
      let (id, revision) = (try row.decode(UUID.self, "id"), try row.decode(Int64.self, "revision"))
      let given = orders[id] ?? []
      #expect(given.map(\.revision) == Array(1...revision), "seed \(dice.seed): \(id)")
      let phases = given.map(\.phase)
      #expect(zip(phases, phases.dropFirst()).allSatisfy { $0 != $1 }, "seed \(dice.seed): \(id), \(phases)")
    }
    var sent: [UUID: [Order]] = [:]
    for state in try await system.desiredStates() {
      let order = Order(revision: state.revision, phase: state.phase.rawValue)
      if sent[state.placement]?.last != order { sent[state.placement, default: []].append(order) }
    }
    for (placement, states) in sent {
      let given = (orders[placement] ?? []).filter { states.contains($0) }
      #expect(states == given, "seed \(dice.seed): \(placement)")
    }
  }

  /// A fact that is sent again keeps its identifier: whoever reads it knows that it is the same.
  private func expectFactsOnce() async throws {
    struct Fact: Decodable {
      var move: UUID
      var revision: Int64
    }
    var events: [String: Set<String>] = [:]
    for record in try await system.records(of: Topics.events) {
      let headers = record.headers.map { CloudEvent.Header($0.name, $0.value) }
      guard let value = record.value, let event = try? CloudEvent(headers: headers, data: value),
        event.type == EventType.move
      else { continue }
      let fact = try JSONDecoder().decode(Fact.self, from: Data(value))
      events["\(fact.move) \(fact.revision)", default: []].insert(event.id)
    }
    #expect(!events.isEmpty && events.values.allSatisfy { $0.count == 1 }, "seed \(dice.seed)")
  }
}
