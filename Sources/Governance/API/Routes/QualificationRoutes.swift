import Board
import Contract
import HTTPTypes
import Hummingbird
import Identity
import Model
import Policy
import Requests
import Store

/// Qualifications that regions declare: each counts once a member of the board for another operator has acknowledged it.
struct QualificationRoutes: Sendable {
  let store: GovernanceStore

  private static let judging = Access.change([.governanceAdmin], own: [.boardMember])

  func add(to api: APIRoutes) {
    // What regions declare is published, and so is whether it counts.
    api.get("qualifications", .anyRole) { request, context in try await list(request, context) }
    api.post("qualifications/:id/acknowledge", Self.judging) { request, context in
      try request.allowParameters([])
      let body = try await request.members(["operator"])
      return try await judge(.acknowledged, reason: nil, body, request, context)
    }
    api.post("qualifications/:id/refuse", Self.judging) { request, context in
      try request.allowParameters([])
      let body = try await request.members(["operator", "reason"])
      return try await judge(.refused, reason: try body.text("reason"), body, request, context)
    }
  }

  private func list(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["region", "standing"])
    let region = request.uri.queryParameters["region"].map(String.init)
    let standing = try request.choice("standing", of: QualificationBook.Standing.self)
    let records = try await store.qualifications().filter { record in
      (region == nil || record.region == region) && (standing == nil || record.standing == standing)
    }
    return try .json(ListView(items: records.map { view($0, context) }, next: nil))
  }

  private func judge(
    _ outcome: QualificationVerdict.Outcome, reason: String?, _ body: RequestMembers, _ request: Request,
    _ context: APIContext
  ) async throws -> Response {
    let record = try await store.judge(
      qualification: try context.pathPart("id", request), outcome, reason: reason,
      by: try actor(for: try body.optionalText("operator"), context), context: context.storeContext)
    return try .json(view(record, context))
  }

  private func actor(for named: String?, _ context: APIContext) throws -> QualificationActor {
    let actor = try context.boardActor(for: named)
    return QualificationActor(
      operator: actor.operator, affiliations: context.caller.affiliations, isAdmin: actor.isAdmin)
  }

  private func view(_ record: QualificationRecord, _ context: APIContext) -> QualificationView {
    QualificationView(
      id: record.id, region: record.region, operator: record.operator, qualification: record.qualification,
      verdict: record.verdict, standing: record.standing,
      withReason: context.capacityReach.includesInternals(of: record.operator))
  }
}
