internal import Foundation
internal import Kubernetes

/// Where it is remembered what was done on a cluster (protocol rule 17): ConfigMaps of the agent's own namespace, on
/// that very cluster, so that no other needs to be reachable; of a cluster that is never written to, on the agent's
/// home cluster. There what was done on several lies together, by placement, each of which has one cluster for life.
/// Sixteen of them, by the first digit of the placement's identifier, are room for a quarter of a million placements.
///
/// A cluster's mode may have changed since, so both are read wherever they are two.
struct ClusterMemory: Sendable {
  /// What is remembered, as far as it could be read.
  struct Recollection: Sendable {
    var entries: [UUID: PlacementMemory]
    /// The placements that the cluster itself remembers: what home does may be of any cluster.
    var ofCluster: Set<UUID>
    /// The placements of which those ConfigMaps tell that are written to.
    var standing: Set<UUID>
    /// Why home does not tell what it remembers; nil where it did.
    var gap: String?
  }

  let client: KubernetesClient
  /// The other of the two, which may remember a time in another mode.
  var other: KubernetesClient?
  /// Whether that is the home cluster. It may be away while this one is not, and must not hold it up altogether.
  var isOtherHome = false
  let namespace: String
  let zone: String

  /// Other writers that may come first, one after the other, before this one gives up for now.
  private static let rivals = 16
  private static let patience: Duration = .seconds(10)
  static let digits = Array("0123456789abcdef")

  /// The ConfigMap that remembers `placement`.
  func shard(of placement: UUID) -> String { "regie-memory-\(zone)-\(Self.key(placement).prefix(1))" }

  private static func digit(of placement: UUID) -> UInt8 { placement.uuid.0 >> 4 }

  static func key(_ placement: UUID) -> String { placement.uuidString.lowercased() }

  /// Whether the cluster is the agent's home.
  var isHome: Bool { other == nil }

  /// Reads all that is remembered. That a part may not be read is no sign that there is none.
  ///
  /// - Throws: `KubernetesError`; ``MemoryError`` where a text is none of ours: what was written by hand is not guessed at.
  func recall() async throws -> Recollection {
    async let elsewhere = recallOther()
    let here = try await recall(from: client)
    let (entries, gap) = try await elsewhere
    let ofCluster = isHome || isOtherHome ? here : entries
    return Recollection(
      entries: entries.merging(here) { $0.merged(with: $1) }, ofCluster: Set(ofCluster.keys),
      standing: Set(here.keys), gap: gap)
  }

  private func recallOther() async throws -> ([UUID: PlacementMemory], gap: String?) {
    guard let other else { return ([:], nil) }
    do {
      return (try await recall(from: other), nil)
    } catch let error as KubernetesError where isOtherHome && error.isOfAnAbsence {
      return ([:], "what the home cluster remembers of this one can not be read: \(error)")
    }
  }

  private func recall(from client: KubernetesClient) async throws -> [UUID: PlacementMemory] {
    try await withThrowingTaskGroup(of: [UUID: PlacementMemory].self) { group in
      for digit in Self.digits {
        group.addTask {
          let name = "regie-memory-\(zone)-\(digit)"
          guard let shard = try await read(name, from: client) else { return [:] }
          return try entries(of: shard, name)
        }
      }
      var all: [UUID: PlacementMemory] = [:]
      for try await entries in group { all.merge(entries) { $0.merged(with: $1) } }
      return all
    }
  }

  /// Adds to what is remembered; the higher version of each placement stays.
  ///
  /// - Parameters:
  ///   - standing: what those ConfigMaps told before. Where they were deleted or set back by hand since, they are made whole:
  ///     what is not written down is forgotten with this life.
  ///   - known: ConfigMaps as they were last written, by name: they are read only where somebody else has written since.
  /// - Returns: What is remembered of these placements now, and the ConfigMaps as they are now.
  func remember(
    _ entries: [UUID: PlacementMemory], standing: [UUID: PlacementMemory], known: [String: ConfigMap] = [:]
  ) async throws -> (entries: [UUID: PlacementMemory], shards: [String: ConfigMap]) {
    let shards = Dictionary(grouping: entries.keys, by: shard(of:))
    return try await withThrowingTaskGroup(of: ([UUID: PlacementMemory], String, ConfigMap?).self) { group in
      for (name, placements) in shards {
        let part = entries.filter { placements.contains($0.key) }
        let before = standing.filter { Self.digit(of: $0.key) == Self.digit(of: placements[0]) }
        group.addTask {
          let (written, shard) = try await write(part, upon: before, to: name, known[name])
          return (written, name, shard)
        }
      }
      var now: (entries: [UUID: PlacementMemory], shards: [String: ConfigMap]) = ([:], [:])
      for try await (written, name, shard) in group {
        now.entries.merge(written) { $1 }
        now.shards[name] = shard
      }
      return now
    }
  }

