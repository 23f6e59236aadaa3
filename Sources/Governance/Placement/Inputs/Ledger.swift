public import Model

/// What clusters have promised already.
public struct Ledger: Codable, Sendable, Hashable {
  /// One cluster's promises.
  public struct Entry: Codable, Sendable, Hashable {
    /// What is promised, whoever it is promised to.
    public var committed: ResourceAmounts
    /// Counts the changes of the entry.
    public var version: Int64

    /// An entry.
    public init(committed: ResourceAmounts = ResourceAmounts(), version: Int64 = 0) {
      self.committed = committed
      self.version = version
    }
  }

  /// The entries, by cluster name.
  public var clusters: [String: Entry]

  /// A ledger.
  public init(_ clusters: [String: Entry] = [:]) {
    self.clusters = clusters
  }

  /// The entry of a cluster; one that was never promised anything of has an empty one.
  public subscript(cluster: String) -> Entry {
    clusters[cluster] ?? Entry()
  }
}
