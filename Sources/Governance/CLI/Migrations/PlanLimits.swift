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

  @Option(name: .long, help: "Vagues par jour, au plus (1). / The most waves of a day.")
  var wavesPerDay: Int?

  @Option(
    name: .long, help: "Productions d'un projet par vague, au plus (1). / Productions of a project in a wave, at most.")
  var productionPerProject: Int?

  @Flag(
    inversion: .prefixedNo,
    help: """
      La production suit les autres environnements de son projet, autant que possible (oui). / Production follows the \
      other environments of its project, as far as possible.
      """)
  var rehearses: Bool?

  @Option(name: .long, help: "Minutes laissées aux agents (60). / Minutes that agents may take.")
  var patienceMinutes: Int?

  @Option(
    name: .long, help: "À l'exécution, déplacements en cours, au plus. / Carried out, the most moves under way.")
  var inFlight: Int?

  @Option(
    name: .long,
    help:
      "À l'exécution, au-delà de tant de difficultés elle s'arrête. / Carried out, beyond so many in trouble it pauses."
  )
  var maxTroubled: Int?

  @Option(
    name: .long,
    help: """
      Un jour où l'on déplace, AAAA-MM-JJ, ou plusieurs, DU..AU ; répétable. / A day to move on, or a range of days; \
      may be repeated.
      """)
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
    _ = try PlanDays.days(day)
    _ = try blackout.map(PlanDays.blackout)
    _ = try after.map(Self.dependency)
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
    let (days, blackouts) = (try PlanDays.days(day), try blackout.map(PlanDays.blackout))
    let dependencies = try after.map(Self.dependency)
    var draft = MigrationDraft(
      motive: motive, reason: reason, scope: scope,
      limits: MigrationDraft.Limits(
        retentionDays: retentionDays, perDay: perDay, inFlightPerOperator: inFlightPerOperator,
        days: days.isEmpty ? nil : days, blackouts: blackouts.isEmpty ? nil : blackouts,
        dependencies: dependencies.isEmpty ? nil : dependencies, wavesPerDay: wavesPerDay,
        productionPerProject: productionPerProject, rehearses: rehearses),
      taskDays: taskDays, patienceMinutes: patienceMinutes)
    if inFlight != nil || maxTroubled != nil {
      draft.pace = MigrationDraft.Pace(inFlight: inFlight, maxTroubled: maxTroubled)
    }
    return draft
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
    var wavesPerDay: Int?
    var productionPerProject: Int?
    var rehearses: Bool?
  }

  /// How fast it is carried out, apart from what the limits of the plan say.
  struct Pace: Codable, Sendable, Hashable {
    var inFlight: Int?
    var maxTroubled: Int?
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
  var patienceMinutes: Int?
  var pace: Pace?
}
