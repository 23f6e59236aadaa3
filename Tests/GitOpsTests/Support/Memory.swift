import Foundation

@testable import GitOps

/// A branch in memory.
struct Memory: Sendable, Equatable {
  var head: String? = "0"
  var files: [String: [UInt8]] = [:]

  init() {}

  var tree: RepositoryTree {
    let form = String(repeating: "0", count: 40)
    return RepositoryTree(
      head: head,
      entries: files.mapValues { RepositoryTree.Entry(mode: "100644", id: BlobID.make($0, inFormOf: form)) },
      records: files.filter { $0.key.hasSuffix("/placement.json") })
  }

  mutating func apply(_ changes: [FolderChange]) {
    for edit in changes.flatMap(\.edits) { files[edit.path] = edit.content }
  }

  func text(_ path: String) -> String? { files[path].map { String(decoding: $0, as: UTF8.self) } }

  /// Names in the folder of a placement.
  func names(_ desired: DesiredPlacement) -> [String] {
    let folder = "regie/\(desired.cluster)/\(desired.id)/"
    return files.keys.filter { $0.hasPrefix(folder) }.map { String($0.dropFirst(folder.count)) }.sorted()
  }

  /// Plans, and does what was planned.
  @discardableResult
  mutating func settle(_ desired: DesiredPlacement..., at now: Date, delay: TimeInterval = 3600) -> FolderPlan {
    let plan = plan(desired, at: now, delay: delay)
    apply(plan.changes)
    return plan
  }

  func plan(_ desired: [DesiredPlacement], at now: Date, delay: TimeInterval = 3600) -> FolderPlan {
    let known = Dictionary(uniqueKeysWithValues: desired.map { ($0.placement, $0) })
    return FolderPlan(
      known, on: tree, layout: RepositoryLayout(path: "regie"), namespaceDelay: delay, now: now)
  }
}
