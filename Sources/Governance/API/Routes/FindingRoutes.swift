import Contract
import Foundation
import Hummingbird
import Identity
import Model
import Policy
import Store

/// Placements that do not comply with the policy in force, and what became of them.
struct FindingRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.get("findings", Self.reading) { request, context in try await list(request, context.scope) }
    api.get("findings/ledger", Self.reading) { request, context in try await books(request, context) }
    api.get("findings/:id", Self.reading) { request, context in
      try request.allowParameters([])
      let finding = try await store.finding(try context.identifier(request))
      // What is not within reach is not there.
      guard context.scope.covers(project: finding.project) || context.scope.covers(operator: finding.operator) else {
        let name = finding.id.uuidString.lowercased()
        throw Problem.notFound(
          "il n’existe pas de constat « \(name) »", "there is no finding “\(name)”", request.language)
      }
      return try Response.json(FindingView(finding, request.language), in: request.language)
    }
  }

  /// A finding concerns whose project it is, and who runs the region.
  private static let reading = Access.read(
    [.governanceAdmin, .auditor], own: [.projectTeam, .operator, .boardMember])

  /// Findings about the books, of the clusters within reach; of one that is not on offer any more to whoever sees everything.
  private func books(_ request: Request, _ context: APIContext) async throws -> Response {
    let (limit, cursor) = try request.page(further: ["state"])
    let state = try request.choice("state", of: FindingFilter.State.self, among: [.open, .resolved]) ?? .open
    let page = try await store.ledgerFindings(ended: state == .resolved, limit: limit, cursor: cursor)
    var own: Set<String>?
    if case .own(let operators) = context.capacityReach {
      own = operators.isEmpty ? [] : Land(of: .only(operators), in: try await store.presentOffer().offer).clusters
    }
    return try .json(
      ListView(
        items: page.items.filter { own?.contains($0.difference.cluster) ?? true }.map(LedgerFindingView.init),
        next: page.next))
  }

  private func list(_ request: Request, _ scope: Scope) async throws -> Response {
    try request.allowParameters(["limit", "cursor", "project", "operator", "rule", "state"])
    let query = request.uri.queryParameters
    var filter = FindingFilter(
      project: query["project"].map(String.init), operator: query["operator"].map(String.init),
      rule: query["rule"].map(String.init))
    // Each is some operator's, and some project's.
    if case .own(.only(let operators), .only(let projects)) = scope {
      filter.reach = FindingFilter.Reach(operators: operators.sorted(), projects: projects.sorted())
    }
    if let text = query["state"] {
      guard let state = FindingFilter.State(rawValue: String(text)) else {
        let accepted = FindingFilter.State.allCases.map(\.rawValue).joined(separator: ", ")
        throw request.badParameter("state", found: String(text), accepted: accepted)
      }
      filter.state = state
    }
    let page = try await store.findings(
      filter, limit: try request.number("limit", default: 100, in: 1...1000), cursor: query["cursor"].map(String.init))
    return try Response.json(
      ListView(items: page.items.map { FindingView($0, request.language) }, next: page.next), in: request.language)
  }
}

extension FindingView {
  /// A finding as the API shows it.
  init(_ finding: FindingRecord, _ language: Language) {
    self.init(
      id: finding.id, state: finding.resolvedAt != nil ? .resolved : finding.isOverdue ? .overdue : .open,
      placement: finding.placement, project: finding.project, environment: finding.environment,
      replica: finding.replica, cluster: finding.cluster, zone: finding.zone, region: finding.region,
      operator: finding.operator, policyVersion: finding.policyVersion, rules: finding.rules,
      reasons: finding.reasons.map { ExplanationView.ReasonView($0, language) },
      mayStay: finding.mayStay ? true : nil, openedAt: finding.openedAt,
      dueOn: finding.dueOn, resolvedAt: finding.resolvedAt, resolution: finding.resolution?.rawValue)
  }
}

extension LedgerFindingView {
  /// A finding about the books as the API shows it.
  init(_ finding: LedgerFinding) {
    self.init(
      number: finding.number, finding.difference, foundAt: finding.foundAt, endedAt: finding.endedAt)
  }
}