  private func write(
    _ entries: [UUID: PlacementMemory], upon standing: [UUID: PlacementMemory], to name: String, _ known: ConfigMap?
  ) async throws -> ([UUID: PlacementMemory], ConfigMap?) {
    var merged: [UUID: PlacementMemory] = [:]
    let shard = try await change(name, from: known) { shard in
      let known = try self.entries(of: shard, name)
      merged = entries.reduce(into: [:]) { result, entry in
        result[entry.key] = known[entry.key]?.merged(with: entry.value) ?? entry.value
      }
      let all = known.merging(standing) { $0.merged(with: $1) }.merging(merged) { $0.merged(with: $1) }
      guard all != known else { return false }
      let texts = Dictionary(all.map { (Self.key($0.key), $0.value.acted) }, uniquingKeysWith: { $1 })
      shard.data = (shard.data ?? [:]).merging(texts) { $1 }
      var annotations = shard.metadata.annotations ?? [:]
      annotations[Labels.refused] = try refusals(of: all)
      shard.metadata.annotations = annotations
      return true
    }
    return (merged, shard)
  }

  /// Reads a ConfigMap, changes it, and writes it back where `modify` says so; once more where another writer came first.
  ///
  /// - Parameter known: it as it was last written, which need not be read: its version tells the server of another writer.
  /// - Returns: The ConfigMap as it is now; nil where there is none.
  @discardableResult
  func change(
    _ name: String, from known: ConfigMap? = nil, _ modify: (inout ConfigMap) throws -> Bool
  ) async throws -> ConfigMap? {
    var known = known
    for _ in 1..<Self.rivals {
      do {
        return try await tryChanging(name, known, modify)
      } catch let error as KubernetesError where error.kind == .conflict || error.kind == .alreadyExists {
        known = nil
      } catch let error as KubernetesError where known != nil && error.kind == .notFound {
        known = nil
      }
    }
    return try await tryChanging(name, nil, modify)
  }

  private func tryChanging(
    _ name: String, _ known: ConfigMap?, _ modify: (inout ConfigMap) throws -> Bool
  ) async throws -> ConfigMap? {
    var present = known
    if present == nil { present = try await read(name, from: client) }
    var shard = present ?? ConfigMap(metadata: ObjectMeta(name: name, namespace: namespace), data: [:])
    guard try modify(&shard) else { return present }
    shard.metadata.managedFields = nil
    guard present == nil else { return try await client.update(shard) }
    try await client.ensureNamespace(namespace)
    return try await client.create(shard)
  }

  /// What was refused, in one text; nil where nothing was.
  private func refusals(of entries: [UUID: PlacementMemory]) throws -> String? {
    let refused = entries.compactMap { placement, entry in entry.refused.map { (Self.key(placement), "\($0)") } }
    guard !refused.isEmpty else { return nil }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(Dictionary(refused) { $1 }), as: UTF8.self)
  }

  func read(_ name: String, from client: KubernetesClient) async throws -> ConfigMap? {
    do {
      return try await client.get(ConfigMap.self, name, in: namespace, timeout: Self.patience)
    } catch let error as KubernetesError where error.kind == .notFound {
      return nil
    }
  }

  private func entries(of shard: ConfigMap, _ name: String) throws -> [UUID: PlacementMemory] {
    var entries: [UUID: PlacementMemory] = [:]
    for (key, text) in shard.data ?? [:] {
      guard let placement = UUID(uuidString: key), let entry = PlacementMemory(text) else {
        throw MemoryError(configMap: "\(namespace)/\(name)", key: "data.\(key)", found: text)
      }
      entries[placement] = entry
    }
    guard let text = shard.metadata.annotations?[Labels.refused] else { return entries }
    let key = "metadata.annotations.\(Labels.refused)"
    guard let refused = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else {
      throw MemoryError(
        configMap: "\(namespace)/\(name)", key: key, found: text,
        accepted: "a JSON object of placements' identifiers with “EPOCH.REVISION”")
    }
    for (placement, version) in refused {
      // What nobody remembers to have acted on any more was made to be forgotten, and nothing is held by it.
      guard let placement = UUID(uuidString: placement), let entry = entries[placement] else { continue }
      guard let holding = entry.refusing(version) else {
        throw MemoryError(
          configMap: "\(namespace)/\(name)", key: key, found: version, accepted: "“EPOCH.REVISION”, such as “1.6”")
      }
      entries[placement] = entry.merged(with: holding)
    }
    return entries
  }
}

/// What is remembered can not be understood, and nothing is done on the cluster meanwhile.
struct MemoryError: Error, CustomStringConvertible {
  let configMap: String
  let key: String
  let found: String
  var accepted = "a placement's identifier with “EPOCH.REVISION PHASE”, such as “1.3 active”"

  var description: String {
    "ConfigMap \(configMap), \(key.prefix(80)): “\(found.prefix(40))” is not what the agent writes; accepted: \(accepted)"
  }
}

extension KubernetesError {
  /// Whether the cluster does not answer, which says nothing of what it would.
  fileprivate var isOfAnAbsence: Bool {
    switch kind {
    case .connection, .timeout, .tooManyRequests, .server: true
    default: false
    }
  }
}
