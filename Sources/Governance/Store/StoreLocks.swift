import Postgres

/// Keys of advisory locks, one list so that none is used twice.
public enum StoreLocks {
  /// Held by the one relay that publishes.
  public static let relay: Int64 = 0x7265_6769_6501
  /// Held by the one consumer of observations.
  public static let statusConsumer: Int64 = 0x7265_6769_6502

  /// Held by the one sealer of the audit trail.
  public static let auditSealer: Int64 = 0x7265_6769_6504
  /// Held by the one publisher of public facts.
  public static let publicFacts: Int64 = 0x7265_6769_6517
  /// Held by the one mover, which carries out migrations.
  public static let mover: Int64 = 0x7265_6769_651a
  /// Held by the one judge of placements.
  public static let judge: Int64 = 0x7265_6769_6515

  /// Those that an instance holds for a whole turn. What it finds at the beginning of its turn it goes by until the
  /// end.
  static let turns = [relay, statusConsumer, auditSealer, publicFacts, mover, judge]

  /// Shared by decisions, exclusive for whoever changes what decisions are made on: no decision is committed on an
  /// offer or a policy that is no longer in force (protocol rule 2).
  static let offer: Int64 = 0x7265_6769_6503
  /// Whoever erases names from the audit trail: one at a time.
  static let auditEraser: Int64 = 0x7265_6769_6516

  /// Held by whoever lets moves begin.
  static let campaigns: Int64 = 0x7265_6769_6531
  static func takeCampaigns() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(campaigns))" }

  /// Held by whoever places the target of a move, before any row of the ledger is locked.
  static let comingRoom: Int64 = 0x7265_6769_6533
  static func takeComingRoom() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(comingRoom))" }

  /// Shared by whoever asks for a flow, until that is committed, and exclusive for whoever says that a move's flows are
  /// open: he speaks of what was asked for before, and sees all of it. Taken before any other lock of flows.
  static let askedFlows: Int64 = 0x7265_6769_6535
  static func shareAskedFlows() -> PostgresQuery { "SELECT pg_advisory_xact_lock_shared(\(askedFlows))" }
  static func takeAskedFlows() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(askedFlows))" }

  /// Held by whoever asks for the flows of a move's target.
  static let moveFlows: Int64 = 0x7265_6769_6530
  static func takeMoveFlows() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(moveFlows))" }

  /// Held by whoever writes down that the public offer has changed.
  static let publication: Int64 = 0x7265_6769_6519
  static func takePublication() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(publication))" }

  /// Held by whoever compares quotas with the ledger.
  static let quotas: Int64 = 0x7265_6769_6532
  static func takeQuotas() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(quotas))" }

  /// Shared by those who tell that deadlines of findings are near, exclusive for whoever makes a destination that wants that.
  static let deadlines: Int64 = 0x7265_6769_6534
  static func shareDeadlines() -> PostgresQuery { "SELECT pg_advisory_xact_lock_shared(\(deadlines))" }
  static func takeDeadlines() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(deadlines))" }

  /// Waits for the offer's lock until the end of the transaction.
  static func shareOffer() -> PostgresQuery { "SELECT pg_advisory_xact_lock_shared(\(offer))" }
  static func takeOffer() -> PostgresQuery { "SELECT pg_advisory_xact_lock(\(offer))" }
}
