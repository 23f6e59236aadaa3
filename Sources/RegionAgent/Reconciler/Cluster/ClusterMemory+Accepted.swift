internal import Events
internal import Foundation
internal import Kubernetes

/// Where the signed words of accepted states lie while newer ones are refused: ConfigMaps beside those of the memory, by the
/// same digit. What must never be forgotten does not share its room with them, and an earlier release does not read them.
extension ClusterMemory {
  /// Of a ConfigMap's 1 MiB, in bytes: there is room for some five hundred states, and keys and marks beside them.
  private static let room = 900_000

  func acceptedShard(of placement: UUID) -> String {
    "regie-accepted-\(zone)-\(Self.key(placement).prefix(1))"
  }

  /// The words that were kept of placements, all of which lie in one ConfigMap; of one whose text is none of ours the
  /// ``MemoryError``, and nothing of one without words.
  ///
  /// - Throws: `KubernetesError`.
  func accepted(of placements: [UUID]) async throws -> [UUID: Result<SignedState, MemoryError>] {
    guard let name = placements.first.map(acceptedShard(of:)) else { return [:] }
    let texts = try await read(name, from: client)?.data ?? [:]
    var found: [UUID: Result<SignedState, MemoryError>] = [:]
    for placement in placements {
      let key = Self.key(placement)
      guard let text = texts[key] else { continue }
      found[placement] =
        SignedState(text).map { .success($0) }
        ?? .failure(
          MemoryError(
            configMap: "\(namespace)/\(name)", key: "data.\(key)", found: text,
            accepted: "“EPOCH.REVISION SIGNATURE”, and the signed data on the lines after it"))
    }
    return found
  }

  /// Keeps the words of placements, and lets go of those that are of use no more. What is kept of a later version stays.
  ///
  /// - Parameters:
  ///   - dropped: placements of which nothing is to be kept any more.
  ///   - later: by placement, the version that was accepted last, where nothing newer is refused.
  /// - Returns: The placements for which there was no room.
  func keep(
    _ states: [UUID: SignedState], dropping dropped: Set<UUID>, later: [UUID: StateVersion]
  ) async throws -> [UUID] {
    var left: [UUID] = []
    for (name, touched) in Dictionary(grouping: dropped.union(states.keys), by: acceptedShard(of:)) {
      let placements = touched.filter { states[$0] != nil }
      var crowded: [UUID] = []
      try await change(name) { shard in
        crowded = []
        var texts = (shard.data ?? [:]).filter { key, text in
          guard let placement = UUID(uuidString: key), !dropped.contains(placement) || states[placement] != nil else {
            return UUID(uuidString: key) == nil
          }
          guard let version = SignedState(text)?.version else { return true }
          return later[placement].map { $0 <= version } ?? true
        }
        for placement in placements.sorted(by: { $0.uuidString < $1.uuidString }) {
          guard let state = states[placement] else { continue }
          if let there = texts[Self.key(placement)].flatMap(SignedState.init), there.version > state.version {
            continue
          }
          let text = state.description
          let others = texts.reduce(0) {
            $0 + ($1.key == Self.key(placement) ? 0 : $1.key.utf8.count + $1.value.utf8.count)
          }
          if others + text.utf8.count > Self.room {
            crowded.append(placement)
          } else {
            texts[Self.key(placement)] = text
          }
        }
        guard texts != shard.data ?? [:] else { return false }
        shard.data = texts
        return true
      }
      left += crowded
    }
    return left
  }
}
