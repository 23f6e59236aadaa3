import Events
import Foundation
import Model

/// What becomes of the states that only the bus knows.
extension RecoveryPlan {
  /// Adopts what no row stands for.
  mutating func adopt(_ zone: BusEvidence) {
    let unknown = zone.desired.values.filter { known[$0.state.placement] == nil && isLookedAt($0.state.placement) }
    // What stands comes before what is to go: it is what has the namespace.
    for seen in unknown.sorted(by: { $0.place < $1.place }) { adopt(seen, zone) }
  }

  /// By namespace, who has it of what only the bus knows: it was placed after the backup, when nothing held the
  /// namespace any more, as the database refuses two. What an earlier recovery has left says nothing of that.
  func laterHolders(_ zones: [String: BusEvidence]) -> [String: UUID] {
    guard isRestored else { return [:] }
    var holders: [String: UUID] = [:]
    for zone in zones.values {
      let later = zone.desired.values.filter { seen in
        let id = seen.state.placement
        return known[id] == nil && !seen.isLeft(books.left[id]) && !seen.isDone(zone)
      }
      // As they are adopted: of two the first one has it.
      for seen in later.sorted(by: { $0.place < $1.place }) {
        let place = PlacementRecord(adopting: seen.state, replica: 0).place
        if holders[place] == nil { holders[place] = seen.state.placement }
      }
    }
    return holders
  }

  private mutating func adopt(_ seen: BusEvidence.Seen, _ zone: BusEvidence) {
    let state = seen.state
    var after = PlacementRecord(adopting: state, replica: 0)
    if seen.isDone(zone) {
      after.removedAt = state.notBefore ?? state.decidedAt
      after.reserved = ResourceAmounts()
      published.append(PublishedState(seen))
    } else if let holder = takenNamespaces[after.place] {
      return leave(seen, to: holder, zone)
    } else {
      raise(&after, above: [state.version], zone)
      settle(&after, replica: 0, isNew: true)
    }
    changes.append(Change(action: after.removedAt == nil ? .adopted : .removed, before: nil, after: after))
    tell(of: state, zone)
  }

  private mutating func tell(of state: DesiredState, _ zone: BusEvidence) {
    if let identity = books.identities[state.project.name], identity != state.project.id {
      find(
        "IdentityDiffers", zone.zone, state.placement,
        "project “\(state.project.name)” has another UUID in the database than on the cluster",
        "le projet « \(state.project.name) » a dans la base un autre UUID que sur le cluster")
    }
    if !books.projects.contains(state.project.name) {
      find(
        "ProjectUnknown", zone.zone, state.placement,
        "project “\(state.project.name)” has no document any more: apply it again",
        "le projet « \(state.project.name) » n’a plus de document : l’appliquer de nouveau")
    }
    if !books.clusters.contains(state.cluster) {
      find(
        "ClusterUnknown", zone.zone, state.placement,
        "cluster “\(state.cluster)” is not on offer any more: apply it again",
        "le cluster « \(state.cluster) » n’est plus dans l’offre : l’appliquer de nouveau")
    }
  }
}

extension BusEvidence.Seen {
  /// What stands first, then by identifier.
  fileprivate var place: (Int, String) { (state.phase == .removed ? 1 : 0, state.placement.uuidString) }
}
