import ArgumentParser
import Contract
import Foundation
import Migration
import Model
import NIOHTTP1

/// `regie migrate list`.
struct MigrateList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lister les migrations. / List the migrations.")

  @OptionGroup var options: ClientOptions

  @Option(name: .long, help: "Dans un état : planned, running, paused… / In one state.")
  var state: CampaignState?

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views: [MigrationView] = try await client.all(
        MigrationPaths.list("migrations", [("state", state?.rawValue)]))
      Console.print(try output.render(views) ?? MigrationText.table(views))
    }
  }
}

/// `regie migrate status ID`.
struct MigrateStatus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Montrer où en est une migration. / Show how far a migration has come.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let view: MigrationView = try await client.send(.GET, MigrationPaths.migration(migration.id)).decode()
      try migration.output.show(view, client.language)
    }
  }
}

/// `regie migrate moves ID`.
struct MigrateMoves: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "moves", abstract: "Lister les déplacements d'une migration. / List the moves of a migration.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationOptions

  @Option(name: .long, help: "D'un projet. / Of one project.")
  var project: String?

  @Option(name: .long, help: "D'un opérateur, au départ ou à l'arrivée. / Of one operator, at either end.")
  var `operator`: String?

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views: [MoveView] = try await client.all(
        MigrationPaths.list(
          "moves", [("migration", migration.id), ("project", project), ("operator", `operator`)]))
      Console.print(try migration.output.render(views) ?? MoveText.table(views))
    }
  }
}

/// `regie migrate show MOVE`.
struct MigrateShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Montrer un déplacement, avec ses tâches. / Show a move, with its tasks.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var move: MoveOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let view: MoveView = try await client.send(.GET, MigrationPaths.move(move.id)).decode()
      try move.output.show(view, client.language)
    }
  }
}

/// `regie migrate tasks`.
struct MigrateTasks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks",
    abstract: "Ce que des personnes ont à faire, avec la commande qui le dit fait. / What people have to do.")

  @OptionGroup var options: ClientOptions

  @Option(
    name: .customLong("as"),
    help: "Pour une partie : projectTeam, sourceOperator, targetOperator, serviceBody. / For one party.")
  var party: MigrationParty?

  @Option(name: .shortAndLong, help: "table, json ou yaml : les déplacements. / The moves.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views: [MoveView] = try await client.all(MigrationPaths.list("moves", [("awaiting", party?.rawValue)]))
      let open = views.filter { $0.standing != .ended }
      Console.print(try output.render(open) ?? TaskText.table(open, for: party, language: client.language))
    }
  }
}

/// `regie migrate changes ID`.
struct MigrateChanges: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "changes",
    abstract: "Ce qui a changé depuis le plan : s'il y a, start refuse. / What has changed since the plan was made.",
    discussion: "Code de sortie 1 s'il y en a. / Exit code 1 if there is anything.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let view: PlanChangesView = try await client.send(
        .GET, "\(MigrationPaths.migration(migration.id))/changes"
      ).decode()
      let nothing = client.language == .fr ? "rien n’a changé depuis le plan" : "nothing has changed since the plan"
      Console.print(
        try migration.output.render(view)
          ?? (view.changes.isEmpty ? nothing : view.changes.joined(separator: "\n")))
      if !view.changes.isEmpty { throw ExitCode(ExitStatus.refused) }
    }
  }
}

/// `regie migrate holds ID`.
struct MigrateHolds: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holds",
    abstract: "Quels déplacements ne commencent pas, et pourquoi. / Which moves do not begin, and why.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let views: [HoldView] = try await client.all("\(MigrationPaths.migration(migration.id))/holds")
      Console.print(try migration.output.render(views) ?? text(views, client.language))
    }
  }

  private func text(_ views: [HoldView], _ language: Language) -> String {
    var table = Table("MOVE", "ENVIRONMENT", "HOLD", "WHY")
    for view in views {
      table.add(
        view.move.uuidString.lowercased(), "\(view.project)/\(view.environment)", view.hold,
        view.sentence.text(language))
    }
    return table.render()
  }
}

/// `regie migrate names PROJECT`.
struct MigrateNames: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "names",
    abstract: "Comment s'appellent les environnements déplacés. / What moved environments are called."
  )

  @OptionGroup var options: ClientOptions

  @Argument(help: "Le projet. / The project.")
  var project: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  func run() async throws {
    try await reporting {
      let views: [MovedEnvironmentView] = try await options.client().all(
        "/api/v1/projects/\(APIClient.part(project))/moved-environments")
      Console.print(try output.render(views) ?? text(views))
    }
  }

  private func text(_ views: [MovedEnvironmentView]) -> String {
    var table = Table("ENVIRONMENT", "MOVED TO", "STEP", "UUID", "UUID THERE")
    for view in views {
      table.add(
        view.environment, view.movedTo, view.step.rawValue, view.environmentID.uuidString.lowercased(),
        view.movedToID?.uuidString.lowercased() ?? "-")
    }
    return table.render()
  }
}

/// `regie migrate runbook ID --party P`.
struct MigrateRunbook: AsyncParsableCommand {
  /// How a runbook is written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case md, html
  }

  static let configuration = CommandConfiguration(
    commandName: "runbook",
    abstract:
      "Écrire le mode d'emploi d'une partie, tel qu'il est maintenant. / Write a party's runbook as of now.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "La migration. / The migration.")
  var id: String

  @Option(name: .long, help: "projectTeam, sourceOperator, targetOperator ou serviceBody.")
  var party: MigrationParty

  @Option(name: .long, help: "Le projet, ou l'opérateur. / The project, or the operator.")
  var name: String?

  @Option(name: .long, help: "md ou html.")
  var format = Format.md

  @Flag(name: .long, help: "Le guide de l'équipe et non la fiche. / The team's guide instead of the runbook.")
  var guide = false

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let parameters = [
        ("party", party.rawValue), ("name", name), ("kind", guide ? "guide" : "runbook"), ("format", format.rawValue),
        ("lang", client.language.rawValue),
      ]
      let answer = try await client.send(
        .GET, MigrationPaths.list("migrations/\(APIClient.part(id))/runbook", parameters))
      let text = String(decoding: answer.body, as: UTF8.self)
      Console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
  }
}
