import Model

/// What keeps an environment away from a cluster.
struct Refusals: Sendable {
  /// What keeps away what is there already, too.
  var always: [Reason] = []
  /// What keeps away only what is new.
  var newOnly: [Reason] = []

  /// All reasons once, in the order of the codes.
  var sorted: [Reason] { Array(Set(always + newOnly)).sorted() }
}
