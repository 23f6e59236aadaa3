public import Events
import Model
public import Placement

/// What a question about many projects is answered on, all of them at the same moment. Ask `engine`, with `requests` on
/// `state`.
public struct PlacementBases: Sendable {
  /// The offer under the policy in force, of the database's day.
  public var engine: Engine
  /// What is promised, and which zones are not heard.
  public var state: PlacementState
  /// The projects in the order of their names as asked, where they are placed already, and their derogations.
  public var requests: [DecisionRequest]
  /// Counts the changes of the offer.
  public var offerVersion: Int64
  /// The policy's version.
  public var policyVersion: Int64
  /// SHA-256 of the offer's canonical bytes, hexadecimal.
  public var snapshotDigest: String
  /// Which life of the database it is.
  public var epoch: Int64
  /// The moment up to which everything committed is in it, by the database's clock.
  public var asOf: Timestamp
  /// Whether the database could not be asked, and this is what was known last.
  public var isStale = false

  /// What a question about one of them is answered on.
  public func basis(at position: Int) -> PlacementBasis {
    PlacementBasis(
      engine: engine, state: state, request: requests[position], offerVersion: offerVersion,
      policyVersion: policyVersion, snapshotDigest: snapshotDigest, epoch: epoch, asOf: asOf,
      isStale: isStale)
  }
}

extension PlacementBases {
  init(_ ground: BatchGround, _ subjects: [BatchGround.Subject]) {
    self.init(ground.prepared, ground.state, subjects, epoch: ground.head.epoch, asOf: ground.head.now)
  }

  init(
    _ prepared: PreparedOffer, _ state: PlacementState, _ subjects: [BatchGround.Subject], epoch: Int64, asOf: Timestamp
  ) {
    self.init(
      engine: prepared.engine, state: state, requests: subjects.map { prepared.request($0, at: asOf) },
      offerVersion: prepared.offerVersion, policyVersion: prepared.policyVersion,
      snapshotDigest: Digest.hexadecimal(prepared.digest), epoch: epoch, asOf: asOf)
  }
}
