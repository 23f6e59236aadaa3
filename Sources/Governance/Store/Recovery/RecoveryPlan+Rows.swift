import Events
import Foundation
import Model

/// What becomes of the rows that the database has.
extension RecoveryPlan {
  /// Every row that is not gone has its namespace, whatever becomes of it, be it another one afterwards. One that goes has not.
  mutating func takeNamespaces(_ zones: [String: BusEvidence]) {
    let later = laterHolders(zones)
    for record in books.placements where record.removedAt == nil {
      if isLookedAt(record.spec.id), let zone = zones[record.spec.zone] {
        if let seen = zone.desired[record.spec.id] {
          if seen.isAhead(of: record), seen.isDone(zone) { continue }
        } else if zone.removal(of: record) != nil {
          continue
        } else if isMissing(record, zone), let holder = later[record.place] {
          successors[record.spec.id] = holder
          continue
        }
      }
      takenNamespaces[record.place] = record.spec.id
      guard record.spec.phase != .removed else { continue }
      takenReplicas[record.replicas, default: []].insert(record.spec.replica)
    }
  }

  mutating func takeRows(_ zones: [String: BusEvidence]) {
    for record in books.placements {
      if isLookedAt(record.spec.id), let zone = zones[record.spec.zone] {
        take(record, zone)
      } else {
        unchanged += 1
      }
    }
  }

  private mutating func take(_ record: PlacementRecord, _ zone: BusEvidence) {
    let id = record.spec.id
    guard let seen = zone.desired[id] else { return takeAbsent(record, zone) }
    if seen.isAhead(of: record) { return overwrite(record, seen, zone) }
    guard seen.state.version < record.version else {
      published.append(PublishedState(seen))
      return standOrReissue(record, zone)
    }
    let noted = books.published[id]
    if record.removedAt != nil || (noted?.version == seen.state.version && noted?.content == seen.content) {
      return standOrReissue(record, zone)
    }
    // Perhaps it was said in this life and its acknowledgement lost: then this costs nothing.
    find(
      "DecisionLost", zone.zone, id,
      "the bus holds \(seen.state.version), which this database does not know to have said, and \(record.version) stands "
        + "above it: compare, and decide again where need be",
      "le bus contient \(seen.state.version), que cette base ne sait pas avoir dit, et \(record.version) le surpasse : "
        + "comparer, et redécider s’il le faut")
    published.append(PublishedState(seen))
    standOrReissue(record, zone)
    reserve(seen, for: id)
  }

  /// The bus holds nothing of it. A tombstone is no information, but what was observed is: a placement that was removed gets no
  /// revision after that, and is forgotten one day. It is not published again: nobody has it any more.
  private mutating func takeAbsent(_ record: PlacementRecord, _ zone: BusEvidence) {
    let id = record.spec.id
    if record.removedAt != nil, books.published[id] != nil, zone.isDeclared, zone.refused == 0 { forgotten.append(id) }
    guard let observed = zone.removal(of: record) else {
      if let holder = successors[id] { return end(record, before: holder, zone) }
      tellMissing(record, zone)
      return standOrReissue(record, zone)
    }
    var after = record
    after.spec.phase = .removed
    (after.spec.epoch, after.spec.revision) = (observed.observedEpoch, observed.observedRevision)
    after.removedAt = books.now
    after.reserved = ResourceAmounts()
    find(
      "RemovalObserved", zone.zone, id,
      "an agent has seen the removal \(observed.version) carried out, and the bus has forgotten it: it is taken for removed; "
        + "decide again where it is still wanted",
      "un agent a vu le retrait \(observed.version) accompli, et le bus l’a oublié : il est tenu pour retiré ; redécider s’il "
        + "reste voulu")
    forgotten.append(id)
    changes.append(Change(action: .removed, before: record, after: after))
  }

  /// Whether the bus was noted to hold what the row says, and has neither a state nor a report of it any more: the lost
  /// life may have forgotten it after its removal, or the topics have lost something.
  private func isMissing(_ record: PlacementRecord, _ zone: BusEvidence) -> Bool {
    let id = record.spec.id
    return isRestored && zone.isDeclared && zone.refused == 0 && zone.desired[id] == nil && zone.observed[id] == nil
      && record.removedAt == nil && books.published[id]?.version == record.version
  }

  /// Absence alone takes nothing away. A removal that is still wanted is seen to be carried out once more.
  private mutating func tellMissing(_ record: PlacementRecord, _ zone: BusEvidence) {
    guard isMissing(record, zone), record.spec.phase != .removed else { return }
    find(
      "StateMissing", zone.zone, record.spec.id,
      "the bus was noted to hold \(record.version), and holds nothing of it any more: it stands; where its removal was "
        + "carried out and forgotten in the lost life, remove it, or decide it again",
      "le bus était connu pour contenir \(record.version) et n’en contient plus rien : il demeure ; si son retrait a "
        + "été accompli et oublié dans la vie perdue, le retirer, ou le redécider")
  }

  /// Whoever has its namespace was placed after its removal was carried out. Nothing is said of it on the bus any more,
  /// and so nothing that could reach the namespace of the other; its version is above all that the lost life has said
  /// of it.
  private mutating func end(_ record: PlacementRecord, before holder: UUID, _ zone: BusEvidence) {
    var after = record
    raise(&after, above: [record.version], zone)
    after.spec.phase = .removed
    after.removedAt = books.now
    after.reserved = ResourceAmounts()
    let spec = record.spec
    find(
      "NamespaceTakenOver", zone.zone, spec.id,
      "the bus holds nothing of it any more, and its namespace \(spec.namespace) on \(spec.cluster) is that of "
        + "\(holder.uuidString.lowercased()) there: it is taken for removed; decide again where it is still wanted",
      "le bus n’en contient plus rien, et son namespace \(spec.namespace) sur \(spec.cluster) y est celui de "
        + "\(holder.uuidString.lowercased()) : il est tenu pour retiré ; redécider s’il reste voulu")
    forgotten.append(record.spec.id)
    changes.append(Change(action: .removed, before: record, after: after))
  }

