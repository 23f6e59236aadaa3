import Board
import Contract
import Events
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Store

/// Drafts of the policy: several at once, kept as they are written, and put to the vote.
struct PolicyDraftRoutes: Sendable {
  let store: GovernanceStore

  /// What is not proposed yet is the board's.
  private static let reading = Access.read([.boardMember, .governanceAdmin, .auditor])
  private static let drafting = Access.change([], own: [.boardMember])

  func add(to api: APIRoutes) {
    api.get("policy/drafts", Self.reading) { request, context in
      try BoardAnswers.list(try await store.proposals(in: [.draft], page: request), for: context.caller)
    }
    api.post("policy/drafts", Self.drafting) { request, context in try await begin(request, context) }
    api.get("policy/drafts/:id", Self.reading) { request, context in
      try request.allowParameters([])
      return try await BoardAnswers.read(
        try await draft(try context.identifier(request)), request, for: context.caller)
    }
    api.put("policy/drafts/:id", Self.drafting) { request, context in
      try await edit(try context.identifier(request), request, context)
    }
    api.delete("policy/drafts/:id", Self.drafting) { request, context in
      try request.allowParameters(["operator"])
      _ = try await store.act(
        .discarded, on: try context.identifier(request), if: try request.deleteCondition(),
        by: try request.boardActor(context), context: context.storeContext)
      return Response(status: .noContent)
    }
    api.post("policy/drafts/:id/rebase", Self.drafting) { request, context in
      try request.allowParameters(["operator"])
      let record = try await store.rebase(
        draft: try context.identifier(request), if: try request.putCondition(), by: try request.boardActor(context),
        context: context.storeContext)
      return try await BoardAnswers.written(record)
    }
    api.post("policy/drafts/:id/propose", Self.drafting) { request, context in
      try await propose(try context.identifier(request), request, context)
    }
  }

  /// A draft; what was proposed already is one no more.
  private func draft(_ id: UUID) async throws -> BoardRecord {
    let record = try await store.proposal(id)
    guard [.draft, .discarded].contains(record.proposal.state) else {
      let id = id.uuidString.lowercased()
      throw StoreError(
        .notFound, path: "id", "\(id) is a draft no more: it was proposed",
        fr: "\(id) n’est plus un brouillon : il a été proposé", accepted: "GET /api/v1/policy/proposals/\(id)")
    }
    return record
  }

  private func begin(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["kind", "base", "restores", "amends", "operator"])
    let kind = try request.choice("kind", of: Proposal.Kind.self) ?? .version
    let (base, restores) = (try request.version("base"), try request.version("restores"))
    let amends = try request.identifierParameter("amends")
    let key = try request.idempotencyKey()
    let record = try await store.draft(
      try await request.policyText(), kind: kind, base: base, restores: restores, amends: amends,
      by: try request.boardActor(context), idempotencyKey: key, context: context.storeContext)
    return try await BoardAnswers.written(
      record, status: .created, location: "drafts/\(record.proposal.id.uuidString.lowercased())")
  }

  private func edit(_ id: UUID, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["base", "operator"])
    // Several representatives save one draft by and by: nobody writes over what he has not seen.
    guard request.headers[.ifMatch] != nil else { throw Problem.preconditionRequired(request.language) }
    let condition = try request.deleteCondition()
    guard let text = try await request.policyText() else {
      throw Problem.malformed(
        [FieldProblem(path: "", message: "a Policy is expected", messageFR: "une Policy est attendue")],
        request.language)
    }
    return try await BoardAnswers.written(
      try await store.edit(
        draft: id, text, base: try request.version("base"), if: condition, by: try request.boardActor(context),
        context: context.storeContext))
  }

  private func propose(_ id: UUID, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let (key, condition) = (try request.idempotencyKey(), try request.putCondition())
    let body = try await request.members(["motive", "effectiveAt", "operator"])
    let motive = try body.object("motive")
    let text = LocalizedText(
      fr: try request.boardText(try motive.text("fr"), at: "motive.fr"),
      en: try motive.optionalText("en").map { try request.boardText($0, at: "motive.en") })
    let record = try await store.act(
      .proposed(motive: text, effectiveAt: try body.moment("effectiveAt")), on: id, if: condition,
      by: context.boardActor(for: try body.optionalText("operator")), idempotencyKey: key,
      context: context.storeContext)
    return try await BoardAnswers.written(record, status: .created, location: "proposals/\(id.uuidString.lowercased())")
  }
}
