public import ArgumentParser
import Contract
import Foundation
public import Migration
import Model
import NIOCore
import NIOHTTP1

/// `regie migrate …`.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Planifier une migration, la conduire, la suivre. / Plan a migration, carry it out, follow it.",
    subcommands: [
      MigratePlan.self, MigrateList.self, MigrateStatus.self, MigrateMoves.self, MigrateShow.self, MigrateTasks.self,
      MigrateApprove.self, MigrateStart.self, MigrateDone.self, MigrateCutOver.self, MigrateConfirmRemoval.self,
      MigrateConfirmTargetRemoval.self, MigrateSourceLost.self, MigrateDeclareGone.self, MigratePause.self,
      MigrateResume.self,
      MigrateRollback.self, MigrateGiveUp.self, MigrateCancel.self, MigratePace.self, MigrateChanges.self,
      MigrateHolds.self,
      MigrateNames.self, MigrateRunbook.self, MigrateWatch.self,
    ])
}

/// Which migration is meant, and how the answer is printed.
struct MigrationOptions: ParsableArguments {
  @Argument(help: "La migration. / The migration.")
  var id: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table
}

/// Which migration is acted on, and under which key.
struct MigrationActOptions: ParsableArguments {
  @OptionGroup var migration: MigrationOptions
  @OptionGroup var key: KeyOption

  /// Acts on the migration, and prints what it has become.
  func act(_ name: String, _ body: some Encodable, _ options: ClientOptions) async throws {
    let client = try options.client()
    let view: MigrationView = try await client.post(
      "\(MigrationPaths.migration(migration.id))/\(name)", body, key: key.orNew, timeout: MigrationPaths.patience)
    try migration.output.show(view, client.language)
  }
}

/// Which move is meant, and how the answer is printed.
struct MoveOptions: ParsableArguments {
  @Argument(help: "Le déplacement. / The move.")
  var id: String

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table
}

/// Which move is acted on, and under which key.
struct MoveActOptions: ParsableArguments {
  @OptionGroup var move: MoveOptions
  @OptionGroup var key: KeyOption

  /// Acts on the move, and prints what it has become.
  func act(_ name: String, _ body: some Encodable, _ options: ClientOptions) async throws {
    let client = try options.client()
    let view: MoveView = try await client.post("\(MigrationPaths.move(move.id))/\(name)", body, key: key.orNew)
    try move.output.show(view, client.language)
  }
}

/// A migration or one of its moves that is acted on, by one identifier: which it is only the service knows.
struct EitherOptions: ParsableArguments {
  @Argument(help: "La migration, ou un seul déplacement. / The migration, or a single move.")
  var id: String

  @OptionGroup var key: KeyOption

  @Option(name: .shortAndLong, help: "table, json ou yaml.")
  var output = OutputFormat.table

  /// Whether a migration has the identifier; else it is taken for a move's, and the service says where it is none.
  func isMigration(_ client: APIClient) async throws -> Bool {
    do {
      _ = try await client.send(.GET, MigrationPaths.migration(id))
      return true
    } catch ClientError.refused(let problem, _) where problem.status == 404 {
      return false
    }
  }
}

/// Where migrations and moves are.
enum MigrationPaths {
  /// What is done to a whole migration is done move by move, and there may be thousands.
  static let patience: TimeAmount = .minutes(10)

  static func migration(_ id: String) -> String { "/api/v1/migrations/\(APIClient.part(id))" }

  static func move(_ id: String) -> String { "/api/v1/moves/\(APIClient.part(id))" }

  /// A list with those of the parameters that have a value.
  static func list(_ path: String, _ parameters: [(String, String?)]) -> String {
    let query = parameters.compactMap { name, value in value.map { "\(name)=\(APIClient.part($0))" } }
    return "/api/v1/\(path)\(query.isEmpty ? "" : "?" + query.joined(separator: "&"))"
  }
}

/// The body of an act that says nothing more.
struct NothingSaid: Encodable {}

extension MigrationParty: ExpressibleByArgument {}
extension MigrationTask.Kind: ExpressibleByArgument {}
extension MoveMotive: ExpressibleByArgument {}
extension CampaignState: ExpressibleByArgument {}

extension OutputFormat {
  /// Prints a migration.
  func show(_ view: MigrationView, _ language: Language) throws {
    Console.print(try render(view) ?? MigrationText.render(view, language: language))
  }

  /// Prints a move.
  func show(_ view: MoveView, _ language: Language) throws {
    Console.print(try render(view) ?? MoveText.render(view, language: language))
  }
}
