import ArgumentParser
import Contract
import Foundation
import Migration
import Model
import NIOCore
import NIOHTTP1

/// What is to be moved: names of one kind.
struct ScopeOptions: ParsableArguments {
  @Option(name: .long, help: "Tout ce qu'a une région ; répétable. / All of a region; may be repeated.")
  var region: [String] = []

  @Option(name: .long, help: "Tout ce qu'a un cluster ; répétable. / All of a cluster; may be repeated.")
  var cluster: [String] = []

  @Option(name: .long, help: "Tous les environnements d'un projet. / All environments of a project.")
  var project: String?

  @Option(name: .long, help: "Un environnement, PROJET/ENVIRONNEMENT. / One environment.")
  var environment: String?

  @Option(name: .long, help: "Un placement, par son UUID ; répétable. / A placement; may be repeated.")
  var placement: [String] = []

  func validate() throws { _ = try scope() }

  /// - Throws: `ValidationError` where nothing is named, or things of two kinds.
  func scope() throws -> MoveScopeView {
    let ids = try placement.map { text in
      guard let id = UUID(uuidString: text) else {
        throw ValidationError("--placement \(text) : attendu un UUID / expected a UUID")
      }
      return id
    }
    var scopes: [MoveScope] = []
    if !region.isEmpty { scopes.append(.regions(region)) }
    if !cluster.isEmpty { scopes.append(.clusters(cluster)) }
    if let project { scopes.append(.project(project)) }
    if let environment {
      guard let named = EnvironmentReference(environment) else {
        throw ValidationError(
          "--environment \(environment) : attendu PROJET/ENVIRONNEMENT / expected PROJECT/ENVIRONMENT")
      }
      scopes.append(.environment(project: named.project, environment: named.environment))
    }
    if !ids.isEmpty { scopes.append(.selection(ids)) }
    guard scopes.count == 1, let scope = scopes.first else {
      throw ValidationError(
        "dites quoi déplacer, par une seule de ces options / say what is moved, by one of these options: "
          + "--region, --cluster, --project, --environment, --placement")
    }
    return MoveScopeView(scope)
  }
}

/// `regie migrate plan`.
struct MigratePlan: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Planifier sans rien changer, ou avec --save créer la migration. / Plan, and save it.",
    discussion: """
      Sans --save rien n'est gardé. Avec --save la migration est créée, et son identifiant écrit : rien ne bouge avant que
      chaque partie ait approuvé (regie migrate approve) et qu'elle soit lancée (regie migrate start).
      Without --save nothing is kept. With it the migration is made, and its identifier written: nothing moves before every
      party has approved, and it is started.
      """)

  @OptionGroup var options: ClientOptions
  @OptionGroup var scope: ScopeOptions

  @Option(name: .long, help: "finding, departure, capacity, wish ou disaster.")
  var motive: MoveMotive

  @Option(name: .long, help: "Pourquoi, en toutes lettres. / Why, in words.")
  var reason: String

  @OptionGroup var limits: PlanLimits

  @Flag(name: .long, help: "Créer la migration. / Make the migration.")
  var save = false

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard save || key.idempotencyKey == nil else {
      throw ValidationError("--idempotency-key ne vaut qu’avec --save / goes with --save only")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let draft = try limits.draft(motive, reason, try scope.scope())
      guard save else {
        let plan = try await client.plan(draft)
        Console.print(try output.render(plan) ?? PlanText.render(plan, language: client.language))
        return
      }
      let view = try await client.migrate(draft, key: key.orNew)
      if let text = try output.render(view) { return Console.print(text) }
      let plan = try await client.plan(of: view)
      Console.print(PlanText.render(plan, language: client.language))
      Console.print(MigrationText.saved(view, language: client.language))
    }
  }
}

/// `regie evacuate REGION`.
struct Evacuate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Planifier le départ de tout ce qu'a une région. / Plan that everything of a region leaves it.",
    discussion: """
      Montre le plan ; avec --yes crée aussi la migration, et dit les commandes qui suivent. Une région qui s'en va est
      d'abord déclarée « draining », pour que plus rien n'y vienne.
      Shows the plan; with --yes the migration is made as well, and the commands that follow are told. A region that leaves
      is declared “draining” first, so that nothing comes any more.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(help: "La région. / The region.")
  var region: String

  @Option(name: .long, help: "departure, ou disaster : la région est perdue. / departure, or disaster: it is lost.")
  var motive = MoveMotive.departure

  @Option(name: .long, help: "Pourquoi, en toutes lettres. / Why, in words.")
  var reason: String

  @OptionGroup var limits: PlanLimits

  @Flag(name: .long, help: "Créer la migration. / Make the migration.")
  var yes = false

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func validate() throws {
    guard yes || key.idempotencyKey == nil else {
      throw ValidationError("--idempotency-key ne vaut qu’avec --yes / goes with --yes only")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let draft = try limits.draft(motive, reason, MoveScopeView(.regions([region])))
      guard yes else {
        let plan = try await client.plan(draft)
        if let text = try output.render(plan) { return Console.print(text) }
        Console.print(PlanText.render(plan, language: client.language))
        Console.print(
          client.language == .fr
            ? "rien n’est gardé : --yes crée la migration" : "nothing is kept: --yes makes the migration")
        return
      }
      let view = try await client.migrate(draft, key: key.orNew)
      if let text = try output.render(view) { return Console.print(text) }
      Console.print(PlanText.render(try await client.plan(of: view), language: client.language))
      Console.print(MigrationText.saved(view, language: client.language))
    }
  }
}

extension APIClient {
  /// A plan that is not kept. It may be searched for a while.
  func plan(_ draft: MigrationDraft) async throws -> MigrationPlan {
    try await send(
      .POST, "/api/v1/migrations/plan", body: try ModelJSON.encoder.encode(draft), timeout: .seconds(120)
    ).decode()
  }

  /// Makes a migration. It is planned first, which may take a while.
  func migrate(_ draft: MigrationDraft, key: String = UUID().uuidString) async throws -> MigrationView {
    try await post("/api/v1/migrations", draft, key: key, timeout: .seconds(120))
  }

  /// The plan of a migration.
  func plan(of view: MigrationView) async throws -> MigrationPlan {
    try await send(.GET, "\(MigrationPaths.migration(view.id.uuidString.lowercased()))/plan").decode()
  }
}
