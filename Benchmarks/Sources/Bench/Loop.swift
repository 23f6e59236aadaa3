import ArgumentParser
import Crypto
import Events
import Foundation
import Model
import Reconciler

/// Repeats one operation: what `scripts/instructions.sh` runs under callgrind, twice with different counts, so that
/// starting the program cancels out.
struct Loop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Repeats one operation, for counting its instructions.", shouldDisplay: false)

  /// The paths that every decision and every record go through.
  enum Operation: String, CaseIterable, ExpressibleByArgument {
    case decide, sign, verify, reconcile
  }

  @Argument(help: "What to repeat.")
  var operation: Operation

  @Argument(help: "How often.")
  var count: Int

  func run() throws {
    let body = try body()
    for _ in 0..<count { try body() }
  }

  private func body() throws -> () throws -> Void {
    switch operation {
    case .decide:
      let inputs = try EngineInputs()
      var number = 0
      return {
        inputs.decide(inputs.requests[number % inputs.requests.count])
        number += 1
      }
    case .sign:
      let path = try BusPath()
      return { _ = try path.sign() }
    case .verify:
      let path = try BusPath()
      let event = try path.sign()
      return { try path.verify(event) }
    case .reconcile:
      let path = try BusPath()
      return { try path.reconcile() }
    }
  }
}

/// One placement's way over the bus and onto its cluster, without either.
struct BusPath {
  private let signer: EventSigner
  private let verifier: EventVerifier
  private let state: DesiredState
  private let live: [LiveObject]
  private static let now = Timestamp(microseconds: 1_780_000_000_000_000)

  init() throws {
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

  func sign() throws -> CloudEvent {
    try BusCodec.event(desired: state, signer: signer, source: "/regie/governance", id: "1", time: Self.now)
  }

  func verify(_ event: CloudEvent) throws {
    _ = try BusCodec.desired(
      key: Topics.key(placement: state.placement), headers: event.headers, data: event.data, zone: state.zone,
      verifier: verifier)
  }

  /// A state that arrives at a cluster where it is in place already: rendered, compared, reported.
  func reconcile() throws {
    var machine = PlacementMachine(placement: state.placement)
    var actions = machine.handle(.desired(state, publishedAt: Self.now, refusal: nil), at: Self.now)
    for object in live { actions += machine.handle(.live(object, fromList: true), at: Self.now) }
    actions += machine.handle(.clusterListed, at: Self.now)
    guard actions.count == 1 else { throw BenchError("an object in place was taken for another: \(actions)") }
  }
}
