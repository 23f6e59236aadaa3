import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Requests
import Store

/// The life of derogations: asking, opinions, the decision, its notification, and the end.
struct DerogationRoutes: Sendable {
  let store: GovernanceStore

  /// Whoever places, judges or answers for places may know what is waived.
  private static let reading = Access.read(
    [.governanceAdmin, .console, .auditor, .boardMember, .homologationAuthority],
    own: [.projectTeam, .organisation, .operator])
  private static let asking = Access.change([.governanceAdmin], own: [.projectTeam, .organisation])
  private static let speaking = Access.change(
    [.governanceAdmin, .homologationAuthority], own: [.boardMember, .operator])
  private static let deciding = Access.change([.governanceAdmin])
  private static let path = "derogation-requests"

  func add(to api: APIRoutes) {
    api.get("derogation-requests", Self.reading) { request, context in
      try await list(request, try await store.derogationReach(of: context))
    }
    api.post("derogation-requests", Self.asking) { request, context in try await ask(request, context) }
    api.get("derogation-requests/:id", Self.reading) { request, context in
      try request.allowParameters([])
      let record = try await store.derogationRequest(
        try context.identifier(request), within: try await store.derogationReach(of: context))
      switch try request.readCondition(at: String(record.revision)) {
      case .known where record.request.next == nil:
        return Response(
          status: .notModified, headers: [.eTag: tag(of: record), .cacheControl: CacheDirectives.ofCaller])
      // Whether it is in effect, time changes as well.
      case .wanted, .known: return try answer(record)
      case .mismatch: throw Problem.versionMismatch(present: String(record.revision), request.language)
      }
    }
    api.post("derogation-requests/:id/opinions", Self.speaking) { request, context in
      try await opine(request, context)
    }
    api.post("derogation-requests/:id/decide", Self.deciding) { request, context in
      let body = try await members(["outcome", "reason"], of: request)
      let outcome = try body.choice("outcome", of: Verdict.Outcome.self)
      return try await act(.decided(outcome, reason: try body.text("reason")), request, context)
    }
    api.post("derogation-requests/:id/notify", Self.deciding) { request, context in
      try request.allowParameters([])
      return try await act(.notified, request, context)
    }
    api.post("derogation-requests/:id/revoke", Self.deciding) { request, context in
      let body = try await members(["reason"], of: request)
      return try await act(.revoked(reason: try body.text("reason")), request, context)
    }
    api.post("derogation-requests/:id/withdraw", Self.asking) { request, context in
      let body = try await members(["reason"], of: request)
      return try await act(.withdrawn(reason: try body.optionalText("reason")), request, context, as: true)
    }
  }

  private func list(_ request: Request, _ reach: DerogationReach) async throws -> Response {
    let (limit, cursor) = try request.page(further: ["project", "state"])
    var filter = DerogationFilter(projects: request.uri.queryParameters["project"].map { [String($0)] })
    filter.states = try request.choice("state", of: DerogationRequest.State.self).map { [$0] }
    let page = try await store.derogationRequests(filter, within: reach, limit: limit, cursor: cursor)
    return try .json(ListView(items: page.items.map(DerogationRequestView.init), next: page.next))
  }

  private func ask(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await members(
      ["project", "rules", "stages", "motive", "costAcceptedBy", "validFrom", "validUntil"], of: request)
    let key = try request.idempotencyKey()
    let scope = DerogationRequest.Scope(
      project: try body.text("project"), rules: try body.texts("rules") ?? [], stages: try body.texts("stages"),
      validFrom: try body.day("validFrom"), validUntil: try body.day("validUntil"))
    let record = try await store.requestDerogation(
      scope, motive: try body.text("motive"), costAcceptedBy: try body.optionalText("costAcceptedBy"),
      by: actor(context, isApplicant: true), within: try await store.derogationScope(of: context), idempotencyKey: key,
      context: context.storeContext)
    let location = "/api/v1/\(Self.path)/\(record.request.id.uuidString.lowercased())"
    return try answer(record, status: .created, headers: [.location: location])
  }

  private func opine(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await members(["party", "operator", "position", "text", "author"], of: request)
    let position = try body.choice("position", of: Opinion.Position.self)
    let (text, author) = (try body.text("text"), try body.optionalText("author"))
    let named = try body.optionalText("operator")
    switch try body.choice("party", of: DerogationRequestView.Party.self) {
    case .homologation:
      guard named == nil else {
        throw Problem.malformed(
          [
            FieldProblem(
              path: "operator", message: "the homologation authority is no operator",
              messageFR: "l’autorité d’homologation n’est pas un opérateur", value: named, accepted: "—")
          ], request.language)
      }
      return try await act(
        .opined(.homologation, position, text: text, author: author), request, context, status: .created)
    case .operator:
      let name = try speaker(for: named, context)
      return try await act(
        .opined(.operator(name), position, text: text, author: author), request, context, for: name, status: .created)
    }
  }

  /// The body's members; the address has no parameters.
  private func members(_ names: Set<String>, of request: Request) async throws -> RequestMembers {
    try request.allowParameters([])
    return try await request.members(names)
  }

  private func act(
    _ event: DerogationEvent, _ request: Request, _ context: APIContext, for name: String? = nil,
    as isApplicant: Bool = false, status: HTTPResponse.Status = .ok
  ) async throws -> Response {
    let record = try await store.act(
      event, on: try context.identifier(request), if: try request.deleteCondition(),
      by: actor(context, isApplicant: isApplicant, for: name),
      within: try await reach(context, isApplicant: isApplicant),
      idempotencyKey: try request.idempotencyKey(), context: context.storeContext)
    return try answer(record, status: status)
  }

  /// Members of the board read all that is asked for, and may say what they think of all of it.
  private func reach(_ context: APIContext, isApplicant: Bool) async throws -> DerogationReach {
    guard isApplicant || !context.caller.has(RoleKind.boardMember) else { return .everything }
    return try await store.derogationReach(of: context)
  }

  private func actor(_ context: APIContext, isApplicant: Bool, for name: String? = nil) -> RequestActor {
    RequestActor(
      principal: context.caller.principal, isApplicant: isApplicant, operator: name,
      isAdmin: context.caller.has(RoleKind.governanceAdmin),
      isAuthority: context.caller.has(RoleKind.homologationAuthority))
  }

  /// The operator that is spoken for; where none is named, the only one that the caller speaks for.
  private func speaker(for named: String?, _ context: APIContext) throws -> String {
    let caller = context.caller
    let own = caller.subjects(.boardMember).union(caller.subjects(.operator)).subtracting([Role.everyone])
    guard let name = named ?? (own.count == 1 ? own.first : nil),
      caller.has(.boardMember(operator: name)) || caller.has(.operator(name))
    else {
      throw StoreError(
        .forbidden, path: "operator", "you do not speak for “\(named ?? "")”",
        fr: "vous ne parlez pas pour « \(named ?? "") »",
        accepted: own.isEmpty ? "operator(name), board-member(name)" : own.sorted().joined(separator: ", "))
    }
    return name
  }

  private func answer(
    _ record: DerogationRecord, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.eTag] = tag(of: record)
    if record.isReplay { headers[.idempotencyReplayed] = "true" }
    return try .json(DerogationRequestView(record), status: status, headers: headers)
  }

  private func tag(of record: DerogationRecord) -> String { "\"\(record.revision)\"" }
}

extension DerogationRequestView {
  /// A stored request as the API shows it.
  init(_ record: DerogationRecord) {
    self.init(record.request, number: record.number, revision: record.revision, asOf: record.asOf)
  }
}
