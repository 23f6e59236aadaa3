import Model

/// Spreading evenly, as `maxSkew` of Kubernetes has it: the fullest place has at most so many more than the emptiest one
/// that is eligible.
extension Search {
  /// Whether the slots of a group that are placed so far can still become part of an even spread, wherever the others
  /// go; once all are placed, whether they are spread evenly.
  ///
  /// A cluster that stretches over several places counts in one of them for each slot, and by itself no more often than
  /// a place. Some number of slots in the emptiest place must do. With it, each slot has a place that is not too full,
  /// and each place is full enough: where both can be had one by one, both can be had together (Mendelsohn and Dulmage),
  /// so two matchings tell.
  func canBeEven(_ group: SearchGroup, _ index: Int, _ maxSkew: Int) -> Bool {
    guard !group.eligible.isEmpty else { return false }
    let sites = group.slots.filter { $0 <= index }.map { path[$0].site }
    let choices = sites.map { problem.topologies.places(of: $0, by: group.topology) }
    var clusters: [Int: Int] = [:]
    for site in sites { clusters[site, default: 0] += 1 }
    let fullest = clusters.values.max() ?? 0
    let missing = group.slots.count - sites.count
    return (0...group.slots.count / group.eligible.count).contains { emptiest in
      let most = emptiest + maxSkew
      guard fullest <= most, Matching.size(of: choices, capacity: most) == sites.count else { return false }
      guard emptiest > 0 else { return true }
      let useful = choices.map { $0.filter(group.eligible.contains) }
      return Matching.size(of: useful, capacity: emptiest) + missing >= emptiest * group.eligible.count
    }
  }
}
