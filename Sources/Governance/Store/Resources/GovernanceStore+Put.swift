import Events
import Foundation
public import Identity
public import Model
import Postgres
import Requests
import Trail

extension GovernanceStore {
  /// Creates or replaces a resource, with its audit entry, in one transaction. Putting what is there already changes
  /// nothing. A policy becomes the next version, in force at once.
  ///
  /// - Parameters:
  ///   - scope: how far the caller's reach goes: both what is stored and what is written must be within it.
  ///   - condition: what must be so for the write to take place.
  ///   - acknowledging: whether the caller answers for the qualifications that it declares with days and evidence, or in
  ///     the first offer, before any policy: only who administers does.
  /// - Throws: ``StoreError``: `invalid` with every problem; `forbidden`; `conflict` for a reference to nothing, a field that may
  ///   not change now or a kind that is not written by clients; `versionMismatch`.
  public func put(
    _ resource: AnyResource, context: RequestContext, within scope: Scope = .everything,
    if condition: WriteCondition = .always, acknowledging: Bool = false
  ) async throws -> PutResult {
    try Self.checkByItself(resource)
    let result = try await pool.withTransaction { connection in
      try await connection.pipeline(Self.locksForWriting(resource.kind, resource.metadata.name))
      try await checkHand(on: resource, in: connection)
      return try await put(
        resource, context: context, within: scope, if: condition, acknowledging: acknowledging, in: connection)
    }
    if resource.kind == .project { world.forget([resource.metadata.name]) } else { world.forgetHead() }
    return result
  }

  /// What can be said without the database.
  static func checkByItself(_ resource: AnyResource) throws {
    switch resource.kind {
    case .placement, .migration, .flowRequest:
      throw StoreError(
        .conflict, path: "kind", "a \(resource.kind.rawValue) is not written by clients",
        fr: "les clients n’écrivent pas de \(resource.kind.rawValue)",
        accepted: "Operator, Chain, Region, Zone, Cluster, Policy, Project, Derogation")
    case .operator, .chain, .region, .zone, .cluster, .policy, .project, .derogation: break
    }
    let problems = resource.problems.filter { $0.severity == .error }
    guard problems.isEmpty else { throw StoreError.invalid(problems) }
  }

  /// Projects do not disturb the decisions on other projects, and queue by their name; all other kinds are what
  /// decisions are made on.
  static func locksForWriting(_ kind: ResourceKind, _ name: String) -> [PostgresQuery] {
    guard kind == .project else { return [StoreLocks.takeOffer()] }
    return [StoreLocks.shareOffer(), "SELECT pg_advisory_xact_lock(hashtextextended(\(name)::text, 0))"]
  }

  /// The write itself, inside the caller's transaction and under the caller's locks.
  func put(
    _ resource: AnyResource, context: RequestContext, within scope: Scope, if condition: WriteCondition,
    acknowledging: Bool = false, in connection: PostgresConnection
  ) async throws -> PutResult {
    let (kind, name) = (resource.kind, resource.metadata.name)
    let before = try await present(kind, name, in: connection)
    switch resource {
    case .operator(let written) where scope != .everything:
      try Self.check(written, over: before.resource, isWithin: scope)
    case .chain(let written) where scope != .everything:
      try await check(written, over: before.resource, isWithin: scope, in: connection)
    default:
      for written in [before.resource, resource].compactMap(\.self) {
        try await check(written, isWithin: scope, in: connection)
      }
      if scope != .everything { try await checkStanding(of: resource, over: before.resource, in: connection) }
    }
    let condition = condition.or(carriedBy: resource)
    let same = before.resource.flatMap { $0.sameContent(as: resource) ? $0 : nil }
    if same == nil || !condition.allowsRepetition {
      try condition.check(against: before.resource?.metadata.resourceVersion)
    }
    if let old = same {
      return PutResult(
        resource: old, change: .unchanged, policyVersion: before.policyVersion(of: kind),
        warnings: before.book.warnings(of: old))
    }
    try await checkReferences(of: resource, in: connection)
    try await checkConflicts(of: resource, with: before.resource, within: scope, in: connection)
    try await checkDataCenters(of: resource, after: before.resource, in: connection)
    if !acknowledging {
      try await checkQualifications(of: resource, after: before.resource, at: before.now, in: connection)
    }

    let book = try before.book.following(
      resource, after: before.resource, byAdministrator: acknowledging, isFirstOffer: before.latestPolicy == nil,
      at: before.now)

    let change: Change = before.resource == nil ? .created : .changed
    let detail = PutDetail(
      before: before.resource, after: resource,
      effectiveAt: kind == .policy ? before.now : nil,
      acknowledgedWithoutEvidence: book.unproven(after: before.book))
    var statements = [
      Self.author(context),
      try Self.write(resource, saying: book, over: before.resource, uid: mint()),
      try AuditWriter.entry(
        at: before.now, context: context, action: change.rawValue, kind: kind.rawValue, name: name, detail: detail),
    ]
    if kind != .project {
      statements.append("UPDATE offer_state SET version = version + 1")
      statements.append(Self.announceOffer)
    }
    let written = try AnyResource(declared: try await connection.pipeline(statements)[1].only)
    let version = try await bringIntoForce(written, at: before.now, context: context, in: connection)
    try await refreshLimits(after: written, in: connection)
    return PutResult(
      resource: written, change: change, policyVersion: version, warnings: book.warnings(of: written))
  }

