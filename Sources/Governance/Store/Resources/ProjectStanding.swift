public import Model
import Postgres

/// What of a project restrictions go by, and nobody's own word decides: the classes of its data, whose it is and for
/// whom, and what else rules look at. A team that said so itself would be let into a region that is others', or out of a
/// rule that holds for it.
///
/// Its needs, wishes and environments are the team's own to say, and a further class of data that is no more sensitive. So a
/// rule whose subject asks for services or interconnections, or for what a class is not, goes by the team's word.
public struct ProjectStanding: Sendable, Hashable {
  /// The classes of its data.
  public var dataClasses: [String]
  /// The organisation's short name.
  public var organisation: String
  /// For whom it is: an ``AudienceScope``, as it is stored.
  public var audience: String
  /// The kind of project, in the policy's own words.
  public var typology: String?
  /// Its labels.
  public var labels: [String: String]

  /// That of a project.
  public init(of project: Resource<ProjectSpec>) {
    dataClasses = project.spec.dataClasses
    organisation = project.spec.organisation
    audience = project.spec.audience.rawValue
    typology = project.spec.typology
    labels = project.metadata.labels
  }

  fileprivate init(row: PostgresRow) throws {
    dataClasses = try row.decode("classes")
    organisation = try row.decode("organisation")
    audience = try row.decode("audience")
    typology = try row.decode("typology")
    labels = try row.decode(PostgresJSON.self, "labels").model([String: String].self)
  }

  /// Checks what a team writes of its project. It leaves no class that its data is in, and changes nothing else; that its data is
  /// of a further class is asked of the policy, and not here.
  ///
  /// - Parameters:
  ///   - project: as it is written.
  ///   - unsaid: what it does not speak of, whatever stands there.
  ///   - known: what is stored of it, or was when one of that name was deleted last; nil where there never was one.
  /// - Throws: ``StoreError`` of kind `forbidden`.
  public static func check(
    _ project: Resource<ProjectSpec>, saying unsaid: Set<ProjectSpec.Part> = [], over known: ProjectStanding?
  ) throws(StoreError) {
    guard let known else { throw StoreError.unknownProject(project.name) }
    let written = ProjectStanding(of: project)
    try checkClasses(written.dataClasses, over: known.dataClasses)
    let rest: [(path: String, isSame: Bool, accepted: String)] = [
      ("spec.organisation", written.organisation == known.organisation, known.organisation),
      ("spec.audience", written.audience == known.audience, known.audience),
      (
        "spec.typology", unsaid.contains(.typology) || written.typology == known.typology,
        known.typology ?? "nothing (null)"
      ),
      (
        "metadata.labels", unsaid.contains(.labels) || written.labels == known.labels,
        known.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
      ),
    ]
    guard let changed = rest.first(where: { !$0.isSame }) else { return }
    throw StoreError(
      .forbidden, path: changed.path, "what restrictions go by, the console or governance says, and not the team",
      fr: "ce que suivent les restrictions, la console ou la gouvernance le dit, et non l’équipe",
      accepted: changed.accepted.isEmpty ? "none" : changed.accepted)
  }

  private static func checkClasses(_ classes: [String], over known: [String]) throws(StoreError) {
    let left = known.filter { !classes.contains($0) }
    guard !left.isEmpty else { return }
    let list = left.joined(separator: ", ")
    throw StoreError(
      .forbidden, path: "spec.dataClasses",
      "that its data is not of a class any more, the console or governance says, and not the team: \(list)",
      fr: "que ses données ne sont plus d’une classe, la console ou la gouvernance le dit, et non l’équipe : \(list)",
      accepted: known.joined(separator: ", "))
  }
}

extension GovernanceStore {
  /// What is known of a project: what is stored, or was when one of that name was deleted last; nil where there never was one.
  public func standing(of name: String) async throws -> ProjectStanding? {
    try await pool.withConnection { try await Self.standings(of: [name], in: $0) }[name]
  }

  /// The same of several, by name, inside the caller's transaction.
  static func standings(
    of names: [String], in connection: PostgresConnection
  ) async throws -> [String: ProjectStanding] {
    try standings(in: try await connection.query(selectStandings(of: names)))
  }

  static func selectStandings(of names: [String]) -> PostgresQuery {
    """
    SELECT DISTINCT ON (name) name, ARRAY(SELECT jsonb_array_elements_text(spec -> 'dataClasses')) AS classes,
      spec ->> 'organisation' AS organisation, spec ->> 'audience' AS audience, spec ->> 'typology' AS typology, labels
    FROM resources WHERE kind = 'Project' AND name = ANY(\(names)) ORDER BY name, deleted_at DESC NULLS FIRST
    """
  }

  /// By the project's name.
  static func standings(in rows: some Sequence<PostgresRow>) throws -> [String: ProjectStanding] {
    var standings: [String: ProjectStanding] = [:]
    for row in rows { standings[try row.decode("name")] = try ProjectStanding(row: row) }
    return standings
  }
}

extension StoreError {
  /// Nobody has said yet whose the project is.
  fileprivate static func unknownProject(_ name: String) -> StoreError {
    StoreError(
      .forbidden, path: "metadata.name",
      "whose project “\(name)” is, the console or governance says first, and not its team",
      fr: "à qui est le projet « \(name) », la console ou la gouvernance le dit d’abord, et non son équipe",
      accepted: "a project that the console or governance has made")
  }
}
