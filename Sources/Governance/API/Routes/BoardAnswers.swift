import Board
import Contract
import HTTPTypes
import Hummingbird
import Identity
import Model
import Policy
import Store
import Trail

/// How drafts and proposals are answered.
enum BoardAnswers {
  /// Who may know which persons speak for an operator: whoever else reads what it says learns the operator.
  private static let knowing: [RoleKind] = [.boardMember, .governanceAdmin, .auditor]

  /// Whether somebody is told who it was.
  static func names(for caller: Caller) -> Bool { knowing.contains { caller.has($0) } }

  static func list(_ page: Page<BoardRecord>, for caller: Caller) throws -> Response {
    let isNaming = names(for: caller)
    return try .json(
      ListView(
        items: page.items.map { record in
          let view = try ProposalView(record)
          return isNaming ? view : view.unnamed
        }, next: page.next))
  }

  /// What is read, where the client does not hold it already. What the clock, the offer and other versions say of a vote or of a
  /// draft is not in the tag, and changes without them: only what has come to its end is not told again.
  static func read(_ record: BoardRecord, _ request: Request, for caller: Caller) async throws -> Response {
    let isNaming = names(for: caller)
    switch try request.readCondition(at: String(record.revision)) {
    case .wanted: return try await told(record, isNaming: isNaming)
    case .known where ![.draft, .open].contains(record.proposal.state):
      return Response(status: .notModified, headers: [.eTag: tag(of: record), .cacheControl: CacheDirectives.ofCaller])
    case .known: return try await told(record, isNaming: isNaming)
    case .mismatch: throw Problem.versionMismatch(present: String(record.revision), request.language)
    }
  }

  /// What somebody has written: it is committed by now.
  static func written(
    _ record: BoardRecord, status: HTTPResponse.Status = .ok, location: String? = nil
  ) async throws -> Response {
    try await LongWork.owed { try await told(record, status: status, location: location) }
  }

  private static func told(
    _ record: BoardRecord, status: HTTPResponse.Status = .ok, location: String? = nil, isNaming: Bool = true
  ) async throws -> Response {
    var headers: HTTPFields = [.eTag: tag(of: record)]
    if let location { headers[.location] = "/api/v1/policy/\(location)" }
    if record.isReplay { headers[.idempotencyReplayed] = "true" }
    let view = try ProposalView(record, withText: try await record.permanences())
    return try .json(isNaming ? view : view.unnamed, status: status, headers: headers)
  }

  private static func tag(of record: BoardRecord) -> String { "\"\(record.revision)\"" }
}

extension ProposalView {
  /// A stored draft or proposal as the API shows it.
  ///
  /// - Parameter permanences: what it makes permanent; nil in lists, which do without the text, too.
  init(_ record: BoardRecord, withText permanences: [PolicyDifference.Entry]? = nil) throws {
    self.init(
      record.proposal, revision: record.revision, replaces: record.replaces, outdated: record.isOutdated,
      tally: record.tally, impact: record.impact.map { ImpactView($0) }, withoutVoice: record.withoutVoice,
      makesPermanent: permanences ?? [], asOf: record.asOf, digest: try record.digest(), isWhole: permanences != nil)
  }
}

extension ProposalView {
  /// The same, without the persons.
  var unnamed: ProposalView {
    var view = self
    (view.principal, view.votes) = (AuditPerson.unnamed, votes.map(\.unnamed))
    return view
  }
}

extension Vote {
  /// The same, without the person.
  var unnamed: Vote {
    var vote = self
    vote.principal = AuditPerson.unnamed
    return vote
  }
}

extension BoardComment {
  /// The same, without the person.
  var unnamed: BoardComment {
    var comment = self
    comment.principal = AuditPerson.unnamed
    return comment
  }
}

extension GovernanceStore {
  /// The part of a list that a request asks for.
  func proposals(
    in states: [Proposal.State], page request: Request, further names: Set<Substring> = []
  ) async throws -> Page<BoardRecord> {
    let (limit, cursor) = try request.page(further: names)
    return try await proposals(in: states, limit: limit, cursor: cursor)
  }
}
