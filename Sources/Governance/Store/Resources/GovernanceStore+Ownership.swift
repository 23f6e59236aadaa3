import Identity
import Model
import Policy
import Postgres

extension GovernanceStore {
  /// Checks that a resource is within reach of who writes it. It is asked of what is stored and of what would be: else
  /// somebody could take what is another's by writing one's own name into it, or give away what others then have to answer
  /// for. In the write's transaction, under its locks: nobody becomes the owner in between.
  ///
  /// - Throws: ``StoreError`` of kind `forbidden`.
  func check(_ resource: AnyResource, isWithin scope: Scope, in connection: PostgresConnection) async throws {
    guard scope != .everything else { return }
    let isOwn =
      switch resource {
      case .region(let region): scope.covers(operator: region.spec.operator)
      case .zone(let zone):
        scope.covers(operator: try await owner(Self.ownerOfRegion(zone.spec.region), in: connection))
      case .cluster(let cluster):
        scope.covers(operator: try await owner(Self.ownerOfZone(cluster.spec.zone), in: connection))
      case .project(let project): scope.covers(project: project.name)
      case .operator, .chain, .policy, .derogation, .placement, .migration, .flowRequest: false
      }
    guard isOwn else { throw StoreError.notOwn(resource.kind, resource.metadata.name) }
  }

  /// Checks that a resource is within reach of who would have it deleted. What is withheld from him is not told from what there
  /// is not.
  ///
  /// - Throws: ``StoreError`` of kind `forbidden` or `notFound`.
  func check(_ resource: AnyResource, isErasableWithin scope: Scope, in connection: PostgresConnection) async throws {
    do {
      try await check(resource, isWithin: scope, in: connection)
    } catch let error as StoreError where error.kind == .forbidden {
      guard case .own(.only(let operators), _) = scope, OfferDisclosure.concerns(resource.kind) else { throw error }
      let disclosure = try Self.disclosure(.own(operators: operators), try await connection.query(Self.selectPlaces))
      guard disclosure.extent(of: resource) != .nothing else {
        throw StoreError.notFound(resource.kind, resource.metadata.name)
      }
      throw error
    }
  }

  /// An operator says who speaks for it, and how it is reached. What else is said of it is governance's: who is an operator makes the electorate, and
  /// rules go by its labels.
  static func check(_ written: Resource<OperatorSpec>, over present: AnyResource?, isWithin scope: Scope) throws {
    guard scope.covers(operator: written.name), case .operator(var allowed)? = present else {
      throw StoreError.notOwn(.operator, written.name)
    }
    (allowed.spec.representatives, allowed.spec.contact) = (written.spec.representatives, written.spec.contact)
    guard AnyResource.operator(allowed).sameContent(as: .operator(written)) else {
      throw StoreError(
        .forbidden, path: "spec", "of itself an operator changes its representatives and its contact, and nothing else",
        fr: "de lui-même un opérateur change ses représentants et son contact, et rien d’autre",
        accepted: "spec.representatives, spec.contact")
    }
  }

  /// Of its chain an operator says what it is called, to whom it is open, and to which of its own regions it delivers. It may
  /// also take something back: a region of another's, or a sensitivity. What else a chain may is governance's to say.
  func check(
    _ written: Resource<ChainSpec>, over present: AnyResource?, isWithin scope: Scope, in connection: PostgresConnection
  ) async throws {
    guard case .chain(var allowed)? = present, let name = allowed.spec.operator, scope.covers(operator: name) else {
      throw StoreError.notOwn(.chain, written.name)
    }
    let further = Set(written.spec.regions).subtracting(allowed.spec.regions)
    for region in further.sorted() {
      guard try await owner(Self.ownerOfRegion(region), in: connection) == name else {
        throw StoreError(
          .forbidden, path: "spec.regions", "region “\(region)” is not the chain’s operator’s own",
          fr: "la région « \(region) » n’est pas à l’opérateur de la chaîne", accepted: "regions of “\(name)”")
      }
    }
    let isNarrower = Set(written.spec.sensitivities).isSubset(of: allowed.spec.sensitivities)
    if isNarrower { allowed.spec.sensitivities = written.spec.sensitivities }
    allowed.spec.regions = written.spec.regions
    (allowed.spec.displayName, allowed.spec.audience) = (written.spec.displayName, written.spec.audience)
    guard AnyResource.chain(allowed).sameContent(as: .chain(written)) else {
      throw StoreError(
        .forbidden, path: "spec", "of its chain an operator changes the name, the audience and its own regions",
        fr: "de sa chaîne un opérateur change le nom, l’audience et ses propres régions",
        accepted: "spec.displayName, spec.audience, spec.regions, fewer spec.sensitivities")
    }
  }

  /// How sensitive data is that a zone may hold, and what restrictions go by of a project, follows from nobody's own word: an
  /// operator that called a zone DR would be told of what DR projects ask, and a team that called its data less, or itself
  /// another's, would be free of what holds for it. An operator may say that a zone holds less. What a project was when it was
  /// deleted, it is when it is made again.
  func checkStanding(
    of resource: AnyResource, over present: AnyResource?, in connection: PostgresConnection
  ) async throws {
    switch (resource, present) {
    case (.zone(let zone), let present):
      var known = Sensitivity.usuel
      if case .zone(let before)? = present { known = before.spec.sensitivity }
      guard zone.spec.sensitivity > known else { return }
      throw StoreError(
        .forbidden, path: "spec.sensitivity", "that a zone holds more sensitive data, governance says",
        fr: "qu’une zone reçoit des données plus sensibles, la gouvernance le dit", accepted: known.rawValue)
    case (.project(let project), _):
      let known = try await Self.standings(of: [project.name], in: connection)
      try ProjectStanding.check(project, over: known[project.name])
    default: return
    }
  }

  private func owner(_ query: PostgresQuery, in connection: PostgresConnection) async throws -> String? {
    try await connection.query(query).first?.decode(String.self, at: 0)
  }

  /// The operator of a region.
  static func ownerOfRegion(_ name: String) -> PostgresQuery {
    """
    SELECT spec ->> 'operator' FROM resources WHERE kind = 'Region' AND name = \(name) AND deleted_at IS NULL
    """
  }

  private static func ownerOfZone(_ name: String) -> PostgresQuery {
    """
    SELECT r.spec ->> 'operator' FROM resources z
    JOIN resources r ON r.kind = 'Region' AND r.name = z.spec ->> 'region' AND r.deleted_at IS NULL
    WHERE z.kind = 'Zone' AND z.name = \(name) AND z.deleted_at IS NULL
    """
  }
}

extension StoreError {
  /// It is another's, or would be.
  static func notOwn(_ kind: ResourceKind, _ name: String) -> StoreError {
    StoreError(
      .forbidden, path: "metadata.name", "\(kind.rawValue) “\(name)” is, or would be, another’s",
      fr: "\(kind.rawValue) « \(name) » est, ou serait, à un autre", accepted: "what is your own")
  }
}
