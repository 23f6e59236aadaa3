import Foundation
import Model
import NIOConcurrencyHelpers
import Placement
import Postgres

/// An offer and a policy made ready for the decisions of a day: prepared once, shared by all requests.
struct PreparedOffer: Sendable {
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
}

/// The latest prepared offer.
final class PreparedOfferCache: Sendable {
  private let latest = NIOLockedValueBox<PreparedOffer?>(nil)

  func find(offer: Int64, policy: Int64, day: CalendarDay) -> PreparedOffer? {
    latest.withLockedValue { latest in
      latest.flatMap { $0.offerVersion == offer && $0.policyVersion == policy && $0.day == day ? $0 : nil }
    }
  }

  /// Keeps `prepared` unless a later one is there already.
  func keep(_ prepared: PreparedOffer) {
    latest.withLockedValue { latest in
      if let present = latest,
        (present.offerVersion, present.policyVersion, present.day)
          > (prepared.offerVersion, prepared.policyVersion, prepared.day)
      {
        return
      }
      latest = prepared
    }
  }
}

extension PreparedOffer {
  /// Reads the offer at one moment. The caller's transaction is repeatable, or holds the offer's lock.
  static func load(
    policyVersion: Int64, day: CalendarDay, in connection: PostgresConnection
  ) async throws -> PreparedOffer {
    let answers = try await connection.pipeline([
      "SELECT version FROM offer_state", GovernanceStore.selectOffer,
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
      offerVersion: try answers[0].only.decode("version"), policyVersion: policyVersion, day: day, offer: offer,
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
