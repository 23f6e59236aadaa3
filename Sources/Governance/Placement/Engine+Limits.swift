public import Model

extension Engine {
  /// The most that each cluster may have promised in all when something of a stage is added; by site number.
  public func limits(in stage: String) -> [ResourceAmounts] { compiled.limits.limits(in: stage) }
}
