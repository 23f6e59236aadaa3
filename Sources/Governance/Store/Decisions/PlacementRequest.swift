public import Model
public import Placement

/// A wish to have all environments of a project placed.
public struct PlacementRequest: Codable, Sendable, Hashable {
  /// Which project.
  public enum Subject: Codable, Sendable, Hashable {
    /// One that was applied before.
    case named(String)
    /// This one: it is put first, in the same transaction.
    case inline(Resource<ProjectSpec>)
  }

  /// Which project.
  public var subject: Subject
  /// Whether a project that comes along must be what it is known to be, as ``ProjectStanding`` says, by what is stored when it is
  /// written. It follows from who asks, and is no part of what is asked.
  public var keepsStanding = false
  /// What a project that comes along does not say: it is as it is stored. It follows from the form of what is asked, and with it
  /// from ``subject``.
  public var unsaid: Set<ProjectSpec.Part> = []

  /// The clusters that were chosen, as they were named, by environment: it goes there or nowhere. Nil where it may go wherever
  /// is best.
  public var choices: [String: [String]]?
  /// What ``choices`` stand for. It follows from them and from the offer; nil where they stand for nothing any more.
  public var pins: [Pin]?
  /// Why ``choices`` stand for nothing, where that was found out; it follows from them and from the offer.
  public var misfit: StoreError?

  private enum CodingKeys: String, CodingKey {
    case subject, choices
  }

  /// A wish for a project that was applied before.
  public init(project name: String) {
    subject = .named(name)
  }

  /// A wish for a project that comes along.
  ///
  /// - Parameter unsaid: what of it stays as it is stored.
  public init(project: Resource<ProjectSpec>, unsaid: Set<ProjectSpec.Part> = []) {
    subject = .inline(project)
    self.unsaid = unsaid
  }

  /// The project's name.
  public var project: String {
    switch subject {
    case .named(let name): name
    case .inline(let project): project.name
    }
  }
}

/// A wish to have environments of a project removed from their clusters. The project itself stays.
public struct RemovalRequest: Codable, Sendable, Hashable {
  /// The project's name.
  public var project: String
  /// The environments meant; all that are placed where empty.
  public var environments: [String]
  /// How long agents wait before they delete, 0 seconds to 90 days.
  public var delaySeconds: Int64
  /// Whether persistent volumes may go too.
  public var removePersistentVolumes: Bool

  /// A wish.
  public init(
    project: String, environments: [String] = [], delay: Duration = .zero, removePersistentVolumes: Bool = false
  ) {
    self.project = project
    self.environments = environments
    self.delaySeconds = delay.components.seconds
    self.removePersistentVolumes = removePersistentVolumes
  }
}
