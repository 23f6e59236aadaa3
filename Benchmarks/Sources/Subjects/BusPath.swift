internal import Crypto
package import Events
internal import Foundation
internal import Model
internal import Reconciler

/// One placement's way over the bus and onto its cluster, without either.
package struct BusPath {
  private let signer: EventSigner
  private let verifier: EventVerifier
  private let state: DesiredState
  private let live: [LiveObject]
  private static let now = Timestamp(microseconds: 1_780_000_000_000_000)

  package init() throws {
    // Always the same key: signatures are then the same, and so is the work.
    let key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 7, count: 32))
    signer = EventSigner(key)
    verifier = try EventVerifier(JSONWebKeySet([signer.publicKey]))
    guard let id = UUID(uuidString: "00000000-0000-4000-8000-00000000000A") else { throw BenchError("no identifier") }
    state = DesiredState(
      placement: id, zone: "z1", cluster: "c1", phase: .active, revision: 1, epoch: 1, decision: id,
      decidedAt: Self.now, sensitivity: .usuel, mode: .own, namespace: NamespaceName.make(environment: id, project: id),
      project: DesiredState.Project(id: id, name: "basegun", organisation: "mi"),
      environment: DesiredState.Environment(id: id, name: "prod", stage: "prod"),
      quota: ResourceList(cpu: Quantity("4"), memory: Quantity("8Gi"), pods: Quantity("20")))
    live = DesiredObjects.render(state).enumerated().map { number, object in
      LiveObject(
        ref: object.ref, uid: "u\(number)", resourceVersion: "\(number + 1)", isTerminating: false,
        labels: object.labels, spec: object.spec, statusHard: object.spec?["hard"]?.texts ?? [:], statusUsed: [:],
        writers: [])
    }
  }

  /// Encodes and signs, as the relay does.
  package func sign() throws -> CloudEvent {
    try BusCodec.event(desired: state, signer: signer, source: "/regie/governance", id: "1", time: Self.now)
  }

  /// Verifies and decodes, as the agent does.
  package func verify(_ event: CloudEvent) throws {
    _ = try BusCodec.desired(
      key: Topics.key(placement: state.placement), headers: event.headers, data: event.data, zone: state.zone,
      verifier: verifier)
  }

  /// A state that arrives at a cluster where it is in place already: rendered, compared, reported.
  package func reconcile() throws {
    var machine = PlacementMachine(placement: state.placement)
    var actions = machine.handle(.desired(state, publishedAt: Self.now, refusal: nil), at: Self.now, centre: Self.now)
    for object in live { actions += machine.handle(.live(object, fromList: true), at: Self.now, centre: Self.now) }
    actions += machine.handle(.clusterListed, at: Self.now, centre: Self.now)
    actions += machine.handle(.memory(nil), at: Self.now, centre: Self.now)
    guard actions.count == 1 else { throw BenchError("an object in place was taken for another: \(actions)") }
  }
}
