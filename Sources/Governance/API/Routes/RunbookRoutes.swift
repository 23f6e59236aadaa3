import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Migration
import NIOCore
import Store

/// Runbooks: what each party of a migration does, in order, as it stands now.
struct RunbookRoutes: Sendable {
  let store: GovernanceStore
  let templates: RunbookTemplates

  private static let reading = Access.read([.governanceAdmin, .auditor, .boardMember], own: [.projectTeam, .operator])

  private enum Kind: String, CaseIterable {
    case runbook
    case guide
  }

  func add(to api: APIRoutes) {
    api.get("migrations/:id/runbook", Self.reading) { request, context in try await read(request, context) }
  }

  private func read(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["party", "name", "kind", "format"])
    let reader = try reader(request, context)
    let kind = try request.choice("kind", of: Kind.self) ?? .runbook
    let format = try request.choice("format", of: RunbookFormat.self) ?? .markdown
    let language: RunbookLanguage = request.language == .fr ? .fr : .en
    var facts = try await store.runbookFacts(ofMigration: try context.identifier(request), within: context.scope)
    if let contact = templates.serviceContact { facts.contacts.insert(.init(.serviceBody, contact), at: 0) }
    let writer = RunbookWriter(templates)
    let runbook: Runbook
    switch (kind, reader) {
    case (.runbook, _): runbook = writer.runbook(facts, for: reader, in: language, as: format)
    case (.guide, .projectTeam(let project)):
      runbook = writer.guide(facts, project: project, in: language, as: format)
    case (.guide, _):
      throw request.badParameter("party", found: reader.party.rawValue, accepted: MigrationParty.projectTeam.rawValue)
    }
    return Response(
      status: .ok,
      headers: [
        .contentType: format.mediaType, .cacheControl: CacheDirectives.ofCaller, .contentLanguage: language.rawValue,
        .contentDisposition: "inline; filename=\"\(runbook.fileName)\"",
        // What somebody wrote is in it; nothing of it is to run.
        .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'", .xContentTypeOptions: "nosniff",
      ], body: ResponseBody(byteBuffer: ByteBuffer(string: runbook.text)))
  }

  /// For whom it is written. Whoever reads what is his own reads it as himself.
  private func reader(_ request: Request, _ context: APIContext) throws -> RunbookReader {
    guard let party = try request.choice("party", of: MigrationParty.self) else {
      throw request.badParameter(
        "party", found: "", accepted: MigrationParty.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard party != .serviceBody else {
      guard context.scope == .everything else { throw StoreError.forbiddenReader }
      return .serviceBody
    }
    guard let name = request.uri.queryParameters["name"].map(String.init), !name.isEmpty else {
      throw request.badParameter("name", found: "", accepted: party == .projectTeam ? "project" : "operator")
    }
    switch party {
    case .projectTeam:
      guard context.scope.covers(project: name) else { throw StoreError.forbiddenReader }
      return .projectTeam(name)
    case .sourceOperator, .targetOperator:
      guard context.scope.covers(operator: name) else { throw StoreError.forbiddenReader }
      return party == .sourceOperator ? .sourceOperator(name) : .targetOperator(name)
    case .serviceBody: return .serviceBody
    }
  }
}

extension StoreError {
  fileprivate static let forbiddenReader = StoreError(
    .forbidden, path: "party", "this runbook is another party's", fr: "ce runbook est celui d’une autre partie",
    accepted: "your own party / la vôtre")
}

extension HTTPField.Name {
  fileprivate static let contentDisposition = required("Content-Disposition")
  fileprivate static let contentSecurityPolicy = required("Content-Security-Policy")
  fileprivate static let xContentTypeOptions = required("X-Content-Type-Options")
}
