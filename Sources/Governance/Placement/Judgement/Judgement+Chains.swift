import Model

/// The chains that deliver to what a project has.
extension Judgement {
  /// By chain, how many replicas that may stay where they are are known to have another one: none where what stands is free to
  /// change, and where nothing is known.
  func rechained(keepsExisting: Bool) -> [Int] {
    let chains = subject.compiled.chains
    var others = [Int](repeating: 0, count: chains.chains.count)
    guard keepsExisting else { return others }
    for existing in subject.request.existing where !existing.isGoing && !existing.isWish {
      guard let chain = existing.chain, mayStay(existing) else { continue }
      // One that is not on offer any more is another one than all that are.
      let number = chains.number(named: chain)
      for other in others.indices where other != number { others[other] += 1 }
    }
    return others
  }

  /// Whether what is placed may stay where it is; false for what the project does not ask for any more.
  func mayStay(_ existing: ExistingPlacement) -> Bool {
    guard let site = subject.compiled.index.site(named: existing.cluster),
      let kept = environments.first(where: { $0.name == existing.environment })?.kept,
      kept.indices.contains(existing.replica)
    else { return false }
    return kept[existing.replica].contains { $0.site == site }
  }
}
