import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Requests
import Store

/// Network flows: asking, opening or rejecting within the guaranteed delay, and the end.
struct FlowRoutes: Sendable {
  let store: GovernanceStore

  /// Of others' flows nobody knows but who oversees them.
  private static let reading = Access.read(
    [.governanceAdmin, .auditor, .boardMember], own: [.projectTeam, .operator])
  private static let asking = Access.change([.governanceAdmin], own: [.projectTeam])
  /// Whoever answers for the network there acts on it, and nobody in its place.
  private static let opening = Access.change([], own: [.operator])
  private static let path = "flows"

  func add(to api: APIRoutes) {
    api.get("flows", Self.reading) { request, context in try await list(request, context) }
    api.post("flows", Self.asking) { request, context in try await ask(request, context) }
    api.get("flows/:id", Self.reading) { request, context in
      try request.allowParameters([])
      let record = try await store.networkFlow(try context.identifier(request), within: context.scope)
      switch try request.readCondition(at: String(record.revision)) {
      case .known where !record.flow.state.isLive && record.flow.closings == nil:
        return Response(
          status: .notModified, headers: [.eTag: tag(of: record), .cacheControl: CacheDirectives.ofCaller])
      // Whether it is overdue, time changes as well.
      case .wanted, .known: return try answer(record, context)
      case .mismatch: throw Problem.versionMismatch(present: String(record.revision), request.language)
      }
    }
    api.post("flows/:id/open", Self.opening) { request, context in
      try request.allowParameters([])
      let body = try await request.members(["operator"])
      let name = try operatorOfCaller(body.optionalText("operator"), context)
      return try await act(.opened(operator: name), request, context, for: name)
    }
    api.post("flows/:id/reject", Self.opening) { request, context in
      try request.allowParameters([])
      let body = try await request.members(["operator", "reason"])
      let name = try operatorOfCaller(body.optionalText("operator"), context)
      return try await act(.rejected(operator: name, reason: try body.text("reason")), request, context, for: name)
    }
    api.post("flows/:id/close", Self.opening) { request, context in
      try request.allowParameters([])
      let body = try await request.members(["operator"])
      let name = try operatorOfCaller(body.optionalText("operator"), context)
      return try await act(.closed(operator: name), request, context, for: name)
    }
    api.post("flows/:id/withdraw", Self.asking) { request, context in
      try request.allowParameters([])
      let body = try await request.members(["reason"])
      return try await act(.withdrawn(reason: try body.optionalText("reason")), request, context)
    }
  }

  private func list(_ request: Request, _ context: APIContext) async throws -> Response {
    let (limit, cursor) = try request.page(further: ["project", "operator", "state", "overdue", "escalated"])
    let parameters = request.uri.queryParameters
    let filter = FlowFilter(
      project: parameters["project"].map(String.init), operator: parameters["operator"].map(String.init),
      state: try request.choice("state", of: NetworkFlow.State.self),
      isOverdue: try request.choice("overdue", of: Yes.self) != nil,
      isEscalated: try request.choice("escalated", of: Yes.self) != nil)
    let page = try await store.networkFlows(filter, within: context.scope, limit: limit, cursor: cursor)
    return try .json(ListView(items: page.items.map { view($0, context) }, next: page.next))
  }

  /// What a parameter says that is there or not.
  private enum Yes: String, CaseIterable {
    case `true`
  }

  private func ask(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let body = try await request.members([
      "project", "environment", "system", "direction", "protocol", "ports", "motive",
    ])
    let key = try request.idempotencyKey()
    let wish = FlowWish(
      project: try body.text("project"), environment: try body.text("environment"), system: try body.text("system"),
      direction: try body.choice("direction", of: FlowRequestSpec.Direction.self),
      protocol: try body.choice("protocol", of: FlowRequestSpec.TransportProtocol.self),
      ports: try body.numbers("ports"), motive: try body.text("motive"))
    let record = try await store.requestFlow(
      wish, by: actor(context, isApplicant: true), within: context.scope, idempotencyKey: key,
      context: context.storeContext)
    let location = "/api/v1/\(Self.path)/\(record.flow.id.uuidString.lowercased())"
    return try answer(record, context, status: .created, headers: [.location: location])
  }

  private func act(
    _ event: FlowEvent, _ request: Request, _ context: APIContext, for name: String? = nil
  ) async throws -> Response {
    let condition = try request.deleteCondition()
    if name != nil {
      // What an operator has opened or closed are the ends that it has seen, which may be others by now.
      switch condition {
      case .version: break
      case .always: throw Problem.preconditionRequired(request.language, orAny: false)
      case .present, .absent: throw request.badParameter("If-Match", found: "*", accepted: "\"version\"")
      }
    }
    let record = try await store.act(
      event, onFlow: try context.identifier(request), if: condition,
      by: actor(context, isApplicant: name == nil, for: name), within: context.scope,
      idempotencyKey: try request.idempotencyKey(), context: context.storeContext)
    return try answer(record, context)
  }

  private func actor(_ context: APIContext, isApplicant: Bool, for name: String? = nil) -> RequestActor {
    RequestActor(
      principal: context.caller.principal, isApplicant: isApplicant, operator: name,
      isAdmin: context.caller.has(RoleKind.governanceAdmin))
  }

  /// The operator that is spoken for; where none is named, the only one that the caller speaks for.
  private func operatorOfCaller(_ named: String?, _ context: APIContext) throws -> String {
    let own = context.caller.subjects(.operator).subtracting([Role.everyone])
    guard let name = named ?? (own.count == 1 ? own.first : nil), context.caller.has(.operator(name)) else {
      throw StoreError(
        .forbidden, path: "operator", "you do not speak for “\(named ?? "")”",
        fr: "vous ne parlez pas pour « \(named ?? "") »",
        accepted: own.isEmpty ? "operator(name)" : own.sorted().joined(separator: ", "))
    }
    return name
  }

  private func answer(
    _ record: FlowRecord, _ context: APIContext, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.eTag] = tag(of: record)
    if record.isReplay { headers[.idempotencyReplayed] = "true" }
    return try .json(view(record, context), status: status, headers: headers)
  }

  /// Where another's environment is, is for those who may read that environment's placements, and for whoever has to open the
  /// flow; everybody else sees whose end it is.
  private func view(_ record: FlowRecord, _ context: APIContext) -> FlowView {
    let caller = context.caller
    let seesAll = [RoleKind.governanceAdmin, .auditor, .boardMember].contains(where: caller.has)
    let operators = caller.subjects(.operator)
    func isKnown(_ end: FlowEnd) -> Bool {
      let owner = end.side == .environment ? record.flow.wish.project : record.flow.wish.peer?.project
      guard !seesAll, let owner else { return true }
      return caller.has(.projectTeam(owner)) || operators.contains(Role.everyone)
        || !operators.isDisjoint(with: record.flow.operators)
    }
    return FlowView(
      record.flow, number: record.number, revision: record.revision, asOf: record.asOf, isKnown: isKnown)
  }

  private func tag(of record: FlowRecord) -> String { "\"\(record.revision)\"" }
}
