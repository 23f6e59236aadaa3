import Board
import Contract
import Events
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Store

/// Proposals, what operators say to them, and the versions that came of them.
struct PolicyProposalRoutes: Sendable {
  let store: GovernanceStore

  /// What is proposed concerns whoever runs a part of the offer.
  private static let reading = Access.read([.boardMember, .governanceAdmin, .auditor, .operator])
  private static let speaking = Access.change([], own: [.boardMember])

  func add(to api: APIRoutes) {
    api.get("policy/proposals", Self.reading) { request, context in
      let proposed = Proposal.State.allCases.filter { ![.draft, .discarded].contains($0) }
      let state = try request.choice("state", of: Proposal.State.self, among: proposed)
      return try BoardAnswers.list(
        try await store.proposals(in: state.map { [$0] } ?? proposed, page: request, further: ["state"]),
        for: context.caller)
    }
    api.get("policy/proposals/:id", Self.reading) { request, context in
      try request.allowParameters([])
      return try await BoardAnswers.read(
        try await proposal(try context.identifier(request)), request, for: context.caller)
    }
    api.post("policy/proposals/:id/withdraw", Access.change([.governanceAdmin], own: [.boardMember])) {
      request, context in
      try await withdraw(try context.identifier(request), request, context)
    }
    api.get("policy/proposals/:id/votes", Self.reading) { request, context in
      let (limit, cursor) = try request.page()
      let page = try await store.votes(on: try context.identifier(request), limit: limit, cursor: cursor)
      let votes = page.items.map(\.vote)
      let isNaming = BoardAnswers.names(for: context.caller)
      return try .json(ListView(items: isNaming ? votes : votes.map(\.unnamed), next: page.next))
    }
    api.put("policy/proposals/:id/votes/:name", Self.speaking) { request, context in
      try await vote(
        try context.identifier(request), as: try context.pathPart("name", request), request, context)
    }
    api.get("policy/proposals/:id/comments", Self.reading) { request, context in
      let (limit, cursor) = try request.page()
      let page = try await store.comments(on: try context.identifier(request), limit: limit, cursor: cursor)
      let comments = page.items.map(\.comment)
      let isNaming = BoardAnswers.names(for: context.caller)
      return try .json(ListView(items: isNaming ? comments : comments.map(\.unnamed), next: page.next))
    }
    api.post("policy/proposals/:id/comments", Self.speaking) { request, context in
      try await comment(try context.identifier(request), request, context)
    }
  }

  private func proposal(_ id: UUID) async throws -> BoardRecord {
    let record = try await store.proposal(id)
    guard ![.draft, .discarded].contains(record.proposal.state) else {
      let id = id.uuidString.lowercased()
      throw StoreError(
        .notFound, path: "id", "\(id) has not been proposed", fr: "\(id) n’a pas été proposé",
        accepted: "GET /api/v1/policy/drafts/\(id)")
    }
    return record
  }

  private func withdraw(_ id: UUID, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let (key, condition) = (try request.idempotencyKey(), try request.deleteCondition())
    let body = try await request.members(["reason", "operator"])
    let reason = try body.optionalText("reason").map { try request.boardText($0, at: "reason") }
    return try await BoardAnswers.written(
      try await store.act(
        .withdrawn(reason: reason), on: id, if: condition,
        by: context.boardActor(for: try body.optionalText("operator")), idempotencyKey: key,
        context: context.storeContext))
  }

  private func vote(_ id: UUID, as name: String, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let condition = try request.deleteCondition()
    let body = try await request.members(["choice", "reason", "withoutImpact"])
    let text = try body.text("choice")
    guard let choice = Vote.Choice(rawValue: text) else {
      throw Problem.malformed(
        [
          FieldProblem(
            path: "choice", message: "not one of the choices", messageFR: "ce choix n’existe pas", value: text,
            accepted: Vote.Choice.allCases.map(\.rawValue).joined(separator: ", "))
        ], request.language)
    }
    let reason = try body.optionalText("reason").map { try request.boardText($0, at: "reason") }
    return try await BoardAnswers.written(
      try await store.act(
        .voted(choice, reason: reason, withoutImpact: try body.flag("withoutImpact") ?? false), on: id,
        if: condition, by: context.boardActor(for: name), context: context.storeContext))
  }

  private func comment(_ id: UUID, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let (key, condition) = (try request.idempotencyKey(), try request.deleteCondition())
    let body = try await request.members(["text", "operator"])
    let text = try request.boardText(try body.text("text"), at: "text")
    return try await BoardAnswers.written(
      try await store.act(
        .commented(text), on: id, if: condition, by: context.boardActor(for: try body.optionalText("operator")),
        idempotencyKey: key, context: context.storeContext), status: .created)
  }
}
