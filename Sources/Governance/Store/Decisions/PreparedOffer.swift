import Foundation
import Model
import NIOConcurrencyHelpers
import Placement
import Postgres
import Reactor

/// An offer and a policy made ready for the decisions of a day: prepared once, shared by all requests.
struct PreparedOffer: Sendable {
  /// What tells one from another: numbers count within one life of the database.
  struct Key: Hashable, Sendable {
    var epoch: Int64
    var life: String
    var offer: Int64
    var policy: Int64
    var day: CalendarDay
  }

  var key: Key
  var offer: Offer
  var engine: Engine
  var derogations: [Resource<DerogationSpec>]
  /// By name.
  var zones: [String: Resource<ZoneSpec>]
  /// The offer's canonical bytes, and what they are stored under.
  var bytes: [UInt8]
  var digest: [UInt8]

  var offerVersion: Int64 { key.offer }
  var policyVersion: Int64 { key.policy }
  var day: CalendarDay { key.day }
}

extension PreparedOffer.Key {
  /// - Parameter day: the head's own where it is nil.
  init(_ head: DecisionBasis.Head, policy: Int64, on day: CalendarDay? = nil) {
    self.init(epoch: head.epoch, life: head.life, offer: head.offerVersion, policy: policy, day: day ?? head.day)
  }
}

/// The latest prepared offer, and whether another one is being prepared: it is as much work as there are clusters, and
/// all who need one when the offer has changed need the same.
final class PreparedOfferCache: Sendable {
  private struct State {
    var latest: (offer: PreparedOffer, readAt: ContinuousClock.Instant)?
    /// What was read before counts no more.
    var clearedAt: ContinuousClock.Instant?
  }

  private let state = NIOLockedValueBox(State())
  private let turns = NIOLockedValueBox<(isTaken: Bool, waiting: [Bell])>((false, []))

  func find(_ key: PreparedOffer.Key) -> PreparedOffer? {
    state.withLockedValue { state in
      guard let latest = state.latest, latest.offer.key == key else { return nil }
      return latest.offer
    }
  }

  /// What was read after `moment` is as good as what would be read now, whatever its numbers.
  func find(policy: Int64, day: CalendarDay, readSince moment: ContinuousClock.Instant) -> PreparedOffer? {
    state.withLockedValue { state in
      guard let latest = state.latest, latest.readAt >= moment, latest.offer.policyVersion == policy,
        latest.offer.day == day
      else { return nil }
      return latest.offer
    }
  }

  /// Lets one prepare an offer at a time.
  ///
  /// - Returns: whether it is the caller's turn, who then calls ``endTurn()``. Otherwise somebody's has just ended.
  /// - Throws: `CancellationError`; at the deadline, `deadlineExceeded`.
  func takeTurn(deadline: ContinuousClock.Instant?) async throws -> Bool {
    let bell: Bell? = turns.withLockedValue { turns in
      guard turns.isTaken else {
        turns.isTaken = true
        return nil
      }
      let bell = Bell()
      turns.waiting.append(bell)
      return bell
    }
    guard let bell else { return true }
    if let deadline { await bell.wait(until: deadline) } else { await bell.wait() }
    try Task.checkCancellation()
    if let deadline, ContinuousClock.now >= deadline {
      throw PostgresError(.deadlineExceeded, "the offer could not be read in time: nothing was written")
    }
    return false
  }

  func endTurn() {
    let waiting = turns.withLockedValue { turns in
      defer { turns = (false, []) }
      return turns.waiting
    }
    for bell in waiting { bell.ring() }
  }

  /// Keeps `prepared`, unless another was read later. It is not asked which has the higher numbers: in a database that
  /// was restored they come again, and stand for something else.
  ///
  /// - Parameter readAt: before it was read.
  func keep(_ prepared: PreparedOffer, readAt: ContinuousClock.Instant) {
    state.withLockedValue { state in
      if let latest = state.latest, latest.readAt > readAt { return }
      if let clearedAt = state.clearedAt, clearedAt > readAt { return }
      state.latest = (prepared, readAt)
    }
  }

  /// Forgets what was read until now.
  func clear() {
    state.withLockedValue { $0 = State(clearedAt: .now) }
  }
}

extension PreparedOffer {
  /// Clusters have the numbers of their places in the offer.
  func cluster(named name: String) -> Resource<ClusterSpec>? {
    engine.site(named: name).map { offer.clusters[$0] }
  }
}

extension PreparedOffer {
  /// An offer and a policy as they were read.
  struct Parts: Sendable {
    private var key: Key
    private var offer: Offer
    private var policy: PolicySpec
    private var derogations: [Resource<DerogationSpec>]

    /// Reads them at one moment. The caller's transaction is repeatable, or holds the offer's lock.
    ///
    /// - Parameter rows: those that were read before.
    static func read(
      policyVersion: Int64, day: CalendarDay, knowing rows: OfferRows, in connection: PostgresConnection
    ) async throws -> Parts {
      let answers = try await connection.pipeline([
        "SELECT o.version, e.epoch, \(DecisionBasis.Head.life) AS life FROM offer_state o, epoch e", OfferRows.versions,
        "SELECT document FROM policy_versions WHERE version = \(policyVersion)", GovernanceStore.selectFacts,
      ])
      let numbers = try answers[0].only
      let (version, epoch) = (try numbers.decode(Int64.self, "version"), try numbers.decode(Int64.self, "epoch"))
      let life = try numbers.decode(String.self, "life")
      let read = try await rows.resources(
        answers[1], epoch: epoch, life: life, offerVersion: version, in: connection)
      return Parts(
        key: Key(epoch: epoch, life: life, offer: version, policy: policyVersion, day: day),
        offer: read.offer(facts: try GovernanceStore.facts(answers[3])),
        policy: try answers[2].only.decode(PostgresJSON.self, "document").model(PolicySpec.self),
        derogations: read.resources.compactMap { if case .derogation(let derogation) = $0 { derogation } else { nil } })
    }

    /// Makes them ready: as much work as there are clusters and rules.
    func prepared(in line: LongWork.Line = .engines) async throws -> PreparedOffer {
      let (bytes, digest, engine) = try await LongWork.run(in: line) {
        let bytes = [UInt8](try offer.canonicalBytes())
        return (
          bytes, Digest.sha256(bytes),
          Engine(offer: offer, policy: EffectivePolicy(version: key.policy, spec: policy), day: key.day)
        )
      }
      return PreparedOffer(
        key: key, offer: offer, engine: engine, derogations: derogations,
        zones: Dictionary(offer.zones.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }),
        bytes: bytes, digest: digest)
    }
  }
}
