package import Model

// What stored decisions and answers write alike: members in the order of their names.
extension JSONBytes {
  /// What a score is made of.
  package mutating func write(_ components: ScoreComponents) {
    raw(#"{"affinity":"#)
    number(components.affinity)
    raw(#","balance":"#)
    number(components.balance)
    raw(#","locality":"#)
    number(components.locality)
    raw(#","spread":"#)
    number(components.spread)
    raw(#","stickiness":"#)
    number(components.stickiness)
    raw(#","taints":"#)
    number(components.taints)
    raw("}")
  }

  /// How many clusters were lost to a reason.
  package mutating func write(_ lost: EnvironmentExplanation.LostCount) {
    raw(#"{"code":"#)
    text(lost.code.rawValue)
    raw(#","count":"#)
    number(lost.count)
    raw("}")
  }

  /// The parameters of a reason, as one object.
  package mutating func write(parameters: [String: String]) {
    raw("{")
    for (index, (name, value)) in parameters.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { raw(",") }
      text(name)
      raw(":")
      text(value)
    }
    raw("}")
  }
}
