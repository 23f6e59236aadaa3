import Events
import Foundation
import Model
import Placement
import Postgres

/// Reads what ``World`` holds.
enum WorldReader {
  /// All of it, at one moment.
  struct Everything: Sendable {
    var head: DecisionBasis.Head
    /// When it had been read, by this instance's clock.
    var headReadAt: ContinuousClock.Instant
    var next: Duration?
    var ledger: [String: Ledger.Entry]
    var projects: ProjectTable
    var scheduled: [ScheduledPolicy] = []
  }

  typealias Projects = [String: (document: [UInt8]?, held: [HeldReplica])]

  /// The head, and the microseconds until it changes by itself: the day ends in Paris, or a policy begins.
  static let selectHead: PostgresQuery = """
    SELECT head.*, (extract(epoch FROM least(
        ((head.day::date + 1)::timestamp AT TIME ZONE 'Europe/Paris'),
        (SELECT min(effective_at) FROM policy_versions WHERE effective_at > head.now)) - head.now) * 1000000)::bigint
      AS next
    FROM (\(DecisionBasis.Head.select)) AS head
    """

  static func head(_ rows: PostgresRows) throws -> (DecisionBasis.Head, next: Duration?) {
    let row = try rows.only
    return (try DecisionBasis.Head(row: row), try row.age("next"))
  }

  /// Reads all of it, in a transaction that is repeatable.
  ///
  /// - Parameter rest: of whoever is in no hurry: called after each part with how long that has taken, and the parts are
  ///   small and read where nobody waits for it. Nil for whoever others wait for.
  static func everything(
    in connection: PostgresConnection, resting rest: (@Sendable (Duration) async throws -> Void)? = nil
  ) async throws -> Everything {
    let size = rest == nil ? part : smallPart
    let answers = try await connection.pipeline([selectHead, DecisionBasis.selectLedger, ScheduledPolicy.select])
    let headReadAt = ContinuousClock.now
    let (head, next) = try head(answers[0])
    var table = ProjectTable()
    // Part by part: all rows at once would take several times the room of what is kept of them.
    var after = ""
    while true {
      let begun = ContinuousClock.now
      let names = try await connection.query(
        """
        SELECT name FROM resources WHERE kind = 'Project' AND deleted_at IS NULL AND name > \(after)
        ORDER BY name LIMIT \(size)
        """)
      let last = names.count == size ? try names.last?.decode(String.self, "name") : nil
      let range: (PostgresQuery) -> PostgresQuery = { column in
        last.map { "\(column) > \(after) AND \(column) <= \($0)" } ?? "\(column) > \(after)"
      }
      let answers = try await connection.pipeline([documents(range("name")), replicas(range("p.project"))])
      let found =
        if rest == nil {
          try projects(answers[0], answers[1])
        } else {
          try await LongWork.run(in: .background) { try projects(answers[0], answers[1]) }
        }
      for (name, project) in found { table.set(name, document: project.document, held: project.held) }
      guard let last else { break }
      try await rest?(ContinuousClock.now - begun)
      after = last
    }
    return Everything(
      head: head, headReadAt: headReadAt, next: next, ledger: try DecisionBasis.ledger(answers[1]).clusters,
      projects: table, scheduled: try ScheduledPolicy.all(in: answers[2]))
  }

  /// How many projects are read at a time.
  private static let part = 2000
  /// The same for whoever is in no hurry.
  private static let smallPart = 50

  /// Projects, and the versions of the ledger's entries of all clusters that one of them holds or is known to have held. No
  /// version is older than what was found: each statement sees what was committed by its own beginning.
  ///
  /// - Parameter clusters: that are known to be held.
  static func projects(
    named names: [String], holding clusters: [String] = [], in connection: PostgresConnection
  ) async throws -> (projects: Projects, versions: [String: Int64]) {
    let answers = try await connection.pipeline([
      documents("name = ANY(\(names))"), replicas("p.project = ANY(\(names))"),
      """
      SELECT cluster, version FROM capacity_ledger WHERE cluster = ANY(\(clusters)) OR cluster IN (
        SELECT cluster FROM placements WHERE project = ANY(\(names)))
      """,
    ])
    let versions = try answers[2].map { (try $0.decode(String.self, "cluster"), try $0.decode(Int64.self, "version")) }
    return (
      try projects(answers[0], answers[1]), Dictionary(versions, uniquingKeysWith: { first, _ in first })
    )
  }

  private static func documents(_ condition: PostgresQuery) -> PostgresQuery {
    """
    SELECT name, resource_version::text AS version, labels, spec FROM resources
    WHERE kind = 'Project' AND deleted_at IS NULL AND \(condition)
    """
  }

  /// What projects hold, with the project's name: by project, and then in the order of ``ProjectTable/Project/held``.
  static func replicas(_ condition: PostgresQuery) -> PostgresQuery {
    """
    SELECT \(HeldReplica.columns) FROM \(PlacementRecord.tables) WHERE p.removed_at IS NULL AND \(condition)
    ORDER BY p.project, p.environment, p.replica, p.id
    """
  }

  private static func projects(_ documents: PostgresRows, _ replicas: PostgresRows) throws -> Projects {
    var found: Projects = [:]
    for row in documents {
      // Not decoded before somebody asks for it: there are as many as the country has projects.
      let document = ProjectTable.Document(
        version: try row.decode("version"), labels: try row.decode("labels"), spec: try row.decode("spec"))
      found[try row.decode("name")] = (document.bytes, [])
    }
    for row in replicas {
      found[try row.decode(String.self, "project"), default: (nil, [])].held.append(try HeldReplica(row: row))
    }
    return found
  }
}

extension HeldReplica {
  /// Columns that ``init(row:)`` reads, of ``PlacementRecord/tables``.
  static let columns: PostgresQuery = """
    p.id, p.project, p.environment, p.replica, p.cluster, p.stage, p.phase, p.revision, p.leaving, p.chain,
    r.cpu, r.memory, r.gpu, r.storage, r.pods
    """

  init(row: PostgresRow) throws {
    self.init(
      id: try row.decode("id"), environment: try row.decode("environment"),
      replica: Int(try row.decode(Int32.self, "replica")), cluster: try row.decode("cluster"),
      stage: try row.decode("stage"), phase: try row.known("phase"), revision: try row.decode("revision"),
      reserved: try ResourceAmounts(row: row), isLeaving: try row.decode("leaving"),
      chain: try row.decode("chain"))
  }
}
