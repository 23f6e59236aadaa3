internal import Events
internal import Foundation
internal import Kubernetes

/// Where the signed words of accepted states lie while newer ones are refused: ConfigMaps beside those of the memory, by the
/// same digit. What must never be forgotten does not share its room with them, and an earlier release does not read them.
extension ClusterMemory {
  /// Of a ConfigMap's 1 MiB, in bytes: there is room for some five hundred states, and keys and marks beside them.
  private static let room = 900_000

  private func acceptedShard(of placement: UUID) -> String {
    "regie-accepted-\(zone)-\(Self.key(placement).prefix(1))"
  }

  /// The words that were kept of a placement; nil where there are none.
  ///
  /// - Throws: `KubernetesError`; ``MemoryError`` where the text is none of ours.
  func accepted(of placement: UUID) async throws -> SignedState? {
    let name = acceptedShard(of: placement)
    let key = Self.key(placement)
    guard let text = try await read(name, from: client)?.data?[key] else { return nil }
    guard let signed = SignedState(text) else {
      throw MemoryError(
        configMap: "\(namespace)/\(name)", key: "data.\(key)", found: text,
        accepted: "“EPOCH.REVISION SIGNATURE”, and the signed data on the lines after it")
    }
    return signed
  }

  /// Keeps the words of placements, and lets go of those that are of use no more.
  ///
  /// - Parameter later: by placement, the version that was accepted last, where nothing newer is refused.
  /// - Returns: The placements for which there was no room.
  func keep(_ states: [UUID: SignedState], later: [UUID: StateVersion]) async throws -> [UUID] {
    var left: [UUID] = []
    for (name, placements) in Dictionary(grouping: states.keys, by: acceptedShard(of:)) {
      var crowded: [UUID] = []
      try await change(name) { shard in
        crowded = []
        var texts = (shard.data ?? [:]).filter { key, text in
          guard let placement = UUID(uuidString: key), let version = SignedState(text)?.version else { return true }
          return later[placement].map { $0 <= version } ?? true
        }
        for placement in placements.sorted(by: { $0.uuidString < $1.uuidString }) {
          guard let text = states[placement]?.description else { continue }
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
