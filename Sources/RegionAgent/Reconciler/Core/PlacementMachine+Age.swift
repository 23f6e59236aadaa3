public import Events
internal import Model

extension PlacementMachine {
  /// Since when the newest revision waits to be in place; nil once it was, whatever was changed by hand since.
  ///
  /// That is the moment of its publication, so that an agent that is started again and again does not make it young. Before
  /// the cluster was looked at nobody knows whether it is in place: until then it counts from when this life had it. A removal
  /// that must wait is not late before its moment; a refused revision is never in place.
  public var unappliedSince: Timestamp? {
    if let refused { return refused.timeline.publishedAt ?? refused.timeline.receivedAt }
    guard let desired, !status.isApplied else { return nil }
    let isLookedAt = isListed && isRecalled && (desired.phase != .removed || namespaceFacts != nil)
    let received = status.timeline.receivedAt
    guard let since = isLookedAt ? status.timeline.publishedAt ?? received : received else { return nil }
    return desired.notBefore.map { max($0, since) } ?? since
  }
}
