public import Model

/// What changes without the offer changing: what each cluster has promised, and which zones are not heard. Made for the
/// sites of one engine; every change costs what it changes.
public struct PlacementState: Sendable {
  private let index: SiteIndex
  /// What is committed, by site.
  private(set) var committed: [ResourceAmounts]
  /// The versions of the ledger's entries, by site.
  private(set) var versions: [Int64]
  /// Whether a zone was not heard for too long, by zone number.
  private(set) var isStale: [Bool]

  /// The state that a ledger and silent zones make. Clusters and zones that the engine's offer does not hold are left
  /// out.
  public init(ledger: Ledger, staleZones: [String], for engine: Engine) {
    index = engine.index
    committed = Array(repeating: ResourceAmounts(), count: index.clusters.count)
    versions = Array(repeating: 0, count: index.clusters.count)
    isStale = Array(repeating: false, count: index.zones.count)
    for (cluster, entry) in ledger.clusters { set(entry, of: cluster) }
    setStaleZones(staleZones)
  }

  /// Replaces the entry of a cluster; one that is not in the offer is left out.
  public mutating func set(_ entry: Ledger.Entry, of cluster: String) {
    guard let site = index.site(named: cluster) else { return }
    committed[site] = entry.committed
    versions[site] = entry.version
  }

  /// Promises more on a site: for batches, and for asking what if. The entry's version stays.
  public mutating func add(_ amounts: ResourceAmounts, to site: Int) {
    committed[site] = committed[site].adding(amounts)
  }

  /// Replaces the list of the zones that are not heard.
  public mutating func setStaleZones(_ names: [String]) {
    for zone in isStale.indices { isStale[zone] = false }
    for name in names {
      if let zone = index.zone(named: name) { isStale[zone] = true }
    }
  }

  /// Whether a zone was not heard for too long.
  func isStale(zone name: String) -> Bool { index.zone(named: name).map { isStale[$0] } ?? false }

  /// The entry of a site.
  public func entry(_ site: Int) -> Ledger.Entry {
    Ledger.Entry(committed: committed[site], version: versions[site])
  }
}
