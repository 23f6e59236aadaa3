import Events
import Model

/// The versions that an emergency restriction makes. Versions are ordered by number, so that those that had their date
/// already are written anew behind it; the restriction's end has its date from the beginning, and needs nobody.
enum EmergencyTimeline {
  /// A version that has its date already contradicts the restriction.
  struct Failure: Error, Hashable {
    var version: Int64
    var conflicts: [MergeConflict]

    var refusal: BoardRefusal {
      BoardRefusal(
        .outdated, path: conflicts[0].path, "version \(version), which has its date already, changes the same",
        fr: "la version \(version), qui a déjà sa date, change la même chose",
        accepted: "another restriction / une autre restriction", problems: conflicts.map(\.problem))
    }
  }

  static func versions(
    _ spec: PolicySpec, days: Int, at moment: BoardMoment
  ) -> Result<[BoardVersion], Failure> {
    guard let present = moment.line.inForce(at: moment.at) else { return .success([]) }
    let end = moment.at.adding(days: days)
    var versions: [BoardVersion] = []
    func add(_ spec: PolicySpec, at date: Timestamp, _ origin: BoardVersion.Origin, of carried: Int64? = nil) {
      // What may be left out by a vote stays so.
      let origin = origin == .emergency || origin == .emergencyEnd ? origin : .carried
      let next = moment.line.nextVersion + Int64(versions.count)
      let carries = origin == .carried ? carried : nil
      versions.append(BoardVersion(version: next, effectiveAt: date, origin: origin, spec: spec, carries: carries))
    }
    add(spec, at: moment.at, .emergency)
    let awaited = moment.line.awaited(after: moment.at)
    var without = present.spec
    for version in awaited where version.effectiveAt < end {
      let merge = PolicyMerge(base: present.spec, ours: spec, theirs: version.spec)
      guard merge.conflicts.isEmpty else {
        return .failure(Failure(version: version.version, conflicts: merge.conflicts))
      }
      add(merge.merged, at: version.effectiveAt, version.origin, of: version.version)
      without = version.spec
    }
    // Where something takes effect at the very moment, it is what comes back.
    let onTime = awaited.last { $0.effectiveAt == end }
    add(onTime?.spec ?? without, at: end, onTime?.origin ?? .emergencyEnd, of: onTime?.version)
    for version in awaited where version.effectiveAt > end {
      add(version.spec, at: version.effectiveAt, version.origin, of: version.version)
    }
    return .success(versions)
  }
}
