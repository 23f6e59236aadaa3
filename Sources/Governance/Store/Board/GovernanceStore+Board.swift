public import Board
import Events
public import Foundation
public import Model
import Placement
import Policy
import Postgres

extension GovernanceStore {
  /// Notified, without a payload, by every commit that changes a deadline or a date of the board's.
  public static let boardChannel = "regie_board"

  /// Begins a draft.
  ///
  /// - Parameters:
  ///   - text: what it says; nil for the text of the version that it brings back, of the proposal that it amends, or else of
  ///     its base.
  ///   - base: the version that it is based on; nil for the one that it would replace.
  ///   - restores: the older version that it brings back.
  ///   - amends: the proposal that it is to stand in for.
  /// - Throws: ``StoreError``: `forbidden`, `notFound`, `noPolicy`, `idempotencyMismatch`; `invalid` where `text` is not that of
  ///   the version that it is to bring back.
  public func draft(
    _ text: PolicySpec?, kind: Proposal.Kind = .version, base: Int64? = nil, restores: Int64? = nil,
    amends: UUID? = nil,
    by actor: BoardActor, idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> BoardRecord {
    let request = DraftRequest(
      text: text, kind: kind, base: base, restores: restores, amends: amends, operator: actor.operator)
    let key = try IdempotencyRecord(idempotencyKey, action: "draft", context: context, request: request)
    return try await pool.withTransaction { connection in
      if let stored = try await claim(key, in: connection) { return stored }
      let moment = try await boardMoment(in: connection)
      guard let present = moment.line.base(for: kind, at: moment.at) else {
        throw StoreError(
          .noPolicy, "there is no policy yet", fr: "il n’y a pas encore de politique",
          accepted: "PUT /api/v1/policies/{name}")
      }
      let old = try await restores.asyncMap { try await document(of: $0, in: connection) }
      if let old, let text, let restores, old != text { throw StoreError.notRestoring(restores) }
      let amended = try await amends.asyncMap { try await stored($0, locked: false, in: connection).proposal }
      if let amended { try StoreError.asking { () throws(BoardRefusal) in try amended.mustBeCitable() } }
      // The amended text goes on from where it came from: what has changed since is for a rebase.
      let base = base ?? (text == nil && restores == nil ? amended?.base : nil)
      let known = try await base.asyncMap { try await document(of: $0, in: connection) }
      let proposal = try StoreError.asking { () throws(BoardRefusal) in
        try Proposal(
          id: mint(), kind: kind, base: base ?? present.version,
          spec: text ?? old ?? amended?.spec ?? known ?? present.spec,
          restores: restores, amends: amends, by: actor, at: moment)
      }
      let record = try await record(proposal, revision: 1, at: moment, in: connection)
      try await connection.pipeline(
        [
          """
          INSERT INTO policy_proposals (id, state, revision, body)
          VALUES (\(proposal.id), \(proposal.state.rawValue), 1, \(try PostgresJSON(model: proposal)))
          """,
          try BoardDetail(proposal).entry("drafted", at: moment.at, context),
        ] + (try key.map { [try $0.store(record)] } ?? []))
      return record
    }
  }

  /// Writes a draft anew.
  ///
  /// - Parameters:
  ///   - base: the version that it is based on now; nil for the one it was based on.
  ///   - condition: what must be so for the write to take place.
  public func edit(
    draft id: UUID, _ text: PolicySpec, base: Int64? = nil, if condition: WriteCondition = .always,
    by actor: BoardActor,
    context: RequestContext
  ) async throws -> BoardRecord {
    try await pool.withTransaction { connection in
      let present = try await stored(id, locked: true, in: connection)
      if let base { _ = try await document(of: base, in: connection) }
      let event = BoardEvent.edited(text, base: base ?? present.proposal.base)
      return try await act(event, on: present, if: condition, by: actor, context: context, in: connection)
    }
  }

  /// Takes over into a draft what has changed since its base, and bases it on the version that it would replace now.
  ///
  /// - Throws: ``StoreError``: `outdatedBase` with a problem for each part that both have changed.
  public func rebase(
    draft id: UUID, if condition: WriteCondition = .always, by actor: BoardActor, context: RequestContext
  ) async throws -> BoardRecord {
    try await pool.withTransaction { connection in
      let present = try await stored(id, locked: true, in: connection)
      let moment = try await boardMoment(in: connection)
      guard let target = moment.line.base(for: present.proposal.kind, at: moment.at) else {
        throw StoreError.noVersion(present.proposal.base)
      }
      let base = try await document(of: present.proposal.base, in: connection)
      let merge = PolicyMerge(base: base, ours: present.proposal.spec, theirs: target.spec)
      guard merge.conflicts.isEmpty else { throw StoreError.conflicting(merge.conflicts, with: target.version) }
      return try await act(
        .edited(merge.merged, base: target.version), on: present, if: condition, by: actor, context: context,
        in: connection)
    }
  }

  /// What happens to a draft or proposal otherwise: it is discarded, proposed, voted on, commented, withdrawn.
  ///
  /// - Throws: ``StoreError``: `notFound`, `forbidden`, `proposalState`, `impactAwaited`, `outdatedBase`, `invalid`,
  ///   `versionMismatch`, `idempotencyMismatch`.
  public func act(
    _ event: BoardEvent, on id: UUID, if condition: WriteCondition = .always, by actor: BoardActor,
    idempotencyKey: String? = nil, context: RequestContext
  ) async throws -> BoardRecord {
    let key = try IdempotencyRecord(
      idempotencyKey, action: "board", context: context, request: ActRequest(event, id, actor.operator))
    // Whoever comes after the deadline closes the vote first, in a transaction of its own.
    try await closeIfDue(id)
    // A long text is looked at for a while, and behind others: not while everybody waits for the offer.
    var checked: Int64?
    if case .proposed = event { checked = try await checkText(of: id) }
    return try await act(event, on: id, checked: checked, if: condition, by: actor, key: key, context: context)
  }

  /// - Parameter checked: the revision of the draft whose text was looked at, where it is proposed.
  func act(
    _ event: BoardEvent, on id: UUID, checked: Int64?, if condition: WriteCondition = .always, by actor: BoardActor,
    key: IdempotencyRecord? = nil, context: RequestContext
  ) async throws -> BoardRecord {
    let record = try await pool.withTransaction { connection in
      // Who may vote, and what a text would replace, changes under this lock only.
      if event.endsVotes { try await connection.execute(StoreLocks.takeOffer()) }
      if let stored = try await claim(key, in: connection) { return stored }
      let present = try await stored(id, locked: true, in: connection)
      if let checked { try WriteCondition.version([String(checked)]).check(against: String(present.revision)) }
      var record = try await act(event, on: present, if: condition, by: actor, context: context, in: connection)
      if let key { try await connection.execute(try key.store(record)) }
      record.impact = try await impacts(of: [id], in: connection)[id]
      return record
    }
    if event.endsVotes { world.forgetHead() }
    return record
  }

  /// The machine's answer, stored with all that follows from it.
  private func act(
    _ event: BoardEvent, on present: StoredProposal, if condition: WriteCondition, by actor: BoardActor,
    context: RequestContext, in connection: PostgresConnection
  ) async throws -> BoardRecord {
    var moment = try await boardMoment(in: connection)
    var proposal = present.proposal
    if case .proposed = event, proposal.kind == .emergency {
      moment.earlier = try await earlierProposals(at: moment.at, in: connection)
    }
    if case .voted = event { moment.isImpactAwaited = try await isImpactAwaited(of: proposal.id, in: connection) }
    if case .proposed = event, proposal.state == .draft, let restores = proposal.restores {
      proposal.forgetRestores(unlessTextIs: try await document(of: restores, in: connection))
    }
    let actions = try StoreError.asking { () throws(BoardRefusal) in
      try proposal.handle(event, by: actor, at: moment)
    }
    let condition = actions.isEmpty && condition.allowsRepetition ? .always : condition
    try condition.check(against: String(present.revision))
    guard !actions.isEmpty else {
      return try await record(proposal, revision: present.revision, at: moment, in: connection)
    }
    if case .proposed = event, let other = proposal.amends {
      try await endAmended(other, by: proposal.id, actor, at: moment, context: context, in: connection)
    }
    try await store(proposal, after: present, actions, at: moment, context: context, in: connection)
    return try await record(proposal, revision: present.revision + 1, at: moment, in: connection)
  }

  /// The proposal that another one amends ends, where its vote is open still.
  private func endAmended(
    _ id: UUID, by other: UUID, _ actor: BoardActor, at moment: BoardMoment, context: RequestContext,
    in connection: PostgresConnection
  ) async throws {
    let present = try await stored(id, locked: true, in: connection)
    guard present.proposal.state == .open else { return }
    var proposal = present.proposal
    let actions = try StoreError.asking { () throws(BoardRefusal) in
      try proposal.handle(.amended(by: other), by: actor, at: moment)
    }
    try await store(proposal, after: present, actions, at: moment, context: context, in: connection)
  }

  /// A text is proposed only where nothing is wrong with it by itself that was not taken before.
  ///
  /// - Returns: The revision of the draft that was looked at; nil where it is none any more.
  func checkText(of id: UUID) async throws -> Int64? {
    let read = try await pool.withConnection { connection in
      let present = try await stored(id, locked: false, in: connection)
      return (present: present, text: try await proposedText(of: present.proposal, in: connection))
    }
    let present = read.present
    let text = read.text
    guard present.proposal.state == .draft else { return nil }
    let problems = text.problems
    guard problems.isEmpty else { throw StoreError.invalid(problems) }
    let findings = try await LongWork.run { text.findings }
    let errors = findings.map { finding in
      FieldProblem(
        path: finding.path, message: "\(finding.message.en ?? finding.message.fr) [\(finding.code.rawValue)]",
        messageFR: "\(finding.message.fr) [\(finding.code.rawValue)]")
    }
    guard errors.isEmpty else { throw StoreError.invalid(errors) }
    return present.revision
  }

  private func proposedText(
    of proposal: Proposal, in connection: PostgresConnection
  ) async throws -> ProposedText {
    var taken = [try await document(of: proposal.base, in: connection)]
    // One that was edited since brings nothing back.
    if let restores = proposal.restores {
      let restored = try await document(of: restores, in: connection)
      if restored == proposal.spec { taken.append(restored) }
    }
    return ProposedText(name: try await policyName(in: connection), spec: proposal.spec, taken: taken)
  }

  private func claim(_ key: IdempotencyRecord?, in connection: PostgresConnection) async throws -> BoardRecord? {
    guard let key else { return nil }
    let answers = try await connection.pipeline([key.claim, key.select])
    guard answers[0].affected == 0 else { return nil }
    guard var record = try key.answer(in: answers[1], as: BoardRecord.self)?.replayed else { return nil }
    record.impact = try await impacts(of: [record.proposal.id], in: connection)[record.proposal.id]
    record.carried = try await carried(by: record, at: try await boardMoment(in: connection), in: connection)
    return record
  }
}

/// What a draft is begun with, as the digest of an `Idempotency-Key` is over.
private struct DraftRequest: Encodable {
  var text: PolicySpec?
  var kind: Proposal.Kind
  var base: Int64?
  var restores: Int64?
  var amends: UUID?
  /// Whoever represents several writes for each of them.
  var `operator`: String?
}

/// What is done to a proposal, as the digest of an `Idempotency-Key` is over.
private struct ActRequest: Encodable {
  var event: String
  var id: UUID
  var `operator`: String?

  init(_ event: BoardEvent, _ id: UUID, _ name: String?) {
    self.event = "\(event)"
    self.id = id
    self.operator = name
  }
}

extension BoardEvent {
  /// Whether it may end a vote or begin one.
  fileprivate var endsVotes: Bool {
    switch self {
    case .proposed, .voted, .withdrawn, .amended, .clock, .resumed: true
    case .edited, .discarded, .commented: false
    }
  }
}

extension Optional where Wrapped: Sendable {
  fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async throws -> Value? {
    guard let self else { return nil }
    return try await transform(self)
  }
}
