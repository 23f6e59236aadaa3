import ArgumentParser
import Contract
import Migration
import Model

/// How much is moved at a time, and when.
struct PlanLimits: ParsableArguments {
  @Option(name: .long, help: "Jours pendant lesquels la source est gardée (30). / Days that sources are kept.")
  var retentionDays: Int?

  @Option(name: .long, help: "Jours pour faire une tâche (7). / Days for a task.")
  var taskDays: Int?

  @Option(name: .long, help: "Déplacements par jour, au plus. / The most moves of a day.")
  var perDay: Int?

  @Option(name: .long, help: "Déplacements en cours par opérateur, au plus. / The most moves under way by operator.")
  var inFlightPerOperator: Int?

  @Option(name: .long, help: "Un jour où l'on déplace, AAAA-MM-JJ ; répétable. / A day to move on; may be repeated.")
  var day: [String] = []

  @Option(
    name: .long,
    help: """
      Jours de gel, DU/AU, ou DU/AU@operator:NOM (region, cluster, project) ; répétable. / Days on which something is left \
      alone; may be repeated.
      """)
  var blackout: [String] = []

  @Option(
    name: .long,
    help: """
      PROJET/ENV=PROJET/ENV : le premier ne passe qu'après le second ; répétable. / The first goes after the second only; \
      may be repeated.
      """)
  var after: [String] = []

  func validate() throws {
    _ = try blackout.map(Self.blackout)
    _ = try after.map(Self.dependency)
  }

  private static func blackout(_ text: String) throws -> MigrationDraft.Blackout {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let days = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard days.count == 2, days.allSatisfy({ CalendarDay($0) != nil }) else { throw wrongBlackout(text) }
    var blackout = MigrationDraft.Blackout(from: days[0], until: days[1])
    guard parts.count == 2 else { return blackout }
    let reach = parts[1].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard reach.count == 2, !reach[1].isEmpty else { throw wrongBlackout(text) }
    switch reach[0] {
    case "operator": blackout.operator = reach[1]
    case "region": blackout.region = reach[1]
    case "cluster": blackout.cluster = reach[1]
    case "project": blackout.project = reach[1]
    default: throw wrongBlackout(text)
    }
    return blackout
  }

  private static func wrongBlackout(_ text: String) -> ValidationError {
    ValidationError(
      "--blackout \(text) : attendu / expected 2026-12-20/2027-01-05, …@operator:NAME, @region:, @cluster:, @project:")
  }

  private static func dependency(_ text: String) throws -> MigrationDraft.Dependency {
    let ends = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard ends.count == 2, ends.allSatisfy({ EnvironmentReference($0) != nil }) else {
      throw ValidationError("--after \(text) : attendu / expected PROJECT/ENVIRONMENT=PROJECT/ENVIRONMENT")
    }
    return MigrationDraft.Dependency(first: ends[1], then: ends[0])
  }

  /// What is to be asked of the service.
  func draft(_ motive: MoveMotive, _ reason: String, _ scope: MoveScopeView) throws -> MigrationDraft {
    let (blackouts, dependencies) = (try blackout.map(Self.blackout), try after.map(Self.dependency))
    return MigrationDraft(
      motive: motive, reason: reason, scope: scope,
      limits: MigrationDraft.Limits(
        retentionDays: retentionDays, perDay: perDay, inFlightPerOperator: inFlightPerOperator,
        days: day.isEmpty ? nil : day, blackouts: blackouts.isEmpty ? nil : blackouts,
        dependencies: dependencies.isEmpty ? nil : dependencies),
      taskDays: taskDays)
  }
}

/// What is to be moved, why and on what terms, as the service is asked; what is absent is the service's to choose.
struct MigrationDraft: Codable, Sendable, Hashable {
  struct Limits: Codable, Sendable, Hashable {
    var retentionDays: Int?
    var perDay: Int?
    var inFlightPerOperator: Int?
    var days: [String]?
    var blackouts: [Blackout]?
    var dependencies: [Dependency]?
  }

  /// Days on which something is left alone: all, or what is named.
  struct Blackout: Codable, Sendable, Hashable {
    var from: String
    var until: String
    var `operator`: String?
    var region: String?
    var cluster: String?
    var project: String?
  }

  /// An environment that goes after another one.
  struct Dependency: Codable, Sendable, Hashable {
    var first: String
    var then: String
  }

  var motive: MoveMotive
  var reason: String
  var scope: MoveScopeView
  var limits: Limits
  var taskDays: Int?
}
