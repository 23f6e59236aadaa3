import Contract
import HTTPTypes
import Hummingbird
import Identity
import Model
import Policy
import Store

/// `PUT`, `GET` and `DELETE` of resources: the offer, the policy, projects and derogations.
struct ResourceRoutes: Sendable {
  /// The kinds that clients write.
  static let kinds: [Kind] = [.operator, .chain, .region, .zone, .cluster, .policy, .project, .derogation]

  let store: GovernanceStore
  let authentication: Authentication

  func add(to api: APIRoutes) {
    for kind in Self.kinds {
      let path = RouterPath(kind.plural)
      let (reading, writing) = ResourceAccess.access(to: kind)
      api.get(path, reading) { request, context in try await list(kind, request, context) }
      api.get("\(path)/:name", reading) { request, context in
        try await get(kind, try context.pathPart("name", request), request, context)
      }
      api.put("\(path)/:name", writing) { request, context in
        try await put(kind, try context.pathPart("name", request), request, context)
      }
      api.delete("\(path)/:name", ResourceAccess.deletion(of: kind)) { request, context in
        try await delete(kind, try context.pathPart("name", request), request, context)
      }
    }
  }

  private func list(_ kind: Kind, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["limit", "cursor"])
    let (page, withheld) = try await store.list(
      kind, of: try await readable(kind, context).projectNames, reach: context.capacityReach,
      limit: try request.number("limit", default: 100, in: 1...1000),
      cursor: request.uri.queryParameters["cursor"].map(String.init))
    return try .json(ResourceListView(items: page.items.map(ResourceView.init), next: page.next, withheld: withheld))
  }

  private func get(_ kind: Kind, _ name: String, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters([])
    let told = try await store.get(kind, name, reach: context.capacityReach)
    guard ResourceAccess.isReadable(told.resource, in: try await readable(kind, context)) else {
      throw StoreError.notFound(kind, name)
    }
    let tag = "\"\(told.version)\""
    switch try request.readCondition(at: told.version) {
    case .wanted: return try .json(ResourceView(told), headers: [.eTag: tag])
    case .known: return Response(status: .notModified, headers: [.eTag: tag, .cacheControl: CacheDirectives.ofCaller])
    case .mismatch: throw Problem.versionMismatch(present: told.version, request.language)
    }
  }

  private func readable(_ kind: Kind, _ context: APIContext) async throws -> Scope {
    kind == .derogation ? try await store.derogationScope(of: context) : context.scope
  }

  private func put(_ kind: Kind, _ name: String, _ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["reason"])
    let (condition, reason) = (try request.putCondition(), try request.reason())
    let resource = try request.resource(in: try await request.text())
    guard resource.kind == kind, resource.metadata.name == name else {
      throw Problem.malformed([mismatch(resource, kind, name)], request.language)
    }
    let language = request.language
    if case .project(let project) = resource { try await store.refuseReclassification(of: project, in: context.scope) }
    try ResourceAccess.check(context.caller, mayWrite: kind, name)
    let findings = try await findings(in: resource, language)
    let result = try await store.put(
      resource, context: context.storeContext(because: reason), within: context.scope, if: condition,
      acknowledging: mayAcknowledge(resource, context.caller))
    var headers: HTTPFields = [.eTag: tag(of: result.resource)]
    let problems = resource.problems.filter { $0.severity == .warning } + unheard(in: resource) + result.warnings
    Warnings(problems, findings, language).add(to: &headers, language)
    return try .json(result.resource, status: result.change == .created ? .created : .ok, headers: headers)
  }

  /// Whether writing it acknowledges what it says of qualifications with their evidence: who administers does so, but not for an
  /// operator that he is with. Who is with all of them by rule is with none by name.
  private func mayAcknowledge(_ resource: AnyResource, _ caller: Caller) -> Bool {
    guard caller.has(RoleKind.governanceAdmin) else { return false }
    guard case .region(let region) = resource else { return true }
    return !caller.affiliations.contains(region.spec.operator)
  }

  /// What is to be said of a policy besides its fields.
  ///
  /// - Throws: ``Problem`` 422 where its text alone shows that it can not be meant like this. What only the present offer
  ///   shows is no reason to refuse: the offer may be about to change.
  private func findings(in resource: AnyResource, _ language: Language) async throws -> [Finding] {
    guard case .policy(let policy) = resource else { return [] }
    let present = try await store.presentOffer()
    let findings = try await LongWork.run {
      PolicyValidator.findings(in: policy.spec, on: present.offer, day: present.day)
    }
    let errors = findings.filter { $0.severity == .error && $0.kind == .textual }
    guard errors.isEmpty else { throw Problem.invalid(errors.map(\.problem), language) }
    return findings
  }

  /// Groups that an operator names as its representatives, and that have no voice: no rule gives them the role besides.
  private func unheard(in resource: AnyResource) -> [FieldProblem] {
    guard case .operator(let found) = resource, case .required(let authenticator) = authentication else { return [] }
    return found.spec.representatives.enumerated().compactMap { index, one in
      guard let group = one.group, authenticator.isOnBoard(group: group, for: found.name) == false else { return nil }
      return FieldProblem(
        path: "spec.representatives[\(index)].group",
        message:
          "no rule of roles gives this group board-member(\(found.name)): who is in it has no voice by that alone",
        messageFR:
          "aucune règle des rôles ne donne à ce groupe board-member(\(found.name)) : qui en est n’a pas de voix pour autant",
        value: group, severity: .warning)
    }
  }

  private func delete(_ kind: Kind, _ name: String, _ request: Request, _ context: APIContext) async throws -> Response
  {
    try request.allowParameters(["reason"])
    try await store.delete(
      kind, name, context: context.storeContext(because: try request.reason()), within: context.scope,
      if: try request.deleteCondition())
    return Response(status: .noContent)
  }

  /// The address says what is written; a body that says otherwise is a mistake in one of them.
  private func mismatch(_ resource: AnyResource, _ kind: Kind, _ name: String) -> FieldProblem {
    let isKind = resource.kind != kind
    return FieldProblem(
      path: isKind ? "kind" : "metadata.name", message: "the address names another resource",
      messageFR: "l’adresse désigne une autre ressource",
      value: isKind ? resource.kind.rawValue : resource.metadata.name, accepted: isKind ? kind.rawValue : name)
  }

  private func tag(of resource: AnyResource) -> String {
    "\"\(resource.metadata.resourceVersion ?? "")\""
  }
}

extension ResourceView {
  /// A stored resource as whoever asks is told it.
  init(_ told: ToldResource) { self.init(told.resource, withheld: told.withheld) }
}
