import Foundation
import Model
import NIOConcurrencyHelpers
import Placement
import Postgres

/// An offer and a policy made ready for the decisions of a day: prepared once, shared by all requests.
struct PreparedOffer: Sendable {
  /// What tells one from another: numbers count within one life of the database.
  struct Key: Hashable, Sendable {
    var epoch: Int64
    var offer: Int64
    var policy: Int64
    var day: CalendarDay
  }

  var epoch: Int64
  var offerVersion: Int64
  var policyVersion: Int64
  var day: CalendarDay
  var offer: Offer
  var engine: Engine
  var derogations: [Resource<DerogationSpec>]
  /// By name.
  var zones: [String: Resource<ZoneSpec>]
  /// The offer's canonical bytes, and what they are stored under.
  var bytes: [UInt8]
  var digest: [UInt8]

  var key: Key { Key(epoch: epoch, offer: offerVersion, policy: policyVersion, day: day) }
}

extension PreparedOffer.Key {
  init(_ head: DecisionBasis.Head, policy: Int64) {
    self.init(epoch: head.epoch, offer: head.offerVersion, policy: policy, day: head.day)
  }
}

/// The latest prepared offer.
final class PreparedOfferCache: Sendable {
  private let latest = NIOLockedValueBox<(offer: PreparedOffer, readAt: ContinuousClock.Instant)?>(nil)

  func find(_ key: PreparedOffer.Key) -> PreparedOffer? {
    latest.withLockedValue { latest in
      guard let latest, latest.offer.key == key else { return nil }
      return latest.offer
    }
  }

  /// Keeps `prepared`, unless another was read later. It is not asked which has the higher numbers: in a database that
  /// was restored they come again, and stand for something else.
  ///
  /// - Parameter readAt: before it was read.
  func keep(_ prepared: PreparedOffer, readAt: ContinuousClock.Instant) {
    latest.withLockedValue { latest in
      if let latest, latest.readAt > readAt { return }
      latest = (prepared, readAt)
    }
  }
}

extension PreparedOffer {
  /// Reads the offer at one moment. The caller's transaction is repeatable, or holds the offer's lock.
  static func load(
    policyVersion: Int64, day: CalendarDay, in connection: PostgresConnection
  ) async throws -> PreparedOffer {
    let answers = try await connection.pipeline([
      "SELECT o.version, e.epoch FROM offer_state o, epoch e", GovernanceStore.selectOffer,
      "SELECT document FROM policy_versions WHERE version = \(policyVersion)",
    ])
    let resources = try answers[1].map { try AnyResource(row: $0) }
    let offer = Offer(resources)
    let policy = try answers[2].only.decode(PostgresJSON.self, "document").model(PolicySpec.self)
    let (bytes, engine) = try await LongWork.run {
      (
        [UInt8](try offer.canonicalBytes()),
        Engine(offer: offer, policy: EffectivePolicy(version: policyVersion, spec: policy), day: day)
      )
    }
    return PreparedOffer(
      epoch: try answers[0].only.decode("epoch"), offerVersion: try answers[0].only.decode("version"),
      policyVersion: policyVersion, day: day, offer: offer,
      engine: engine,
      derogations: resources.compactMap { if case .derogation(let derogation) = $0 { derogation } else { nil } },
      zones: Dictionary(offer.zones.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }),
      bytes: bytes, digest: Digest.sha256(bytes))
  }

  /// Clusters have the numbers of their places in the offer.
  func cluster(named name: String) -> Resource<ClusterSpec>? {
    engine.site(named: name).map { offer.clusters[$0] }
  }
}
