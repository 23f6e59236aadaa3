internal import Foundation
internal import Model

/// `placement.json`: which state of a placement its folder shows, and which of its files are Régie's.
///
/// The agent keeps no disk, so what must outlive it lies here: since when the Namespace is without protection. Kustomize
/// leaves the file alone, since no `resources` names it; an ApplicationSet can make Applications of it.
struct PlacementRecord: Codable, Sendable, Hashable {
  /// How far the folder is.
  enum Stage: String, Codable, Sendable {
    /// Everything is there.
    case complete
    /// Only the Namespace and its quota are left, the Namespace protected: so earlier releases left one that may not go.
    case emptied
    /// Only the Namespace and its quota are left, and Argo CD may take them away once they leave the repository.
    case released
  }

  static let file = "placement.json"
  /// What is longer, in bytes, is no record of Régie's: one has a line for each of some ten files.
  static let longest = 64 << 10

  var placement: String
  var cluster: String
  var namespace: String
  var decision: String
  var epoch: Int64
  var revision: Int64
  var phase: PlacementPhase
  var stage: Stage
  /// In the phases `frozen` and `draining`, how many pods were counted, once they were.
  var podsInUse: Int64?
  /// Régie's files beside this one.
  var files: [String]
  /// Since when the stage is `released`.
  var releasedAt: Date?

  var version: PlacementVersion { PlacementVersion(epoch: epoch, revision: revision) }

  /// The record that `content` holds; nil when it holds none of this placement.
  init?(_ content: [UInt8], of placement: UUID) {
    guard let record = try? ModelJSON.decoder.decode(Self.self, from: Data(content)),
      record.placement == placement.uuidString.lowercased()
    else { return nil }
    self = record
    // Whoever writes to the repository writes here too: a name that leads out of the folder is nobody's file.
    files = files.filter(FileName.isSafe)
  }

  init(_ desired: DesiredPlacement, stage: Stage, files: [String], releasedAt: Date?) {
    placement = desired.id
    cluster = desired.cluster
    namespace = desired.namespace
    decision = desired.decision.uuidString.lowercased()
    epoch = desired.version.epoch
    revision = desired.version.revision
    phase = desired.phase
    self.stage = stage
    podsInUse = desired.podsInUse
    self.files = files
    self.releasedAt = releasedAt
  }

  func content() throws -> [UInt8] {
    let encoder = ModelJSON.encoder
    encoder.outputFormatting.insert(.prettyPrinted)
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}