  private mutating func overwrite(_ record: PlacementRecord, _ seen: BusEvidence.Seen, _ zone: BusEvidence) {
    var after = record
    after.take(seen.state)
    if seen.isDone(zone) {
      after.removedAt = seen.state.notBefore ?? seen.state.decidedAt
      after.reserved = ResourceAmounts()
      published.append(PublishedState(seen))
      changes.append(Change(action: .removed, before: record, after: after))
      return
    }
    if let holder = takenNamespaces[after.place], holder != record.spec.id {
      leave(seen, to: holder, zone)
      unchanged += 1
      return
    }
    if record.removedAt != nil {
      find(
        "RemovedHere", zone.zone, record.spec.id,
        "the database saw its removal done, the bus holds \(seen.state.version) as \(seen.state.phase.rawValue): it stands "
          + "again; remove it where it is not wanted",
        "la base a vu son retrait accompli, le bus contient \(seen.state.version) (\(seen.state.phase.rawValue)) : il est de "
          + "nouveau tenu ; le retirer s’il n’est plus voulu")
      after.removedAt = nil
    } else if record.publishedAt == nil, !record.isUnconfirmed {
      find(
        "DecisionReplaced", zone.zone, record.spec.id,
        "revision \(record.spec.revision), decided after the restore, gives way to what agents hold: decide again where it "
          + "is still wanted",
        "la révision \(record.spec.revision), décidée après la restauration, cède à ce que les agents tiennent : redécider "
          + "si elle reste voulue")
    }
    after.reserved = record.reserved.maximum(ResourceAmounts(seen.state.quota))
    raise(&after, above: [record.version, seen.state.version], zone)
    settle(&after, replica: record.spec.replica, isNew: record.removedAt != nil || record.spec.phase == .removed)
    changes.append(Change(action: .overwritten, before: record, after: after))
  }

  /// An agent may have seen a later one than either the database or the bus holds now.
  private mutating func standOrReissue(_ record: PlacementRecord, _ zone: BusEvidence) {
    guard let observed = zone.observed[record.spec.id], observed.version > record.version, record.removedAt == nil,
      !record.isUnconfirmed
    else {
      unchanged += 1
      return
    }
    var after = record
    raise(&after, above: [record.version], zone)
    find(
      "ContentLost", zone.zone, record.spec.id,
      "an agent has seen \(observed.version), which neither the bus nor the database holds: revision \(record.spec.revision) "
        + "is decided anew",
      "un agent a vu \(observed.version), que ni le bus ni la base ne contient : la révision \(record.spec.revision) est "
        + "redonnée")
    published.removeAll { $0.placement == record.spec.id }
    changes.append(Change(action: .reissued, before: record, after: after))
  }

  /// Takes the namespace, and a number among the replicas where its own is another's by now.
  mutating func settle(_ record: inout PlacementRecord, replica: Int, isNew: Bool) {
    takenNamespaces[record.place] = record.spec.id
    guard record.spec.phase != .removed else { return }
    let taken = takenReplicas[record.replicas] ?? []
    if isNew, taken.contains(replica) {
      record.spec.replica = (0...).first { !taken.contains($0) } ?? replica
    } else {
      record.spec.replica = replica
    }
    takenReplicas[record.replicas, default: []].insert(record.spec.replica)
  }

  /// The next revision, in the new epoch, above whatever was seen of the placement.
  func raise(_ record: inout PlacementRecord, above versions: [StateVersion], _ zone: BusEvidence) {
    let observed = zone.observed[record.spec.id].map { [$0.observedRevision] } ?? []
    record.spec.revision = ((versions.map(\.revision) + observed).max() ?? 0) + 1
    record.spec.epoch = nextEpoch
    record.publishedAt = nil
  }

  /// Known from now on, and left to people: as long as both stand, what is reserved is enough for either.
  mutating func leave(_ seen: BusEvidence.Seen, to holder: UUID, _ zone: BusEvidence) {
    let state = seen.state
    find(
      "NamespaceInUse", zone.zone, state.placement,
      "its namespace \(state.namespace) on \(state.cluster) is promised to \(holder.uuidString.lowercased()): remove that "
        + "one, then recover again",
      "son namespace \(state.namespace) sur \(state.cluster) est promis à \(holder.uuidString.lowercased()) : retirer "
        + "celui-ci, puis relancer")
    left.append(Left(placement: state.placement, zone: zone.zone, version: state.version))
    published.append(PublishedState(seen))
    reserve(seen, for: holder)
  }

  private mutating func reserve(_ seen: BusEvidence.Seen, for placement: UUID) {
    let amounts = ResourceAmounts(seen.state.quota)
    atLeast[placement] = (atLeast[placement] ?? amounts).maximum(amounts)
  }

  /// Reserves what was found to be needed at the least.
  mutating func holdMore() {
    for index in changes.indices {
      guard changes[index].action != .removed,
        let amounts = atLeast.removeValue(forKey: changes[index].after.spec.id)
      else { continue }
      changes[index].after.reserved = changes[index].after.reserved.maximum(amounts)
    }
    for (id, amounts) in atLeast {
      guard let record = known[id], record.removedAt == nil, !record.isUnconfirmed else { continue }
      var after = record
      after.reserved = record.reserved.maximum(amounts)
      guard after.reserved != record.reserved else { continue }
      changes.append(Change(action: .held, before: record, after: after))
      unchanged -= 1
    }
  }
}
