import Contract
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Requests
import Store

/// Destinations that are told of what concerns their owners.
struct WebhookRoutes: Sendable {
  let store: GovernanceStore
  /// Which addresses may be destinations.
  let destinations: NetworkGuard

  private static let reading = Access.read([.governanceAdmin, .auditor], own: [.projectTeam, .operator])
  private static let writing = Access.change([.governanceAdmin], own: [.projectTeam, .operator])

  func add(to api: APIRoutes) {
    api.get("webhooks", Self.reading) { request, context in
      let (limit, cursor) = try request.page(further: ["principal"])
      let page = try await store.webhooks(
        by: request.uri.queryParameters["principal"].map(String.init), within: context.scope, limit: limit,
        cursor: cursor)
      return try .json(ListView(items: page.items.map { WebhookView($0) }, next: page.next))
    }
    api.post("webhooks", Self.writing) { request, context in try await make(request, context) }
    api.delete("webhooks/:id", Self.writing) { request, context in
      try request.allowParameters([])
      try await store.removeWebhook(
        try context.identifier(request), within: context.scope, context: context.storeContext)
      return Response(status: .noContent)
    }
    api.post("webhooks/:id/test", Self.writing) { request, context in
      try request.allowParameters([])
      let record = try await store.testWebhook(try context.identifier(request), within: context.scope)
      return try .json(DeliveryView(record), status: .accepted)
    }
    api.post("webhook-deliveries/:id/resend", Self.writing) { request, context in
      try request.allowParameters([])
      let record = try await store.resendDelivery(
        try context.identifier(request), within: context.scope, context: context.storeContext)
      return try .json(DeliveryView(record), status: .accepted)
    }
    api.get("webhooks/:id/deliveries", Self.reading) { request, context in
      let (limit, cursor) = try request.page(further: ["state"])
      let page = try await store.deliveries(
        to: try context.identifier(request), state: try request.choice("state", of: DeliveryRecord.State.self),
        within: context.scope, limit: limit, cursor: cursor)
      return try .json(ListView(items: page.items.map(DeliveryView.init), next: page.next))
    }
  }

  private func make(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let body = try await request.members(["operator", "project", "serviceBody", "url", "events"])
    let owner = try owner(body, request.language)
    let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    let record = try await store.addWebhook(
      try address(try body.text("url"), request.language), events: try events(body, request.language), of: owner,
      secret: secret, within: context.scope, context: context.storeContext)
    // Kept nowhere on the way, and shown this once.
    return try .json(
      WebhookView(record, secret: secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()),
      status: .created,
      headers: [
        .location: "/api/v1/webhooks/\(record.id.uuidString.lowercased())", .cacheControl: CacheDirectives.ofSecret,
      ])
  }

  private func owner(_ body: RequestMembers, _ language: Language) throws -> WebhookRecord.Owner {
    switch (
      try body.optionalText("operator"), try body.optionalText("project"), try body.flag("serviceBody") ?? false
    ) {
    case (let name?, nil, false): return .operator(name)
    case (nil, let name?, false): return .project(name)
    case (nil, nil, true): return .serviceBody
    default:
      throw refusal(
        "operator", "exactly one of operator, project and serviceBody is needed",
        "il faut operator, project ou serviceBody, et un seul des trois", accepted: "operator, project, serviceBody",
        language)
    }
  }

  /// Where a name leads is looked at with each delivery: it may lead elsewhere by then.
  private func address(_ text: String, _ language: Language) throws -> WebhookAddress {
    let accepted = destinations.allowsPlain ? "https://…, http://…" : "https://…"
    guard let address = WebhookAddress(text), address.isSecure || destinations.allowsPlain else {
      throw refusal(
        "url", "no address of a destination", "ce n’est pas l’adresse d’une destination", accepted: accepted, language)
    }
    if NetworkGuard.isAddress(address.host), !destinations.permits(address.host) {
      throw refusal(
        "url", "an address that nothing is delivered to", "une adresse où rien n’est livré",
        accepted: "a public address, or one of REGIE_WEBHOOK_NETWORKS", language)
    }
    return address
  }

  private func events(_ body: RequestMembers, _ language: Language) throws -> [WebhookEvent] {
    guard let names = try body.texts("events") else { return WebhookEvent.choices }
    let events = names.compactMap(WebhookEvent.init).filter(WebhookEvent.choices.contains)
    guard events.count == names.count, Set(events).count == names.count else {
      throw refusal(
        "events", "names an event that there is not, or one twice",
        "nomme un fait qui n’existe pas, ou deux fois le même",
        accepted: WebhookEvent.choices.map(\.rawValue).joined(separator: ", "), language)
    }
    return events
  }

  private func refusal(
    _ path: String, _ message: String, _ messageFR: String, accepted: String, _ language: Language
  ) -> Problem {
    .malformed([FieldProblem(path: path, message: message, messageFR: messageFR, accepted: accepted)], language)
  }
}

extension WebhookView {
  /// A stored destination as the API shows it.
  init(_ record: WebhookRecord, secret: String? = nil) {
    var (name, project): (String?, String?) = (nil, nil)
    switch record.owner {
    case .operator(let owner): name = owner
    case .project(let owner): project = owner
    case .serviceBody: break
    }
    self.init(
      id: record.id, operator: name, project: project, address: record.shown, events: record.events,
      principal: record.principal, createdAt: record.createdAt, failures: record.failures, pending: record.pending,
      dead: record.dead, ended: record.isEnded, endsAt: record.endsAt, secret: secret,
      isServiceBody: record.owner == .serviceBody)
  }
}

extension DeliveryView {
  /// A stored delivery as the API shows it.
  init(_ record: DeliveryRecord) {
    self.init(
      id: record.id, event: record.event, state: record.state.rawValue, at: record.at, attempts: record.attempts,
      status: record.status, failure: record.failure, settledAt: record.settledAt)
  }
}
