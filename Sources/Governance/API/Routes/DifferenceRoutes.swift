import Contract
import Hummingbird
import Identity
import Model
import Policy
import Store

/// What one policy says that another does not.
struct DifferenceRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    // What was decided is published, to those who may read the versions themselves.
    api.get("policy/versions/:version/difference/:to", .anyRole) { request, context in
      try request.allowParameters([])
      let (from, to) = (try request.version("version", context), try request.version("to", context))
      let (before, after) = (try await store.policyDocument(version: from), try await store.policyDocument(version: to))
      return try await Self.answer(before, after, from: from, to: to, request.language)
    }
    api.post("policy:difference", .anyRole) { request, _ in
      try request.allowParameters(["base"])
      let policy = try request.policy(in: try await request.text())
      guard request.uri.queryParameters["base"] != nil else {
        let present = try await store.policyInForce()
        guard let present else {
          throw StoreError(
            .noPolicy, "no policy is in force to compare with",
            fr: "aucune politique n’est en vigueur à laquelle comparer",
            accepted: "a Policy, applied first")
        }
        return try await Self.answer(present.spec, policy, from: present.version, to: nil, request.language)
      }
      let base = Int64(try request.number("base", default: 1, in: 1...Int(Int32.max)))
      return try await Self.answer(
        try await store.policyDocument(version: base), policy, from: base, to: nil, request.language)
    }
  }

  private static func answer(
    _ before: PolicySpec, _ after: PolicySpec, from: Int64, to: Int64?, _ language: Language
  ) async throws -> Response {
    try Response.json(try await view(before, after, from: from, to: to, language), in: language)
  }

  /// Worked out where it holds nobody else up: each capacity rule is looked at beside each other one.
  static func view(
    _ before: PolicySpec, _ after: PolicySpec, from: Int64, to: Int64?, _ language: Language
  ) async throws -> DifferenceView {
    try await LongWork.run {
      DifferenceView(PolicyDifference(from: before, to: after), from: from, to: to, language: language)
    }
  }
}

extension Request {
  /// The version of a policy that `:name` stands for.
  fileprivate func version(_ name: String, _ context: APIContext) throws -> Int64 {
    let text = try context.pathPart(name, self)
    guard let version = Int64(text), version >= 1 else { throw badParameter(name, found: text, accepted: "1…") }
    return version
  }

  /// The one valid policy that `text` holds.
  ///
  /// - Throws: as ``resource(in:)``; ``Problem`` 422 for a resource of another kind.
  func policy(in text: String) throws -> PolicySpec {
    let resource = try resource(in: text)
    guard case .policy(let policy) = resource else {
      throw Problem.invalid(
        [
          FieldProblem(
            path: "kind", message: "a policy is wanted", messageFR: "une politique est attendue",
            value: resource.kind.rawValue, accepted: "Policy")
        ], language)
    }
    return policy.spec
  }
}
