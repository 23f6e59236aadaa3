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

  /// Lets go of what is kept of a placement, which is of use no more.
  func drop(_ placement: UUID) {
    toDrop.insert(placement)
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
      while !(toKeep.isEmpty && toDrop.isEmpty && toLookFor.isEmpty), !Task.isCancelled {
        let (writing, dropping, reading) = (toKeep, toDrop, toLookFor)
        (toKeep, toDrop, toLookFor) = ([], [], [])
        do {
          try await write(writing, dropping: dropping)
        } catch {
          toKeep.formUnion(writing)
          toDrop.formUnion(dropping)
          logger.warning(
            "Accepted states can not be kept yet", metadata: ["cluster": "\(name)", "error": "\(error)"])
        }
        toLookFor.formUnion(await look(for: reading))
        failures = toKeep.isEmpty && toDrop.isEmpty && toLookFor.isEmpty ? 0 : failures + 1
        if failures > 0 { await pause(afterFailures: failures) }
      }
    }
  }

  /// Of each ConfigMap that is written all words are: one that somebody has deleted is made whole by that.
  private func write(_ placements: Set<UUID>, dropping dropped: Set<UUID>) async throws {
    let shards = Set(placements.union(dropped).map(memory.acceptedShard(of:)))
    var states: [UUID: SignedState] = [:]
    for (placement, kept) in machines
    where kept.machine.refusedState != nil && shards.contains(memory.acceptedShard(of: placement)) {
      states[placement] = kept.accepted
    }
    guard !states.isEmpty || !dropped.isEmpty else { return }
    let later = machines.compactMapValues { $0.machine.refusedState == nil ? $0.machine.acceptedVersion : nil }
    let left = try await memory.keep(states, dropping: dropped, later: later)
    setCrowded(crowded.filter { !shards.contains(memory.acceptedShard(of: $0)) }.union(left))
  }

  private func setCrowded(_ placements: Set<UUID>) {
    guard placements != crowded else { return }
    crowded = placements
    if let keptGap {
      logger.error("There is no room for accepted states", metadata: ["cluster": "\(name)", "error": "\(keptGap)"])
    }
    tellHealth()
  }

  /// Why a part of what was accepted can not be kept beside what is refused; nil while all can.
  public var keptGap: String? {
    guard let first = crowded.min(by: { $0.uuidString < $1.uuidString }) else { return nil }
    let shard = memory.acceptedShard(of: first)
    return "there is no room in \(memory.namespace)/\(shard) for what was accepted before a refusal, of "
      + "\(crowded.count) placement(s) in all: after a restart nothing of them is enforced"
  }

  /// - Returns: What is left to be looked for.
  private func look(for placements: Set<UUID>) async -> Set<UUID> {
    var (wanted, left): ([UUID], Set<UUID>) = ([], [])
    for placement in placements {
      guard let machine = machines[placement]?.machine, let refused = machine.refusedState else { continue }
      // The guard may be another one than when this very state was accepted.
      if refused.version == remembered?[placement]?.version {
        take(.state(refused, refusal: machine.refusal), of: placement)
        // These words are the bus' own, and it may let go of them at the next one that is refused.
        machines[placement]?.settle()
        keep(placement)
      } else {
        wanted.append(placement)
      }
    }
    for (_, group) in Dictionary(grouping: wanted, by: memory.acceptedShard(of:)) {
      do {
        let found = try await memory.accepted(of: group)
        for placement in group {
          let kept = try? found[placement]?.get()
          // What the bus has told in this life is as good, unless a later one was accepted after it.
          if let told = machines[placement]?.actedOn, kept.map({ $0.version < told.version }) ?? true {
            believe(told, of: placement)
            keep(placement)
            continue
          }
          switch found[placement] {
          case nil:
            take(.nothing("the state that was acted on is not on the bus any more, and was not kept"), of: placement)
          case .success(let signed):
            believe(signed, of: placement)
          case .failure(let error):
            take(.nothing("the state that was acted on can not be read: \(error)"), of: placement)
            left.insert(placement)
          }
        }
      } catch {
        for placement in group {
          take(.nothing("the state that was acted on can not be read: \(error)"), of: placement)
        }
        left.formUnion(group)
      }
    }
    return left
  }

  private func believe(_ signed: SignedState, of placement: UUID) {
    take(recognise(placement, signed), of: placement)
    machines[placement]?.note(signed)
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
    tellPredecessors(in: state.namespace)
  }
}
