import ArgumentParser
import Contract
import Foundation
import Migration
import Model
import NIOHTTP1

/// `regie migrate approve ID|MOVE --as PARTY`.
struct MigrateApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Approuver un déplacement, ou tous ceux d'une migration. / Agree to a move, or to all of a migration.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var subject: EitherOptions

  @Option(
    name: .customLong("as"), help: "projectTeam, sourceOperator, targetOperator ou serviceBody.")
  var party: MigrationParty

  func run() async throws {
    try await reporting {
      let client = try options.client()
      let body = ["as": party.rawValue]
      guard try await subject.isMigration(client) else {
        let view: MoveView = try await client.post(
          "\(MigrationPaths.move(subject.id))/approve", body, key: subject.key.orNew)
        return try subject.output.show(view, client.language)
      }
      // Of all moves at once no answer is stored; asked again, it agrees to those that are left.
      guard subject.key.idempotencyKey == nil else {
        throw ValidationError(
          "--idempotency-key : d'un déplacement, non d'une migration / of a move, not of a migration")
      }
      let view: ApprovalView = try await client.send(
        .POST, "\(MigrationPaths.migration(subject.id))/approve", body: try ModelJSON.encoder.encode(body),
        timeout: MigrationPaths.patience
      ).decode()
      Console.print(
        try subject.output.render(view)
          ?? MigrationText.approved(view, party, language: client.language))
    }
  }
}

/// `regie migrate start ID`.
struct MigrateStart: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start",
    abstract: "Lancer une migration ; refusé si l'offre ou la politique a changé. / Start a migration.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationActOptions

  func run() async throws {
    try await reporting { try await migration.act("start", NothingSaid(), options) }
  }
}

/// `regie migrate pause ID|MOVE`.
struct MigratePause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Ne plus rien commencer d'une migration, ou arrêter un déplacement. / Halt a migration, or one move.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var subject: EitherOptions

  @Option(name: .long, help: "Pourquoi, pour une migration. / Why, of a migration.")
  var reason: String?

  func run() async throws {
    try await reporting {
      let client = try options.client()
      if try await subject.isMigration(client) {
        let unsaid = client.language == .fr ? "sans motif donné" : "no reason given"
        let view: MigrationView = try await client.post(
          "\(MigrationPaths.migration(subject.id))/pause", ["reason": reason ?? unsaid], key: subject.key.orNew)
        try subject.output.show(view, client.language)
      } else {
        guard reason == nil else {
          throw ValidationError("--reason : d'une migration, non d'un déplacement / of a migration, not of a move")
        }
        let view: MoveView = try await client.post(
          "\(MigrationPaths.move(subject.id))/pause", NothingSaid(), key: subject.key.orNew)
        try subject.output.show(view, client.language)
      }
    }
  }
}

/// `regie migrate resume ID|MOVE`.
struct MigrateResume: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Reprendre ce qui a été mis en pause. / Go on with what was halted.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var subject: EitherOptions

  func run() async throws {
    try await reporting {
      let client = try options.client()
      if try await subject.isMigration(client) {
        let view: MigrationView = try await client.post(
          "\(MigrationPaths.migration(subject.id))/resume", NothingSaid(), key: subject.key.orNew)
        try subject.output.show(view, client.language)
      } else {
        let view: MoveView = try await client.post(
          "\(MigrationPaths.move(subject.id))/resume", NothingSaid(), key: subject.key.orNew)
        try subject.output.show(view, client.language)
      }
    }
  }
}

/// `regie migrate cancel ID --reason TEXT`.
struct MigrateCancel: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Annuler : rien ne commence plus, ce qui est commencé va jusqu'au bout. / Cancel a migration.")

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationActOptions

  @Option(name: .long, help: "Pourquoi. / Why.")
  var reason: String

  func run() async throws {
    try await reporting { try await migration.act("cancel", ["reason": reason], options) }
  }
}

/// `regie migrate pace ID`.
struct MigratePace: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pace", abstract: "Aller plus vite, ou moins. / Go faster, or slower.",
    discussion: """
      Ce qui n'est pas nommé reste. 0 enlève une limite ; --max-troubled=-1 fait ne jamais s'arrêter de soi-même ;
      --blackout remplace tous les jours de gel.
      What is not named stays. 0 takes a limit away; --max-troubled=-1 means never to pause by itself; --blackout takes
      the place of all blackouts.
      """)

  /// As the service takes it.
  private struct Pace: Encodable {
    var inFlight: Int?
    var inFlightPerOperator: Int?
    var productionPerProject: Int?
    var perDay: Int?
    var maxTroubled: Int?
    var blackouts: [MigrationDraft.Blackout]?
  }

  @OptionGroup var options: ClientOptions
  @OptionGroup var migration: MigrationActOptions

  @Option(name: .long, help: "Déplacements en cours, au plus. / The most moves under way.")
  var inFlight: Int?

  @Option(name: .long, help: "Déplacements en cours par opérateur, au plus. / The most moves under way by operator.")
  var inFlightPerOperator: Int?

  @Option(
    name: .long, help: "Productions d'un projet en cours, au plus. / Productions of a project under way, at most.")
  var productionPerProject: Int?

  @Option(name: .long, help: "Déplacements par jour, au plus. / The most moves of a day.")
  var perDay: Int?

  @Option(name: .long, help: "Au-delà de tant de difficultés elle s'arrête. / Beyond so many in trouble it pauses.")
  var maxTroubled: Int?

  @Option(
    name: .long,
    help: """
      Jours de gel, DU/AU, ou DU/AU@operator:NOM (region, cluster, project) ; répétable. / Days on which something is \
      left alone; may be repeated.
      """)
  var blackout: [String] = []

  @Flag(name: .long, help: "Plus aucun jour de gel. / No blackouts any more.")
  var noBlackouts = false

  func validate() throws {
    _ = try blackout.map(PlanDays.blackout)
    guard blackout.isEmpty || !noBlackouts else {
      throw ValidationError("--blackout ou --no-blackouts, non les deux / one of the two")
    }
    let counts = [inFlight, inFlightPerOperator, productionPerProject, perDay, maxTroubled]
    guard counts.contains(where: { $0 != nil }) || !blackout.isEmpty || noBlackouts else {
      throw ValidationError(
        "dites ce qui change / say what changes: --in-flight, --in-flight-per-operator, --production-per-project, "
          + "--per-day, --max-troubled, --blackout, --no-blackouts")
    }
  }

  func run() async throws {
    try await reporting {
      let pace = Pace(
        inFlight: inFlight, inFlightPerOperator: inFlightPerOperator, productionPerProject: productionPerProject,
        perDay: perDay, maxTroubled: maxTroubled,
        blackouts: blackout.isEmpty && !noBlackouts ? nil : try blackout.map(PlanDays.blackout))
      try await migration.act("pace", pace, options)
    }
  }
}
