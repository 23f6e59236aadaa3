/// What stands in the way of something that can not be had: constraints by number, in ascending order.
struct Obstacles: Sendable, Hashable {
  /// A conflict: with all other constraints left out, these still can not be met together. Empty where even without any
  /// constraint nothing can be had: then no constraint is to blame.
  var together: [Int]
  /// The constraints of which each, left out of the whole by itself, makes it feasible. Each of them is in `together`,
  /// for it is in every conflict.
  var alone: [Int]
  /// Whether every question was answered. If so `together` is irreducible (without any one of its members it is no
  /// conflict any more) and `alone` is complete. If not, both still hold, but `together` may be larger than need be, and
  /// `alone` may lack some.
  var isProven: Bool
  /// How many questions were asked.
  var questions: Int
  /// What they cost in all.
  var nodes: Int
}
