import Board
import Contract
import HTTPTypes
import Hummingbird
import Model
import Store

/// How drafts and proposals are answered.
enum BoardAnswers {
  static func list(_ page: Page<BoardRecord>) throws -> Response {
    try .json(ListView(items: page.items.map { try ProposalView($0, isWhole: false) }, next: page.next))
  }

  /// What is read, where the client does not hold it already. What the clock and the offer say of it is in the tag: of a
  /// proposal whose deadline has passed nobody has changed anything.
  static func read(_ record: BoardRecord, _ request: Request) throws -> Response {
    switch try request.readCondition(at: String(record.revision)) {
    case .wanted: return try written(record)
    case .known where record.proposal.state != .open:
      return Response(status: .notModified, headers: [.eTag: tag(of: record), .cacheControl: "no-cache"])
    case .known: return try written(record)
    case .mismatch: throw Problem.versionMismatch(present: String(record.revision), request.language)
    }
  }

  static func written(
    _ record: BoardRecord, status: HTTPResponse.Status = .ok, location: String? = nil
  ) throws -> Response {
    var headers: HTTPFields = [.eTag: tag(of: record)]
    if let location { headers[.location] = "/api/v1/policy/\(location)" }
    if record.isReplay { headers[.idempotencyReplayed] = "true" }
    return try .json(ProposalView(record, isWhole: true), status: status, headers: headers)
  }

  private static func tag(of record: BoardRecord) -> String { "\"\(record.revision)\"" }
}

extension ProposalView {
  /// A stored draft or proposal as the API shows it.
  init(_ record: BoardRecord, isWhole: Bool) throws {
    self.init(
      record.proposal, revision: record.revision, replaces: record.replaces, outdated: record.isOutdated,
      tally: record.tally, impact: record.impact.map { ImpactView($0) }, withoutVoice: record.withoutVoice,
      asOf: record.asOf, digest: try record.digest(), isWhole: isWhole)
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
