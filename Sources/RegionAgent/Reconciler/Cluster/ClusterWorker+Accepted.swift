internal import Events
public import Foundation
internal import Logging
internal import Model

/// What was accepted before a refusal stays in force, also in the next life of the agent.
extension ClusterWorker {
  /// Has the accepted state of a placement kept: a newer one is refused.
  func keep(_ placement: UUID) {
    toKeep.insert(placement)
    keptBell.continuation.yield()
  }

  /// Has the state looked for that an earlier life accepted.
  func lookForAccepted(of placement: UUID) {
    toLookFor.insert(placement)
    keptBell.continuation.yield()
  }

  /// Takes the words of a state that is known already: they may be signed by a newer key.
  public func renew(_ placement: UUID, _ signed: SignedState) {
    guard let kept = machines[placement] else { return }
    let before = kept.accepted
    kept.note(signed)
    if kept.accepted != before, kept.machine.refusedState != nil { keep(placement) }
  }

  /// Other keys are trusted: what could not be believed may be now.
  public func lookForAcceptedAgain() {
    guard remembered != nil else { return }
    for (placement, kept) in machines where kept.machine.isUnenforced { toLookFor.insert(placement) }
    keptBell.continuation.yield()
  }

  /// Carries both out; what fails is tried again, and nothing else waits for it.
  func keepAccepted() async {
    var failures = 0
    for await _ in keptBell.stream {
      while !(toKeep.isEmpty && toLookFor.isEmpty), !Task.isCancelled {
        let (writing, reading) = (toKeep, toLookFor)
        (toKeep, toLookFor) = ([], [])
        do {
          try await write(writing)
        } catch {
          toKeep.formUnion(writing)
          logger.warning(
            "Accepted states can not be kept yet", metadata: ["cluster": "\(name)", "error": "\(error)"])
        }
        for placement in reading where await !look(for: placement) { toLookFor.insert(placement) }
        failures = toKeep.isEmpty && toLookFor.isEmpty ? 0 : failures + 1
        if failures > 0 { await pause(afterFailures: failures) }
      }
    }
  }

  private func write(_ placements: Set<UUID>) async throws {
    var states: [UUID: SignedState] = [:]
    for placement in placements {
      if let kept = machines[placement], kept.machine.refusedState != nil { states[placement] = kept.accepted }
    }
    guard !states.isEmpty else { return }
    let later = machines.compactMapValues { $0.machine.refusedState == nil ? $0.machine.acceptedVersion : nil }
    let left = try await memory.keep(states, later: later)
    guard !left.isEmpty else { return }
    logger.error(
      "There is no room for accepted states: after a restart nothing of them is enforced",
      metadata: ["cluster": "\(name)", "placements": "\(left.count)"])
  }

  /// Whether nothing is left to be looked for.
  private func look(for placement: UUID) async -> Bool {
    guard let machine = machines[placement]?.machine, let refused = machine.refusedState else { return true }
    // The guard may be another one than when this very state was accepted.
    if refused.version == remembered?[placement]?.version {
      take(.state(refused, refusal: machine.refusal), of: placement)
      return true
    }
    do {
      guard let signed = try await memory.accepted(of: placement) else {
        take(.nothing("the state that was acted on is not on the bus any more, and was not kept"), of: placement)
        return true
      }
      take(recognise(placement, signed), of: placement)
      return true
    } catch {
      take(.nothing("the state that was acted on can not be read: \(error)"), of: placement)
      return false
    }
  }

  private func take(_ kept: KeptState, of placement: UUID) {
    guard case .state(let state, _) = kept else { return feed(placement, .kept(kept)) }
    if state.phase != .removed, let holder = holder(of: state.namespace, otherThan: placement) {
      return feed(placement, .kept(.nothing("the namespace \(state.namespace) is kept for the placement \(holder)")))
    }
    feed(placement, .kept(kept))
    guard machines[placement]?.machine.acceptedVersion == state.version else { return }
    if tenants[state.namespace]?.contains(placement) != true {
      tenants[state.namespace, default: []].append(placement)
    }
    introduce(state)
  }
}
