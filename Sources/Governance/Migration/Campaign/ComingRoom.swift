public import Model

/// The room of one cluster, for what is still to come there in the order of a plan.
public struct ComingRoom: Sendable {
  /// Something that has no place yet.
  public struct Coming: Sendable, Hashable {
    /// Its stage.
    public var stage: String
    /// What it holds.
    public var quota: ResourceAmounts

    /// Something that is to come.
    public init(stage: String, quota: ResourceAmounts) {
      self.stage = stage
      self.quota = quota
    }
  }

  private let committed: Load
  private let limits: [String: Load]

  /// - Parameters:
  ///   - committed: what the cluster has promised.
  ///   - limits: by stage, what it may promise; what has no limit here is left to the engine.
  public init(committed: ResourceAmounts, limits: [String: ResourceAmounts]) {
    self.committed = Load(committed)
    self.limits = limits.mapValues { Load($0) }
  }

  /// Whether there is room for all of it, in whatever order it comes.
  public func holds(_ coming: [Coming]) -> Bool {
    coming.isEmpty || crowded(coming).last != coming.indices.last
  }

  /// Whether something that has found a place is to leave it to what comes before it, as there is no room for both. Where nothing
  /// more is to leave, what has no room anyhow is not waited for, and takes nothing from what comes after it.
  ///
  /// - Parameter mayGrow: whether something is still to leave.
  public func givesWay(_ own: Coming, to first: [Coming], mayGrow: Bool) -> Bool {
    let awaited = mayGrow ? first : first.reduce(into: [Coming]()) { if holds($0 + [$1]) { $0.append($1) } }
    return !awaited.isEmpty && !holds(awaited + [own])
  }

  /// The places of those for which there is no room now beside all that comes before them.
  public func crowded(_ coming: [Coming]) -> [Int] {
    var (total, growths) = (committed, [String: Load]())
    return coming.indices.filter { place in
      let load = Load(coming[place].quota)
      total &+= load
      growths[coming[place].stage, default: Load()] &+= load
      return !growths.allSatisfy { stage, growth in
        limits[stage].map { Load.isWithin($0, total, grownBy: growth) } ?? true
      }
    }
  }
}
