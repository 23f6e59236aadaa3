import Model
import Postgres

/// Which requests for derogations somebody may know of (protocol rule 6). They go by the project that each was asked for, and by
/// what that was then: its name says nothing once it was deleted, and its data may have been more sensitive.
public enum DerogationReach: Sendable, Hashable {
  /// All of them.
  case everything
  /// Those of the projects that have these names, those that were asked for by projects of these organisations, and, where classes
  /// of data are named, those for data that was *usuel* and that is of none but these classes.
  case own(projects: Set<String>, organisations: Set<String> = [], usual: [String]? = nil)

  /// What holds of the rows of `derogation_requests` within reach.
  ///
  /// Of what an earlier program has stored neither the project nor what it was then is known: every project that has ever had the
  /// name must be such a one, and to a team it is told where its project was there already.
  var condition: PostgresQuery {
    guard case .own(let projects, let organisations, let usual) = self else { return "true" }
    let isOrganisation: PostgresQuery = "r.spec ->> 'organisation' = ANY(\(organisations.sorted()))"
    let isUsual: PostgresQuery = "r.spec -> 'dataClasses' <@ to_jsonb(\(usual ?? []))"
    return """
      (project = ANY(\(projects.sorted())) AND (
          SELECT coalesce(r.uid = project_uid, r.created_at <= derogation_requests.created_at) FROM resources r
          WHERE r.kind = 'Project' AND r.name = project ORDER BY r.deleted_at DESC NULLS FIRST LIMIT 1)
        OR coalesce(organisation = ANY(\(organisations.sorted())), \(Self.always(isOrganisation)))
        OR \(usual != nil) AND CASE WHEN sensitivity IS NULL THEN \(Self.always(isUsual)) ELSE
          sensitivity = 'usuel' AND EXISTS (SELECT FROM resources r WHERE r.uid = project_uid AND \(isUsual)) END)
      """
  }

  /// Whether it holds of every project that has, or had, the name.
  private static func always(_ condition: PostgresQuery) -> PostgresQuery {
    """
    coalesce((SELECT bool_and(coalesce(\(condition), false)) FROM resources r
      WHERE r.kind = 'Project' AND r.name = project), false)
    """
  }
}