  private struct Present {
    var resource: AnyResource?
    var book: QualificationBook
    var latestPolicy: Int64?
    var now: Timestamp

    func policyVersion(of kind: ResourceKind) -> Int64? { kind == .policy ? latestPolicy : nil }
  }

  private func present(
    _ kind: ResourceKind, _ name: String, in connection: PostgresConnection
  ) async throws -> Present {
    let answers = try await connection.pipeline([
      "\(Self.selectResource(kind, name)) FOR UPDATE",
      "SELECT clock_timestamp() AS now, (\(Self.inForce)) AS policy",
    ])
    let head = try answers[1].only
    return Present(
      resource: try answers[0].first.map { try AnyResource(declared: $0) },
      book: try answers[0].first.map { try AnyResource.book($0) } ?? QualificationBook(),
      latestPolicy: try head.decode("policy"),
      now: Timestamp(try head.decode(Date.self, "now")))
  }

  /// The row of a resource, new or in the place of `old`.
  static func write(
    _ resource: AnyResource, saying book: QualificationBook = QualificationBook(), over old: AnyResource?, uid: UUID
  ) throws -> PostgresQuery {
    let labels = try PostgresJSON(model: resource.metadata.labels)
    let annotations = try PostgresJSON(model: resource.metadata.annotations)
    let spec = try PostgresJSON(model: resource.spec)
    let verdicts = try book.verdicts.isEmpty ? nil : PostgresJSON(model: book)
    guard let old, let uid = old.metadata.uid else {
      return """
        INSERT INTO resources (uid, kind, name, generation, labels, annotations, spec, verdicts)
        VALUES (\(uid), \(resource.kind.rawValue), \(resource.metadata.name), 1, \(labels), \(annotations), \(spec),
          \(verdicts))
        RETURNING \(AnyResource.columns)
        """
    }
    let step: Int64 = old.hasSameSpec(as: resource) ? 0 : 1
    return """
      UPDATE resources SET labels = \(labels), annotations = \(annotations), spec = \(spec), verdicts = \(verdicts),
        generation = generation + \(step), resource_version = nextval('resource_versions'),
        updated_at = clock_timestamp()
      WHERE uid = \(uid) RETURNING \(AnyResource.columns)
      """
  }

  /// A policy that was written is the next version, in force from this moment of the database's clock, read under the offer's lock.
  private func bringIntoForce(
    _ resource: AnyResource, at now: Timestamp, context: RequestContext, in connection: PostgresConnection
  ) async throws -> Int64? {
    guard case .policy(let policy) = resource, let uid = policy.metadata.uid else { return nil }
    let rows = try await connection.query(
      """
      INSERT INTO policy_versions (version, resource, effective_at, document, principal)
      SELECT greatest(coalesce(max(version), 0), (SELECT policies_told FROM epoch)) + 1, \(uid), \(now.date),
        \(try PostgresJSON(model: policy.spec)), \(context.principal)
      FROM policy_versions RETURNING version
      """)
    try await tellVersions(context: context, in: connection)
    return try rows.only.decode("version")
  }
}

/// What the audit trail keeps of a write.
struct PutDetail: Encodable {
  /// A resource without what the server adds.
  struct Content: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var spec: any ResourceSpec

    /// - Parameter salt: chance of the entry's own, which is kept nowhere.
    init(_ resource: AnyResource, salt: [UInt8]) {
      labels = resource.metadata.labels
      annotations = resource.metadata.annotations
      spec = resource.spec
      // Who speaks for an operator may be a person: the trail says how many, names none of them, and shows where one has
      // taken another's place.
      if case .operator(let found) = resource {
        var spec = found.spec
        spec.representatives = spec.representatives.map { one in
          guard let subject = one.subject else { return one }
          return OperatorSpec.Representative(subject: AuditPerson(name: subject, salt: salt).pseudonym)
        }
        self.spec = spec
      }
      if case .derogation(let found) = resource, found.spec.requestedBy != nil {
        var spec = found.spec
        spec.requestedBy = AuditPerson.unnamed
        self.spec = spec
      }
    }

    private enum Field: String, CodingKey {
      case labels, annotations, spec
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Field.self)
      try container.encode(labels, forKey: .labels)
      try container.encode(annotations, forKey: .annotations)
      try container.encode(spec, forKey: .spec)
    }
  }

  var before: Content?
  var after: Content?
  /// Of a policy, since when it is in force.
  var effectiveAt: Timestamp?
  /// Qualifications of the first offer that count with the write, though nothing proves them, or not for which days.
  var acknowledgedWithoutEvidence: [String]?

  init(
    before: AnyResource?, after: AnyResource?, effectiveAt: Timestamp? = nil,
    acknowledgedWithoutEvidence: [String]? = nil
  ) {
    let salt = AuditPerson.salt()
    self.before = before.map { Content($0, salt: salt) }
    self.after = after.map { Content($0, salt: salt) }
    self.effectiveAt = effectiveAt
    self.acknowledgedWithoutEvidence = acknowledgedWithoutEvidence
  }
}

extension AnyResource {
  /// Whether a client's document says what is stored already.
  func sameContent(as other: AnyResource) -> Bool {
    hasSameSpec(as: other) && metadata.labels == other.metadata.labels
      && metadata.annotations == other.metadata.annotations
  }

  func hasSameSpec(as other: AnyResource) -> Bool {
    AnyHashable(spec) == AnyHashable(other.spec)
  }
}
