import Events
import Foundation
import Logging
import Model
import Placement
import Postgres

/// What judging has changed.
public struct JudgingResult: Sendable, Hashable {
  /// Findings that were opened.
  public var opened = 0
  /// Findings that have ended.
  public var resolved = 0
  /// How long until something changes by time alone; nil while no policy is in force.
  public var next: Duration?
  /// Whether offer or policy have moved meanwhile, or the database waits to be recovered, so that it is to be done again.
  public var hasMoved = false
  /// Projects whose documents or placements have moved meanwhile, or were about to: they are to be judged again.
  public var moved: [String] = []
}

extension GovernanceStore {
  /// Notified by every commit that may change whether a placement complies: ``offerChannel``, and another one that names
  /// projects, one per line.
  public static let judgedChannels = [offerChannel, WorldChannel.projects]

  /// Judges every placement under the policy in force, in slices, and writes down what does not comply and what does
  /// again. Doing it again changes nothing; several instances may do it at once, and one that ends in the middle has done
  /// no harm.
  ///
  /// Each slice is judged on its own moment. One during which offer or policy moved is not written, and those behind it are
  /// judged all the same: however fast the world moves, every project has its turn each time. Of a project that moved meanwhile
  /// nothing is written either; it is named.
  ///
  /// - Parameters:
  ///   - always: also where nothing that everything is judged under has changed since the last time.
  ///   - together: how many projects are judged, and written, together: a fraction of a second.
  public func judgeEverything(always: Bool, together: Int = 500) async throws -> JudgingResult {
    // What a restored database says of placements is not what they are.
    guard try await suspension() == nil else { return JudgingResult(hasMoved: true) }
    let read = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try WorldReader.head(try await connection.query(WorldReader.selectHead))
    }
    guard read.0.policyVersion != nil else { return JudgingResult(next: read.next) }
    let prepared = try await prepare(read.0, deadline: nil)
    let first = JudgementGround(head: read.0, prepared: prepared, ledger: [:], next: read.next)
    if !always, try await wasJudged(first) { return JudgingResult(next: first.untilNext) }
    let names = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT name FROM resources WHERE kind = 'Project' AND deleted_at IS NULL ORDER BY name COLLATE \"C\""
      ).map { try $0.decode(String.self, "name") }
    }
    var result = JudgingResult(next: first.untilNext)
    var (start, after) = (0, "")
    repeat {
      let slice = Array(names[start...].prefix(together))
      start += slice.count
      let last = start < names.count ? slice.last : nil
      guard let ground = try await judge(slice, covering: .names(after: after, upTo: last), into: &result) else {
        return result
      }
      if ground.prepared.key != first.prepared.key || ground.notifiedAt != first.notifiedAt { result.hasMoved = true }
      result.next = ground.untilNext
      after = last ?? ""
    } while start < names.count
    if !result.hasMoved { result.hasMoved = try await !rememberJudged(first) }
    return result
  }

  /// Judges what some projects hold, in slices as well: their documents or placements have changed.
  ///
  /// - Parameter together: how many are judged, and written, together: each has a lock of its own meanwhile.
  public func judge(projects names: [String], together: Int = 500) async throws -> JudgingResult {
    guard try await suspension() == nil else { return JudgingResult(hasMoved: true) }
    let names = Set(names).sorted()
    var result = JudgingResult()
    for start in stride(from: 0, to: names.count, by: together) {
      let slice = Array(names[start...].prefix(together))
      guard try await judge(slice, covering: .projects(slice), into: &result) != nil else { return result }
    }
    return result
  }

  /// Judges a few projects on the present moment, and writes down what was found.
  ///
  /// - Returns: what they were judged on; nil while no policy is in force.
  private func judge(
    _ names: [String], covering extent: FindingWriter.Extent, into result: inout JudgingResult
  ) async throws -> JudgementGround? {
    let (judgement, next) = try await look(at: names, covering: extent)
    result.next = next
    guard let judgement else { return nil }
    try await write(judgement, to: &result)
    return judgement.ground
  }

  /// Projects as they were judged.
  struct Judgement: Sendable {
    var ground: JudgementGround
    var judged: [JudgedProject]
    var extent: FindingWriter.Extent
  }

  /// Judges a few projects on the present moment, and writes nothing.
  ///
  /// - Returns: nil while no policy is in force; and how long it is until something changes by time alone.
  func look(
    at names: [String], covering extent: FindingWriter.Extent
  ) async throws -> (judgement: Judgement?, next: Duration?) {
    let read = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      let answers = try await connection.pipeline([WorldReader.selectHead, DecisionBasis.selectLedger])
      return (
        try WorldReader.head(answers[0]), try DecisionBasis.ledger(answers[1]),
        try await WorldReader.projects(named: names, in: connection).projects
      )
    }
    guard read.0.0.policyVersion != nil else { return (nil, read.0.next) }
    let prepared = try await prepare(read.0.0, deadline: nil)
    let ground = JudgementGround(head: read.0.0, prepared: prepared, ledger: read.1.clusters, next: read.0.next)
    var table = ProjectTable()
    for (name, project) in read.2 { table.set(name, document: project.document, held: project.held) }
    let judged = try await judge(names, of: table, on: ground)
    return (Judgement(ground: ground, judged: judged, extent: extent), ground.untilNext)
  }

  private func judge(
    _ names: [String], of table: ProjectTable, on ground: JudgementGround
  ) async throws -> [JudgedProject] {
    try await LongWork.run {
      let state = ground.state
      return try names.compactMap { name in
        try table.find(name).map { JudgedProject(name, try $0.project(), on: ground, state) }
      }
    }
  }

  /// Whether everything was judged under this; if so, it is so until now.
  private func wasJudged(_ ground: JudgementGround) async throws -> Bool {
    let key = ground.prepared.key
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        UPDATE findings_judged SET judged_at = clock_timestamp() WHERE epoch = \(key.epoch) AND offer_version = \(key.offer)
          AND policy_version = \(key.policy) AND day = \(key.day.description)::date
          AND notified_at IS NOT DISTINCT FROM \(ground.notifiedAt) RETURNING judged_at
        """)
    }
    return !rows.isEmpty
  }

  private func rememberJudged(_ ground: JudgementGround) async throws -> Bool {
    let key = ground.prepared.key
    return try await pool.withTransaction { connection in
      guard try await FindingWriter.isInForce(ground, in: connection) else { return false }
      _ = try await connection.query(
        """
        UPDATE findings_judged SET epoch = \(key.epoch), offer_version = \(key.offer), policy_version = \(key.policy),
          day = \(key.day.description)::date, notified_at = \(ground.notifiedAt), judged_at = clock_timestamp()
        """)
      return true
    }
  }

  /// Writes down what was judged, in one transaction: nothing where offer or policy are not those any more that it was judged
  /// under, and nothing of projects that have moved.
  func write(_ judgement: Judgement, to result: inout JudgingResult) async throws {
    let mint = mint
    let outcome = try await pool.withTransaction { connection in
      try await FindingWriter(
        ground: judgement.ground, judged: judgement.judged, extent: judgement.extent, mint: mint
      ).write(in: connection)
    }
    guard let outcome else {
      result.hasMoved = true
      return
    }
    result.opened += outcome.opened
    result.resolved += outcome.resolved
    result.moved += outcome.moved
  }
}
