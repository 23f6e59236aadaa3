public import Model

/// What changes without the offer changing: what each cluster has promised, and which zones are not heard. Made for the
/// sites of one engine; every change costs what it changes. An engine for another offer takes it over by names.
public struct PlacementState: Sendable {
  private let compiled: Compiled
  /// What is committed, by site.
  private(set) var committed: [ResourceAmounts]
  /// Whether all that is committed is small; false as well where something was not once.
  private(set) var isSmall = true
  /// The versions of the ledger's entries, by site.
  private(set) var versions: [Int64]
  /// The sites of the zones that were not heard for too long; nil where all were.
  private(set) var stale: SiteSet?
  private var staleZones: [String] = []

  /// The state that a ledger and silent zones make. Clusters and zones that the engine's offer does not hold are left
  /// out.
  public init(ledger: Ledger, staleZones: [String], for engine: Engine) {
    self.init(for: engine.compiled)
    for (cluster, entry) in ledger.clusters { set(entry, of: cluster) }
    setStaleZones(staleZones)
  }

  private init(for compiled: Compiled) {
    self.compiled = compiled
    committed = Array(repeating: ResourceAmounts(), count: compiled.sites.count)
    versions = Array(repeating: 0, count: compiled.sites.count)
  }

  /// Replaces the entry of a cluster; one that is not in the offer is left out.
  public mutating func set(_ entry: Ledger.Entry, of cluster: String) {
    guard let site = compiled.index.site(named: cluster) else { return }
    committed[site] = entry.committed.fromZero
    isSmall = isSmall && committed[site].areSmall
    versions[site] = entry.version
  }

  /// Promises more on a site: for batches, and for asking what if. The entry's version stays.
  public mutating func add(_ amounts: ResourceAmounts, to site: Int) {
    committed[site] = committed[site].adding(amounts)
    isSmall = isSmall && committed[site].areSmall
  }

  /// Replaces the list of the zones that are not heard.
  public mutating func setStaleZones(_ names: [String]) {
    staleZones = names
    let zones = names.compactMap { compiled.index.zone(named: $0) }
    stale = zones.isEmpty ? nil : zones.reduce(into: compiled.table.none) { $0.formUnion(compiled.table.zones[$1]) }
  }

  /// The entry of a site.
  public func entry(_ site: Int) -> Ledger.Entry {
    Ledger.Entry(committed: committed[site], version: versions[site])
  }

  /// This, by the site numbers of an engine.
  func fitted(to other: Compiled) -> PlacementState {
    guard compiled.index !== other.index else { return self }
    var fitted = PlacementState(for: other)
    for site in committed.indices { fitted.set(entry(site), of: compiled.index.clusters[site]) }
    fitted.setStaleZones(staleZones)
    return fitted
  }
}
