import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import Store

/// `PUT`, `GET` and `DELETE` of resources: the offer, the policy, projects and derogations.
struct ResourceRoutes: Sendable {
  /// The kinds that clients write.
  static let kinds: [Kind] = [.operator, .chain, .region, .zone, .cluster, .policy, .project, .derogation]

  let store: GovernanceStore

  func add(to group: RouterGroup<BasicRequestContext>) {
    for kind in Self.kinds {
      let path = RouterPath(kind.plural)
      group.get(path) { request, _ in try await list(kind, request) }
      group.get("\(path)/:name") { request, context in
        try await get(kind, context.parameters.require("name"), request)
      }
      group.put("\(path)/:name") { request, context in
        try await put(kind, context.parameters.require("name"), request)
      }
      group.delete("\(path)/:name") { request, context in
        try await delete(kind, context.parameters.require("name"), request)
      }
    }
  }

  private func list(_ kind: Kind, _ request: Request) async throws -> Response {
    try request.allowParameters(["limit", "cursor"])
    let page = try await store.list(
      kind, limit: try request.number("limit", default: 100, in: 1...1000),
      cursor: request.uri.queryParameters["cursor"].map(String.init))
    return try .json(ListView(items: page.items, next: page.next))
  }

  private func get(_ kind: Kind, _ name: String, _ request: Request) async throws -> Response {
    let resource = try await store.get(kind, name)
    let tag = tag(of: resource)
    if let known = request.headers[.ifNoneMatch], known == tag { return Response(status: .notModified, headers: [.eTag: tag]) }
    return try .json(resource, headers: [.eTag: tag])
  }

  private func put(_ kind: Kind, _ name: String, _ request: Request) async throws -> Response {
    let documents = try ResourceDocument.read(try await request.text())
    guard documents.count == 1, let document = documents.first else {
      throw refused(request, "un seul document est attendu, \(documents.count) trouvés", "one document is expected, \(documents.count) found")
    }
    let resource = document.resource
    guard resource.kind == kind, resource.metadata.name == name else {
      throw refused(
        request, "le corps est \(resource.kind.rawValue)/\(resource.metadata.name), l’adresse \(kind.rawValue)/\(name)",
        "the body is \(resource.kind.rawValue)/\(resource.metadata.name), the address \(kind.rawValue)/\(name)")
    }
    let errors = document.problems.filter { $0.severity == .error }
    if let first = errors.first {
      throw Problem(
        status: 422, code: StoreError.Kind.invalid.rawValue,
        title: request.language.say("Ressource refusée", "Resource refused"),
        detail: request.language.say(first.descriptionFR, first.description), errors: errors)
    }
    let result = try await store.put(resource, context: request.storeContext, ifMatch: try ifMatch(request))
    return try .json(
      result.resource, status: result.change == .created ? .created : .ok,
      headers: [.eTag: tag(of: result.resource)])
  }

  private func delete(_ kind: Kind, _ name: String, _ request: Request) async throws -> Response {
    try await store.delete(kind, name, context: request.storeContext, ifMatch: try ifMatch(request))
    return Response(status: .noContent)
  }

  private func refused(_ request: Request, _ fr: String, _ en: String) -> Problem {
    Problem(
      status: 400, code: "malformed", title: request.language.say("Document refusé", "Document refused"),
      detail: request.language.say(fr, en))
  }

  private func tag(of resource: AnyResource) -> String {
    "\"\(resource.metadata.resourceVersion ?? "")\""
  }

  /// The version in `If-Match`: one strong tag, or `*`.
  private func ifMatch(_ request: Request) throws -> String? {
    guard let header = request.headers[.ifMatch] else { return nil }
    if header == "*" { return "*" }
    guard header.count >= 3, header.hasPrefix("\""), header.hasSuffix("\""), !header.dropFirst().dropLast().contains("\"")
    else { throw request.badParameter("If-Match", found: header, accepted: "\"version\", *") }
    return String(header.dropFirst().dropLast())
  }
}
