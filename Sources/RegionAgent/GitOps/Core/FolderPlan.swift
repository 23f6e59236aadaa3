internal import Foundation
internal import Model

/// What has to be committed so that the repository shows the desired placements, and where it is with each.
///
/// Only folders of placements that are desired are touched, and in them only Régie's own files: a placement that is not
/// known is no reason to remove anything (protocol rule 11), and what others put there is told, not taken away.
struct FolderPlan: Sendable {
  /// In the order of placements.
  private(set) var changes: [FolderChange] = []
  private(set) var standings: [UUID: PlacementStanding] = [:]
  /// Paths below Régie's that are not Régie's, sorted.
  private(set) var foreign: [String] = []
  /// Folders of placements that are not known, sorted.
  private(set) var unknown: [String] = []
  /// When the passing of time alone next asks for something.
  private(set) var next: Date?

  private let layout: RepositoryLayout
  private let namespaceDelay: TimeInterval
  private let now: Date
  private let tree: RepositoryTree
  private var folders: [String: Set<String>] = [:]
  /// Every entry and everything above it.
  private var above: Set<String> = []

  init(
    _ desired: [UUID: DesiredPlacement], on tree: RepositoryTree, layout: RepositoryLayout,
    namespaceDelay: TimeInterval, now: Date
  ) {
    self.layout = layout
    self.namespaceDelay = namespaceDelay
    self.now = now
    self.tree = tree
    let known = Set(desired.values.map(layout.folder))
    sort(entries: tree.entries.keys, known: known)
    for placement in desired.values.sorted(by: { $0.id < $1.id }) {
      do {
        standings[placement.placement] = try plan(placement)
      } catch {
        standings[placement.placement] = .unrenderable("\(error)")
      }
    }
    foreign.sort()
  }

  private mutating func sort(entries: some Sequence<String>, known: Set<String>) {
    var unknown: Set<String> = []
    for entry in entries {
      var parent = entry[...]
      while let slash = parent.lastIndex(of: "/") {
        parent = parent[..<slash]
        guard above.insert(String(parent)).inserted else { break }
      }
      guard let parts = layout.parts(of: entry) else {
        foreign.append(entry)
        continue
      }
      folders[parts.folder, default: []].insert(parts.file)
      if !known.contains(parts.folder) { unknown.insert(parts.folder) }
    }
    self.unknown = unknown.sorted()
  }

  private mutating func plan(_ desired: DesiredPlacement) throws -> PlacementStanding {
    let folder = layout.folder(desired)
    let there = folders[folder] ?? []
    let record = tree.records["\(folder)/\(PlacementRecord.file)"].flatMap {
      PlacementRecord($0, of: desired.placement)
    }
    let ours = Set(PlacementFolder.fixedNames + desired.objects.map(\.file) + (record?.files ?? []))
    for file in there.subtracting(ours) { foreign.append("\(folder)/\(file)") }
    if let record, record.version > desired.version { return .superseded(by: record.version) }
    let isThere = !there.isDisjoint(with: ours)
    let target = target(desired, record: record, isThere: isThere)
    guard let wanted = try target.folder(desired) else { return target.standing }

    var edits: [FolderChange.Edit] = []
    for name in ours.union(wanted.keys).sorted() {
      let path = "\(folder)/\(name)"
      let entry = tree.entries[path]
      guard let content = wanted[name] else {
        if entry != nil { edits.append(FolderChange.Edit(path: path, content: nil)) }
        continue
      }
      if let entry, entry.mode == "100644", entry.id == BlobID.make(content, inFormOf: entry.id) { continue }
      if let obstacle = obstacle(to: path) { return .obstructed(path: obstacle) }
      edits.append(FolderChange.Edit(path: path, content: content))
    }
    guard !edits.isEmpty else {
      if case .emptied(let until) = target.standing, until > now { wake(at: until) }
      return target.standing
    }
    let isRestored =
      record?.version == desired.version && record?.podsInUse == desired.podsInUse && record?.stage == target.stage
      && target.stage != nil
    let step = isRestored ? .restore : target.step
    changes.append(
      FolderChange(
        placement: desired.placement, decision: desired.decision, version: desired.version, step: step, edits: edits,
        message: CommitMessage.text(step, of: desired)))
    return .pending
  }

  /// What one folder is to become.
  private struct Target {
    var standing: PlacementStanding
    var step = FolderChange.Step.place
    var stage: PlacementRecord.Stage?
    var releasedAt: Date?
    /// Whether nothing of it stays.
    var isGone = false

    /// The files it holds then; nil when it is left as it is.
    func folder(_ desired: DesiredPlacement) throws -> [String: [UInt8]]? {
      if isGone { return [:] }
      guard let stage else { return nil }
      return try PlacementFolder(desired, stage: stage, releasedAt: releasedAt).files
    }
  }

  private mutating func target(_ desired: DesiredPlacement, record: PlacementRecord?, isThere: Bool) -> Target {
    guard desired.phase == .removed else { return Target(standing: .written, stage: .complete) }
    guard isThere else { return Target(standing: .removed) }
    guard let notBefore = desired.notBefore else { return Target(standing: .undated) }
    guard now >= notBefore else {
      wake(at: notBefore)
      return Target(standing: .waiting(until: notBefore))
    }
    // What stays is in use: its limits and policies stay with it, and the quota of a removal keeps new volumes out.
    guard desired.mayRemoveNamespace else { return Target(standing: .namespaceHeld, stage: .complete) }
    guard record?.version == desired.version, record?.stage == .released, let since = record?.releasedAt, since <= now
    else {
      // Whole seconds, so that what is read back is what was written.
      let since = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
      let isEmptied = record?.version == desired.version && record?.stage == .emptied
      return Target(
        standing: .emptied(until: since + namespaceDelay), step: isEmptied ? .release : .empty, stage: .released,
        releasedAt: since)
    }
    let until = since + namespaceDelay
    if now >= until, desired.mayFinish { return Target(standing: .removed, step: .remove, isGone: true) }
    return Target(standing: .emptied(until: until), step: .empty, stage: .released, releasedAt: since)
  }

  /// What of others would be lost by writing a file at `path`: a file where a folder has to be, or a folder in its place.
  private func obstacle(to path: String) -> String? {
    if above.contains(path) { return path }
    var parent = path[...]
    while let slash = parent.lastIndex(of: "/") {
      parent = parent[..<slash]
      if tree.entries[String(parent)] != nil { return String(parent) }
    }
    return nil
  }

  private mutating func wake(at moment: Date) {
    next = min(next ?? moment, moment)
  }
}
