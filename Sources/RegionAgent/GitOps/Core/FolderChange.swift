public import Foundation

/// What one commit changes: files of one placement's folder, in one step.
public struct FolderChange: Sendable, Hashable {
  /// Why the files change.
  public enum Step: String, Sendable, CaseIterable {
    /// A newer state is written.
    case place
    /// What somebody changed is put back.
    case restore
    /// A removal's first step: everything but the Namespace and its quota goes.
    case empty
    /// The Namespace, which an earlier release left alone with its quota, loses its protection.
    case release
    /// A removal's second step: the Namespace and its quota go.
    case remove

    /// Whether it belongs to a removal.
    var takesAway: Bool {
      switch self {
      case .place, .restore: false
      case .empty, .release, .remove: true
      }
    }
  }

  /// A change of one file.
  public struct Edit: Sendable, Hashable {
    /// From the repository's root.
    public var path: String
    /// The new content; nil when the file goes.
    public var content: [UInt8]?
  }

  /// The placement.
  public var placement: UUID
  /// The decision behind it.
  public var decision: UUID
  /// The state written.
  public var version: PlacementVersion
  /// The step.
  public var step: Step
  /// By path; never empty.
  public var edits: [Edit]
  /// The commit's message, with trailers.
  public var message: String
}
