import Foundation
import Kafka
import Logging
import Requests
import Store
import Telemetry

/// What the environment says.
struct GovernanceSettings: Sendable {
  let listen: ListenAddress
  /// Where health and metrics are served, if not with the API.
  let telemetry: ListenAddress?
  let identity: IdentitySettings
  let signingKey: String
  let earlierKeys: String?
  let replication: Int
  let leaseTimeout: Duration
  let messageTimeout: Duration
  let transactionalID: String?
  let migrationTimeout: Duration
  let keyRetention: Duration
  let nameRetention: Duration
  let offerRetention: Duration
  let placementRetention: Duration
  let destinations: NetworkGuard
  let webhookAuthority: String?
  let webhookKeys: String?
  let runbookTemplates: String?
  let serviceContact: String?
  let logLevel: Logger.Level
  /// What is set of Régie's own or for Kafka, and nothing here reads.
  let unread: [String]

  init(_ environment: inout EnvironmentReader) {
    let identity = IdentitySettings(&environment)
    self.identity = identity
    listen = environment.parsed(
      "REGIE_LISTEN_ADDRESS", default: ListenAddress(host: "127.0.0.1", port: 8080),
      defaultText: "127.0.0.1:8080",
      accepts: "an address and a port from 1024 on, such as 127.0.0.1:8080 or [::]:8080; "
        + "with REGIE_AUTHENTICATION=none a loopback address",
      "Where the API and the health routes are served."
    ) { text in ListenAddress(parsing: text).flatMap { identity != .none || $0.isLoopback ? $0 : nil } }
    telemetry = environment.optionalListenAddress(
      "REGIE_TELEMETRY_ADDRESS",
      "Where /health and /metrics are served, so that whoever reaches the API does not read them; unset: with the API. /livez and "
        + "/readyz are served at both.")
    signingKey = environment.string(
      "REGIE_SIGNING_KEY_FILE", "Path of the Ed25519 private JSON Web Key that desired states are signed with.")
    let earlier = environment.string(
      "REGIE_EARLIER_KEYS_FILE", default: "",
      "Path of a JSON Web Key Set with the public halves of earlier signing keys: records that they have signed are still "
        + "believed when the database is compared with the bus; empty for none.")
    earlierKeys = earlier.isEmpty ? nil : earlier
    replication = environment.integer(
      "REGIE_KAFKA_REPLICATION", default: 3, in: 1...7, "Copies of each partition of the topics that are created.")
    leaseTimeout = environment.duration(
      "REGIE_RELAY_LEASE", default: .seconds(5), in: .seconds(1) ... .seconds(60),
      "A relay leader that has not renewed its lease for so long is deposed.")
    messageTimeout = environment.duration(
      "REGIE_MESSAGE_TIMEOUT", default: .seconds(10), in: .seconds(1)...RelayLease.longestMessageTimeout,
      "How long a state may wait in the producer's queue; a new leader waits out the one before for as long as either's says."
    )
    let id = environment.string(
      "REGIE_RELAY_TRANSACTIONAL_ID", default: "",
      "Name under which the broker fences earlier relays, the same for all instances; empty for none. Needs a broker with "
        + "transactions.")
    transactionalID = id.isEmpty ? nil : id
    migrationTimeout = environment.duration(
      "REGIE_MIGRATION_TIMEOUT", default: StoreMigrations.timeout, in: .seconds(1) ... .seconds(7 * 86_400),
      "How long one migration of the database's schema may take before it is given up, undone, and begun anew.")
    keyRetention = environment.duration(
      "REGIE_IDEMPOTENCY_RETENTION", default: GovernanceStore.shortestKeyRetention,
      in: GovernanceStore.shortestKeyRetention ... .seconds(365 * 86_400),
      "How long the answer to an Idempotency-Key is kept; the same key asks anew afterwards.")
    nameRetention = environment.duration(
      "REGIE_AUDIT_NAMES_RETENTION", default: GovernanceStore.nameRetention,
      in: GovernanceStore.shortestNameRetention ... .seconds(36_500 * 86_400),
      "How long the audit trail keeps the names of persons; they are erased afterwards, the same for all instances.")
    offerRetention = environment.duration(
      "REGIE_OFFER_RETENTION", default: GovernanceStore.offerRetention,
      in: GovernanceStore.shortestOfferRetention ... .seconds(36_500 * 86_400),
      "How long past meanings of the public offer, and differences of the ledger that have ended, are kept.")
    placementRetention = environment.duration(
      "REGIE_PLACEMENT_RETENTION", default: GovernanceStore.placementRetention,
      in: .seconds(1) ... .seconds(36_500 * 86_400),
      "How long a placement stays on the bus after its removal was observed; a tombstone lets topics and agents forget it then."
    )
    let networks = environment.parsed(
      "REGIE_WEBHOOK_NETWORKS", default: [NetworkGuard.Block](), defaultText: "",
      accepts: "blocks of addresses, such as 10.0.0.0/8,fd00::/8",
      "Networks that webhooks may be delivered to although they are not public; to private, loopback and link-local "
        + "addresses outside of them nothing is."
    ) { text in
      let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      let blocks = parts.compactMap(NetworkGuard.Block.init)
      return blocks.count == parts.count ? blocks : nil
    }
    destinations = NetworkGuard(
      allowsPlain: environment.boolean(
        "REGIE_WEBHOOK_HTTP", default: false,
        "Whether webhooks may be delivered by http, which anybody on the way reads."),
      allowed: networks)
    let authority = environment.string(
      "REGIE_WEBHOOK_CA_FILE", default: "",
      "Path of certificates in PEM that destinations of webhooks are known by, beside those that the system trusts.")
    webhookAuthority = authority.isEmpty ? nil : authority
    let keys = environment.string(
      "REGIE_WEBHOOK_KEY_FILE", default: "",
      "Path of the keys that addresses and secrets of webhooks are sealed by in the database, one ID and 32 bytes in base64 a "
        + "line: the first seals, all open. Empty for none: they stand there in clear.")
    webhookKeys = keys.isEmpty ? nil : keys
    let templates = environment.string(
      "REGIE_RUNBOOK_TEMPLATES", default: "",
      "Path of a folder whose files take the place of the house's own runbook templates of the same names; empty for none."
    )
    runbookTemplates = templates.isEmpty ? nil : templates
    let contact = environment.string(
      "REGIE_SERVICE_CONTACT", default: "",
      "How the body that runs the service is reached when something of a migration does not go on; runbooks say it. Empty for none."
    )
    serviceContact = contact.isEmpty ? nil : contact
    logLevel = environment.logLevel()
    unread =
      environment.unknownVariables(prefix: "REGIE_")
      + environment.unknownVariables(prefix: "KAFKA_").filter { !KafkaConfiguration.reads($0) }
  }

  /// How Kafka is reached, as an environment says it.
  func bus(_ environment: [String: String]) throws(KafkaError) -> KafkaConfiguration {
    let own = "REGIE_MESSAGE_TIMEOUT"
    var bus = try KafkaConfiguration(
      environment: environment, clientID: "regie-governance",
      settings: ["message.timeout.ms": own, "delivery.timeout.ms": own])
    bus.messageTimeout = messageTimeout
    return bus
  }
}
