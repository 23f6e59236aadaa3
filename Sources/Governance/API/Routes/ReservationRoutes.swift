import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Logging
import Model
import Store

/// What the console asks before it creates an environment: reserve, then confirm with its identifiers, or cancel.
struct ReservationRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.post("reservations", Self.reserving) { request, context in
      try request.allowParameters(["ttlSeconds", "explain", "limit"])
      return try await reserve(request, context)
    }
    api.get("reservations/:id", DecisionRoutes.reading) { request, context in
      try request.allowParameters([])
      let id = try context.identifier(request)
      let record = try await store.reservation(id)
      guard context.scope.covers(project: record.project) else { throw StoreError.noReservation(id) }
      return try await answer(record, context.logger)
    }
    api.post("reservations/:id/confirm", Self.reserving) { request, context in
      try await confirm(try context.identifier(request), request, context)
    }
    api.post("reservations/:id/cancel", Self.reserving) { request, context in
      try await cancel(try context.identifier(request), request, context)
    }
    // The same, as what `POST placements` with `reserve=true` has answered, and by any of its placements.
    api.post("placements/:id/confirm", Self.reserving) { request, context in
      try await confirm(
        try await reservation(at: try context.identifier(request), request), request, context)
    }
    api.post("placements/:id/cancel", Self.reserving) { request, context in
      try await cancel(
        try await reservation(at: try context.identifier(request), request), request, context)
    }
  }

  /// The console gives environments their identifiers, so only it can confirm what it has reserved.
  private static let reserving = Access.change([.governanceAdmin, .console])

  /// The reservation that a placement began as, or that has this identifier itself. All its environments are reserved,
  /// confirmed and given back together.
  private func reservation(at id: UUID, _ request: Request) async throws -> UUID {
    try request.allowParameters([])
    return try await store.reservation(meantBy: id)
  }

  /// Holds the places of a project for a time; `POST placements` with `reserve=true` is the same.
  func reserve(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["ttlSeconds", "explain", "limit", "reserve"])
    let explaining = try Explaining(request, context)
    let bounds = GovernanceStore.reservationSeconds
    let ttl = try request.number(
      "ttlSeconds", default: Self.standardTTL, in: Int(bounds.lowerBound)...Int(bounds.upperBound))
    let key = try request.idempotencyKey()
    let outcome = try await store.reserve(
      try await DecisionRoutes(store: store).wish(request, context), ttl: .seconds(ttl), idempotencyKey: key,
      context: context.storeContext)
    let path =
      outcome.reservation.map { "reservations/\($0.id.uuidString.lowercased())" }
      ?? "decisions/\(outcome.decision.id.uuidString.lowercased())"
    var headers: HTTPFields = [.location: "/api/v1/\(path)"]
    if outcome.isReplay { headers[.idempotencyReplayed] = "true" }
    let console = await store.consoles(context.logger)
    return try await LongWork.owed {
      let answer = ReservationAnswer(
        reservation: outcome.reservation.map { ReservationView($0, console: console) },
        decision: DecisionIdentity(outcome.decision),
        explanation: try await explaining.view(outcome.answer))
      return try await explaining.response(
        answer, status: outcome.reservation == nil ? .ok : .created, headers: headers)
    }
  }

  /// A quarter of an hour: time enough to create an environment, and not to block a cluster over night.
  private static let standardTTL = 900

  private func cancel(_ id: UUID, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    return try await answer(
      try await store.cancel(
        reservation: id, idempotencyKey: try request.idempotencyKey(), context: context.storeContext), context.logger)
  }

  private func confirm(_ id: UUID, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let key = try request.idempotencyKey()
    // As Régie writes them, or as the console does.
    let body = try await request.members(["projectID", "projectId", "environmentIDs", "environmentIds"])
    let environments = try body.object(try body.name("environmentIDs", or: "environmentIds"))
    let confirmation = ConfirmationRequest(
      projectID: try body.identifier(try body.name("projectID", or: "projectId")),
      environmentIDs: try environments.members.reduce(into: [:]) { ids, member in
        ids[member.key] = try environments.identifier(member.key)
      })
    return try await answer(
      try await store.confirm(
        reservation: id, confirmation, idempotencyKey: key, context: context.storeContext), context.logger)
  }

  private func answer(_ record: ReservationRecord, _ logger: Logger) async throws -> Response {
    try Response.json(
      ReservationView(record, console: await store.consoles(logger)),
      headers: record.isReplay ? [.idempotencyReplayed: "true"] : [:])
  }
}

extension ReservationView {
  /// A stored reservation as the API shows it.
  init(_ record: ReservationRecord, console: ExplanationView.ConsoleLookup) {
    let state: State =
      switch record.state {
      case .pending: .pending
      case .confirmed: .confirmed
      case .cancelled: .cancelled
      case .expired: .expired
      }
    self.init(
      id: record.id, project: record.project, state: state, decision: record.decision, principal: record.principal,
      createdAt: record.createdAt, expiresAt: record.expiresAt, confirmedAt: record.confirmedAt,
      cancelledAt: record.cancelledAt,
      places: record.placements.map(\.spec).map { spec in
        Place(
          environment: spec.environment, replica: spec.replica, zone: spec.zone, cluster: spec.cluster,
          clusterLabel: console(spec.cluster)?.label, clusterID: console(spec.cluster)?.id, quota: spec.quota,
          placement: spec.id)
      })
  }
}
