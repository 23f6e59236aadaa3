import Events
import Foundation
import Model
import Placement
import Policy
import Postgres
import Requests

extension GovernanceStore {
  /// Tells operators and teams of what will not comply once a qualification or a derogation has ended, or a rule of the policy in
  /// force has begun, where that lies within the notice of that policy (`derogationNoticeDays`): each once. One that would leave
  /// nothing behind is looked at again on another day.
  ///
  /// What is placed is judged by the present offer and policy, on the last day and on the day after: what is wrong only then is
  /// the end's doing. Where nobody wants to be told nothing is judged.
  ///
  /// - Returns: how many ends were told of.
  @discardableResult
  public func tellEnds(together: Int = 500) async throws -> Int {
    let read = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
      try WorldReader.head(try await connection.query(WorldReader.selectHead)).0
    }
    guard read.policyVersion != nil, try await somebodyListens() else { return 0 }
    let prepared = try await prepare(read, deadline: nil)
    let ends = try await unseen(try ForeseenEnd.all(of: prepared, at: read.now.date), on: prepared.day)
    guard !ends.isEmpty else { return 0 }
    var counts: [ForeseenEnd: ForeseenCount] = [:]
    for (day, ends) in Dictionary(grouping: ends, by: \.lastDay).sorted(by: { $0.key < $1.key }) {
      let last = try await ground(prepared, read, on: day)
      let after = try await ground(prepared, read, on: day.adding(days: 1))
      try await count(ends, between: last, and: after, together: together, into: &counts)
    }
    let ground = JudgementGround(head: read, prepared: prepared, ledger: [:], next: nil)
    return try await tell(ends, counts, on: ground)
  }

  private func somebodyListens() async throws -> Bool {
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT EXISTS (SELECT FROM webhooks WHERE removed_at IS NULL
          AND \(WebhookEvent.findingForeseen.rawValue) = ANY(events)) AS listening
        """)
    }
    return try rows.only.decode("listening")
  }

  /// Those that were neither told of nor looked at on this day.
  private func unseen(_ ends: [ForeseenEnd], on day: CalendarDay) async throws -> [ForeseenEnd] {
    guard !ends.isEmpty else { return [] }
    let rows = try await pool.withConnection {
      try await $0.query(
        """
        SELECT key FROM foreseen_ends WHERE key = ANY(\(ends.map(\.key)))
          AND (told_at IS NOT NULL OR seen_on = \(day.description)::date)
        """)
    }
    let known = Set(try rows.map { try $0.decode(String.self, "key") })
    return ends.filter { !known.contains($0.key) }
  }

  /// The present offer and policy on a day to come, when it begins.
  private func ground(
    _ prepared: PreparedOffer, _ head: DecisionBasis.Head, on day: CalendarDay
  ) async throws -> JudgementGround {
    var (head, prepared) = (head, prepared)
    // Of today the moment is the present one: a derogation may have been notified since midnight.
    (head.now, head.day) = (max(head.now, ParisTime.start(of: day)), day)
    let (offer, policy) = (prepared.offer, prepared.engine.policy)
    prepared.engine = try await LongWork.run { Engine(offer: offer, policy: policy, day: day) }
    prepared.key.day = day
    return JudgementGround(head: head, prepared: prepared, ledger: [:], next: nil)
  }

  /// Judges everything on the last day of these ends and on the day after, in slices.
  private func count(
    _ ends: [ForeseenEnd], between last: JudgementGround, and after: JudgementGround, together: Int,
    into counts: inout [ForeseenEnd: ForeseenCount]
  ) async throws {
    let names = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT name FROM resources WHERE kind = 'Project' AND deleted_at IS NULL ORDER BY name COLLATE \"C\""
      ).map { try $0.decode(String.self, "name") }
    }
    for start in stride(from: 0, to: names.count, by: together) {
      let slice = Array(names[start..<min(start + together, names.count)])
      let read = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
        try await WorldReader.projects(named: slice, in: connection).projects
      }
      var table = ProjectTable()
      for (name, project) in read { table.set(name, document: project.document, held: project.held) }
      let projects = table
      let found = try await LongWork.run {
        try slice.flatMap { name -> [(project: String, fault: JudgedProject.Fault)] in
          guard let project = try projects.find(name)?.project() else { return [] }
          let before = Dictionary(
            JudgedProject(name, project, on: last, last.state).faults.map { ($0.placement, $0.breach.mayStay) },
            uniquingKeysWith: { $0 && $1 })
          return JudgedProject(name, project, on: after, after.state).faults
            .filter { $0.breach.isNews(after: before[$0.placement]) }.map { (name, $0) }
        }
      }
      for end in ends {
        for (project, fault) in found where end.concerns(fault, of: project) {
          counts[end, default: ForeseenCount()].count(fault, of: project)
        }
      }
    }
  }

  /// Writes down what was looked at, and tells of what was found; nothing where offer or policy have moved meanwhile.
  private func tell(
    _ ends: [ForeseenEnd], _ counts: [ForeseenEnd: ForeseenCount], on ground: JudgementGround
  ) async throws -> Int {
    try await pool.withTransaction { connection in
      guard try await FindingWriter.isInForce(ground, in: connection) else { return 0 }
      let answers = try await connection.pipeline([
        """
        INSERT INTO foreseen_ends AS f (key, last_day, seen_on, told_at)
        SELECT n.key, n.last_day::date, \(ground.prepared.day.description)::date,
          CASE WHEN n.told THEN clock_timestamp() END
        FROM unnest(\(ends.map(\.key)), \(ends.map(\.lastDay.description)), \(ends.map { counts[$0] != nil }))
          AS n (key, last_day, told)
        ON CONFLICT (key) DO UPDATE SET seen_on = excluded.seen_on, told_at = excluded.told_at
          WHERE f.told_at IS NULL
        RETURNING key, told_at IS NOT NULL AS told
        """,
        "DELETE FROM foreseen_ends WHERE last_day < \(ground.prepared.day.description)::date - 30",
        "SELECT clock_timestamp() AS now",
      ])
      // Another instance may have told of some of them.
      let fresh = Set(
        try answers[0].filter { try $0.decode(Bool.self, "told") }.map { try $0.decode(String.self, "key") })
      let told = ends.filter { fresh.contains($0.key) }
      let notes = told.flatMap { end in WebhookNote.notes(of: end, counts[end] ?? ForeseenCount()) }
      let now = Timestamp(try answers[2].only.decode(Date.self, "now"))
      if let statement = try WebhookWriter.insert(notes, at: now) { try await connection.execute(statement) }
      return told.count
    }
  }
}

extension WebhookNote {
  /// What the end of something, or a rule's beginning, will make of placements, for each operator and each project that has any.
  fileprivate static func notes(of end: ForeseenEnd, _ counts: ForeseenCount) -> [WebhookNote] {
    let (what, whatEN, kind): (String, String, String) =
      switch end.cause {
      case .qualification(let name, let region):
        (
          "fin de la qualification \(name) de la région \(region)", "end of qualification \(name) of region \(region)",
          "Qualification"
        )
      case .derogation(let name, _): ("fin de la dérogation \(name)", "end of derogation \(name)", "Derogation")
      case .rule(let id, _): ("début de la règle \(id) de la politique", "rule \(id) of the policy begins", "Rule")
      }
    func note(_ count: Int, _ whose: (fr: String, en: String), operator name: String?, project: String?) -> WebhookNote
    {
      WebhookNote(
        .findingForeseen, operator: name, project: project,
        text: LocalizedText(
          fr: "à partir du \(end.firstDay), \(count) placement(s) \(whose.fr) ne seront plus conformes (\(what)) : à "
            + "migrer, à faire livrer par une autre chaîne, ou à couvrir par une dérogation",
          en: "from \(end.firstDay) on, \(count) placement(s) \(whose.en) will not comply (\(whatEN)): to be migrated, "
            + "to be delivered to by another chain, or to be covered by a derogation"),
        subject: WebhookNote.Subject(
          kind: kind, id: end.key, project: project, operator: name, state: "foreseen", dueAt: "\(end.lastDay)"))
    }
    return counts.operators.sorted { $0.key < $1.key }.map { name, count in
      note(count, ("chez l’opérateur \(name)", "with operator \(name)"), operator: name, project: nil)
    }
      + counts.projects.sorted { $0.key < $1.key }.map { name, count in
        note(count, ("du projet \(name)", "of project \(name)"), operator: nil, project: name)
      }
  }
}
